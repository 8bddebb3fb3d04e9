"""Results that are gone are made again, and what follows from them if it would change."""

import json
import re
from pathlib import Path

import pytest

from neuroloop.workflow.lost_results import first_lost
from tests.project import Finished, Project, preset

#: Written into a project's Snakefile: what its targets say that their jobs make.
TELL = """
import json

Path("told.json").write_text(
    json.dumps(
        {
            "all": [*all_jobs()],
            "explain": [*explain_jobs()],
            "students": [*chain(*map(teaching_jobs, running("datasets")))],
            "soft_labels": [*soft_label_jobs()],
        }
    )
)
"""


def test_the_first_missing_file_of_each_job_that_lacks_any(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a1", "a2", "b1", "c1", "c2")]
    for name in (names[0], names[2]):
        Path(name).touch()
    assert first_lost([names[:2], [names[2]], names[3:]]) == [names[1], names[3]]


@pytest.mark.workflow
@pytest.mark.parametrize("name", ["config", "haxby", "digits69"])
def test_targets_know_every_file_of_their_jobs(tmp_path: Path, name: str) -> None:
    """As Snakemake finds the jobs by itself, from the last results."""
    project = Project.make(tmp_path / "project")
    config = preset(name)
    if name == "config":  # another set of radiographs, as no preset has
        radiographs = config["radiographs"]
        radiographs["other"] = radiographs["chests"] | {"external": [], "leakage": [], "maps": []}
        radiographs["chests"]["external"] = ["other"]
        radiographs["chests"]["cases"].append("affine")
    if name == "digits69":  # no brain teaches
        config["datasets"]["digits69"]["teaching"]["teachers"] = ["none", "cnn"]
    project = project.write_config("own.yaml", config)
    snakefile = project.folder / "Snakefile"
    snakefile.write_text(snakefile.read_text() + TELL)
    more = {"config": ["explain"], "haxby": ["soft_labels", "students"], "digits69": ["students"]}
    for target in ("all", *more[name]):
        said = project.call(target, "--summary")
        assert said.status == 0, said.text
        told = json.loads((project.folder / "told.json").read_text())[target]
        files = {line.split("\t")[0] for line in said.out.splitlines()[1:]}
        if target == "explain":
            files = {file for file in files if file.startswith("results/explain/")}
        assert len(files) > 10
        assert {file for job in told for file in job} == files


def done(printed: str) -> list[str]:
    """Rules of the jobs that a run did."""
    return sorted(re.findall(r"^(?:local)?rule (\w+):$", printed, re.MULTILINE))


@pytest.mark.workflow
def test_what_is_gone_is_made_again_and_nothing_else(finished: Finished, copied: Project) -> None:
    results = copied.folder / "results"
    (results / "fmri/tiny/S1/V1/ridge/logits.npy").unlink()
    (results / "fmri/plain/decoding.svg").unlink()
    assert "decode_linear fmri/tiny/S1/V1/ridge" in copied.waiting()
    said = copied.run("all")
    assert done(said.text) == ["all", "decode_linear", "summarise_decoding"]
    assert "Made again what was gone (2 jobs)" in said.text
    assert copied.results() == finished.project.results()
    assert copied.waiting() == set()


@pytest.mark.workflow
def test_what_follows_from_what_comes_out_different_is_made_again(copied: Project) -> None:
    """Here what is gone had been changed by hand before."""
    lost = copied.folder / "results/fmri/tiny/decoding.tsv"
    before = copied.results()
    changed = copied.folder / "results/report/index.html"
    lost.write_text(lost.read_text().replace("V1", "other"))
    copied.run("results/report/index.html", "--forcerun", "write_report")
    assert changed.read_bytes() != before["results/report/index.html"]
    lost.unlink()
    said = copied.run("all")
    assert done(said.text) == ["all", "all", "summarise_decoding", "write_report"]
    assert copied.results() == before
