"""The report's script: the page and the numbers of the chapters that the rule hands it."""

import json
from pathlib import Path

import pandas as pd
import pytest

from neuroloop.files.formats import save_json, save_table
from neuroloop.report.answers.networks import TESTED
from neuroloop.report.chapters import Chapter
from neuroloop.report.page import Flag, Provenance, report_page
from neuroloop.report.provenance import completed, inputs, software
from neuroloop.report.rule_graph import Step, laid_out
from neuroloop.report.skipped import skipped
from scripts.report.write_report import write_report
from tests.unit.report.outline import Outline
from tests.unit.report.study import CONFIG, filled, passports

CONFIGURED = {**CONFIG, "explain": {"models": {"reader": {}}}}


def looked_into(name):
    """The chapter of a network that no method applies to."""
    files = {
        key: Path("results/explain", name, file)
        for key, file in (
            ("gallery", "gallery.html"),
            ("facts", "gallery.json"),
            ("sanity", "sanity.tsv"),
        )
    }
    files["facts"].parent.mkdir(parents=True)
    facts = {"title": "Reader of cells", "held_out": "Not seen.", "images": 60, "at_chance": ""}
    save_json(files["facts"], facts)
    columns = [column for part in TESTED for column in part]
    save_table(files["sanity"], pd.DataFrame(columns=columns))
    return Chapter("networks", name, name, files)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """What the script writes of a made-up study: page and summary, its chapters and passports."""
    monkeypatch.chdir(tmp_path)
    chapters = [*filled(), looked_into("reader")]
    (tmp_path / "bold.nii").write_bytes(b"data")
    known = passports({"faces": ["labels may be shifted"]})
    known[0].intake.read(tmp_path / "bold.nii")
    paths = [tmp_path / f"results/check/{one.name}.json" for one in known]
    for one, path in zip(known, paths, strict=True):
        one.save(path)

    def write():
        write_report(
            chapters=[chapter.outline for chapter in chapters],
            files=[file for chapter in chapters for file in chapter.files.values()],
            passports=paths,
            config=CONFIGURED,
            audit=[("cells", "labels from time in the run.", "leak")],
            networks=[("network reader", "Nothing is removed.", "../explain/x.html", "void")],
            graph=[("draw", "fmri", 1, []), ("write", "report", 1, ["draw"])],
            cited=["Software."],
            looked_into=["reader"],
            audited=["faces", "plain", "cells", "chests"],
            page=tmp_path / "results/report/index.html",
            summary=tmp_path / "results/report/summary.json",
        )
        report = tmp_path / "results/report"
        return (report / "index.html").read_text(), (report / "summary.json").read_text()

    return write, chapters, known, [str(path) for path in paths]


def test_the_script_writes_the_page_of_its_chapters(written):
    write, chapters, known, paths = written
    page, summary = write()
    provenance = Provenance(
        software(),
        CONFIGURED,
        completed(CONFIGURED),
        inputs(known, paths),
        [("reader", "../explain/reader/gallery.html")],
        skipped(CONFIGURED, ["reader"], ["faces", "plain", "cells", "chests"]),
        ["Software."],
        laid_out([Step("draw", "fmri", 1, []), Step("write", "report", 1, ["draw"])]),
    )
    flags = [
        Flag("cells", "labels from time in the run.", "../audit/index.html#cells", "leak"),
        Flag("network reader", "Nothing is removed.", "../explain/x.html", "void"),
    ]
    text, numbers = report_page("NeuroLoop", chapters, known, provenance, flags)
    assert page == text
    assert json.loads(summary) == numbers


def test_what_the_page_says_of_the_study(written):
    page, summary = written[0]()
    outline = Outline(page)
    facts = json.loads(summary)
    told = [(one["of"], one["told"]) for one in facts["flags"]]
    assert ("cells", "labels from time in the run.") in told
    assert ("faces", "labels may be shifted") in told
    assert "Files of faces 1 row" in outline.of("summary")
    digest = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"
    assert digest in outline.of("td")
    hrefs = [one["href"] for one in outline.attributes("a")]
    assert "../explain/reader/gallery.html" in hrefs
    assert "permutations: 100" in outline.of("pre", "config")[0]
    assert outline.of("p", "made") == ["seed 7 · faces, plain, cells, chests"]


def test_the_same_files_twice_are_the_same_bytes(written):
    write = written[0]
    assert write() == write()
