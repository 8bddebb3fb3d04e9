"""The RO-Crate of a run: every reference is described, and every file of the folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from neuroloop.files.formats import save_json
from neuroloop.files.intake import Intake, ReadFile
from neuroloop.report.passport import Passport
from scripts.report.write_crate import write_crate

SUMMARY = {
    "title": "NeuroLoop",
    "software": "NeuroLoop 0.1.0; numpy 2",
    "data": [{"name": "faces", "line": "2 subjects", "simulated": True}],
    "answers": [
        {"question": "Does it?", "data": "faces", "simulated": True, "answer": "Yes, by 2 points."}
    ],
}


@pytest.fixture
def graph(tmp_path: Path) -> dict[str, Any]:
    """Entities of the crate of a small folder of results, by their ids."""
    results = tmp_path / "results"
    for file in ("report/index.html", "fmri/faces/decoding.tsv", "a b/x.npy", ".hidden/y"):
        (results / file).parent.mkdir(parents=True, exist_ok=True)
        (results / file).write_text(file)
    save_json(results / "report/summary.json", SUMMARY)
    intake = Intake([ReadFile("sub-1/bold.nii", 1234, "ab" * 32)], [], [], [])
    Passport("faces", "datasets", "2 subjects", intake).save(results / "check.json")
    metadata = results / "ro-crate-metadata.json"
    write_crate(
        page=results / "report/index.html",
        summary=results / "report/summary.json",
        passports=[results / "check.json"],
        metadata=metadata,
    )
    made = json.loads(metadata.read_text())
    assert made["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = made["@graph"]
    by_id = {one["@id"]: one for one in entities}
    assert len(by_id) == len(entities)
    return by_id


def references(value: Any) -> set[str]:
    """Ids that a value refers to."""
    if isinstance(value, list):
        return {one for part in value for one in references(part)}
    if isinstance(value, dict):
        own = {value["@id"]} if set(value) == {"@id"} else set()
        return own.union(*(references(part) for part in value.values()))
    return set()


def test_every_file_is_described_once_with_its_size(graph: dict[str, Any]) -> None:
    files = {name: one for name, one in graph.items() if one["@type"] == "File"}
    assert {one["name"]: one["contentSize"] for one in files.values()} == {
        "report/index.html": "17",
        "fmri/faces/decoding.tsv": "23",
        "a b/x.npy": "9",
        "report/summary.json": files["report/summary.json"]["contentSize"],
        "check.json": files["check.json"]["contentSize"],
    }
    assert files["fmri/faces/decoding.tsv"]["encodingFormat"] == "text/tab-separated-values"
    assert references(graph["./"]["hasPart"]) == set(files)


def test_nothing_is_referred_to_that_is_not_described(graph: dict[str, Any]) -> None:
    outside = {"https://w3id.org/ro/crate/1.1"}
    for entity in graph.values():
        assert references(list(entity.values())) - outside <= set(graph)


def test_the_run_says_what_was_read_and_by_what(graph: dict[str, Any]) -> None:
    run = graph["#run"]
    assert run["@type"] == "CreateAction"
    assert run["instrument"] == {"@id": "#neuroloop"}
    assert graph["#neuroloop"]["softwareVersion"] == SUMMARY["software"]
    (read,) = (graph[name] for name in references(run["object"]))
    assert read["name"] == "sub-1/bold.nii"
    assert read["identifier"] == f"sha256:{'ab' * 32}"
    assert run["result"] == graph["./"]["mainEntity"] == {"@id": "report/index.html"}
    assert graph["./"]["description"] == "Does it? (faces, simulated) Yes, by 2 points."


def test_the_license_is_an_entity_of_its_own(graph: dict[str, Any]) -> None:
    license_of_data = graph[graph["./"]["license"]["@id"]]
    assert license_of_data["@type"] == "CreativeWork"
    assert license_of_data["description"] == "All rights of the data stay with their owners."
