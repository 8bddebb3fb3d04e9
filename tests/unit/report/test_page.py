"""The report: every section with its own files, nothing from outside, plugins."""

import re

import pandas as pd
import pytest

from neuroloop import registry
from neuroloop.files.formats import save_json, save_table
from neuroloop.report.chapters import SIMULATED, Chapter, chapters, located
from neuroloop.report.page import report_page
from tests.unit.report.outline import Outline

#: A config with a chapter of every section, and two of some.
CONFIG = {
    "run": ["faces", "plain", "cells", "chests"],
    "datasets": {
        "plain": {},
        "faces": {"teaching": {"seeds": 2}},
        "unused": {"teaching": {"seeds": 2}},
    },
    "areas": {
        "cells": {
            "readers": ["cnn", "wide"],
            "sessions": ["before", "after"],
            "comparisons": [["before", "after"]],
        }
    },
    "radiographs": {"chests": {"maps": [["case1", "fine"], ["case5", "fine"]]}},
}

#: Columns that sections read, each with a value.
COLUMNS = {
    "accuracy": 0.5,
    "p": 0.01,
    "n": 40,
    "flag": "at chance",
    "teacher": "brain",
    "difference": 0.1,
    "family": "gains",
    "smallest_effect": 0.1,
    "pairs": 3,
    "q": 0.01,
    "mean": 0.2,
    "change": 0.3,
    "ci_low": 0.05,
    "ci_high": 0.15,
    "unit": "patients",
    "scope": "other patients",
    "reason": "",
}

PLUGIN = '''"""How many subjects there are."""

KIND = "section"
ORDER = 0
TITLE = "Subjects"
BLOCKS = "datasets"
ASSETS = ("subjects.html.j2",)


def chapters(name, block):
    return {name: {"list": f"{name}.txt"}}


def context(files):
    from pathlib import Path

    return {"count": len(Path(files["list"]).read_text().split())}
'''


@pytest.fixture
def filled(tmp_path):
    """Chapters of `CONFIG` whose tables and figures are all different."""
    found = []
    for chapter in chapters(CONFIG):
        files = {}
        for name, file in chapter.files.items():
            files[name] = tmp_path / file
            files[name].parent.mkdir(parents=True, exist_ok=True)
            if file.endswith(".tsv"):
                save_table(files[name], pd.DataFrame([{**COLUMNS, "file": file}]))
            elif file.endswith(".json"):
                save_json(files[name], {"at_chance": f"{file} is at chance"})
            else:
                files[name].write_bytes(file.encode())
        found.append(chapter._replace(files=files))
    return found


def test_what_is_run_is_told_section_by_section():
    made = [(chapter.section, chapter.title) for chapter in chapters(CONFIG)]
    assert made == [
        ("decoding", "faces"),
        ("decoding", "plain"),
        ("distillation", "faces"),
        ("reading", "cells, reader cnn"),
        ("reading", "cells, reader wide"),
        *[
            ("coupling", f"cells, {session}, reader {reader}")
            for session in ("before", "after")
            for reader in ("cnn", "wide")
        ],
        ("changes", "cells, before to after, reader cnn"),
        ("changes", "cells, before to after, reader wide"),
        ("radiographs", "chests"),
        ("radiograph_maps", "chests, case1, fine"),
        ("radiograph_maps", "chests, case5, fine"),
    ]
    assert not chapters({**CONFIG, "run": []})


def test_every_file_of_every_section_is_shown_once(filled, tmp_path):
    from neuroloop.report.templates import png_address

    page = report_page("NeuroLoop", filled)
    for chapter in filled:
        for name, file in chapter.files.items():
            if (chapter.section, name) == ("distillation", "students"):
                continue  # only its flags and its count are
            shown = (
                png_address(file.read_bytes())
                if file.suffix == ".png"
                else f"{file.relative_to(tmp_path)} is at chance"
                if file.suffix == ".json"
                else f"<td>{file.relative_to(tmp_path)}</td>"
            )
            assert page.count(shown) == 1, (chapter, name)
    assert "Students at chance." in page
    assert "Only 40 images test the students" in page


@pytest.mark.parametrize(
    ("file", "caption"),
    [
        ("results/fmri/plain/decoding.png", "Accuracy by region"),
        ("results/distill/faces/ablation.png", "Gain of each teacher"),
        ("results/calcium/cells/reading/wide.png", "Accuracy by kind of pattern"),
        ("results/calcium/cells/after/cnn/cams.png", "Where the readers looked"),
        ("results/calcium/cells/after/cnn/zncc.png", "Zero-mean normalised"),
        ("results/calcium/cells/after/cnn/zncc_nulls.png", "ZNCC beside untrained"),
        ("results/calcium/cells/after/cnn/coupling.png", "Response of each cell"),
        ("results/calcium/cells/compare/before__after/cnn/comparison.png", "Change by route"),
        ("results/cxr/chests/scores.png", "Macro-F1"),
        ("results/cxr/chests/confusion.png", "Confusion"),
        ("results/cxr/chests/shortcuts.png", "Whole radiographs"),
        ("results/cxr/chests/calibration.png", "Calibration"),
        ("results/cxr/chests/learning.png", "Loss"),
        ("results/cxr/chests/case5/fine/maps/maps.png", "Evidence for the predicted class"),
    ],
)
def test_every_figure_stands_above_its_own_caption(filled, file, caption):
    from neuroloop.report.templates import png_address

    images = Outline(report_page("NeuroLoop", filled)).attributes("img")
    (alt,) = [one["alt"] for one in images if one["src"] == png_address(file.encode())]
    assert alt.startswith(caption)


def test_every_chapter_is_linked_by_its_title(filled):
    outline = Outline(report_page("NeuroLoop", filled))
    titles = [chapter.title for chapter in filled]
    assert outline.of("title") == outline.of("h1") == ["NeuroLoop"]
    assert outline.of("a") == outline.of("h3") == titles
    anchors = [one["id"] for one in outline.attributes("h3")]
    assert [one["href"] for one in outline.attributes("a")] == [f"#{one}" for one in anchors]
    assert len(set(anchors)) == len(anchors)
    assert len(outline.of("h2")) == len(registry.names("section"))


def test_titles_are_text_and_no_markup(filled):
    nasty = "<script>alert('x')</script> & \"quotes\""
    text = report_page(nasty, [filled[0]._replace(title=nasty)])
    assert "<script" not in text
    outline = Outline(text)
    for tag in ("title", "h1", "h3", "a"):
        assert outline.of(tag) == [nasty]


def test_nothing_comes_from_outside(filled):
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", report_page("NeuroLoop", filled))
    assert "http" not in text
    assert "//" not in text
    assert not re.search(r"<(script|link|iframe)|url\(|@import", text)


def test_the_same_page_twice_is_the_same_bytes(filled):
    assert report_page("NeuroLoop", filled) == report_page("NeuroLoop", filled)


def test_what_is_simulated_says_so_wherever_a_result_stands(filled):
    text = report_page("NeuroLoop", filled)
    assert "simulated" not in text.split("</style>")[1].replace("simulated by", "")
    marked = [chapter._replace(simulated="All of it is made up.") for chapter in filled]
    outline = Outline(report_page("NeuroLoop", marked))
    assert outline.of("h3") == outline.of("a") == [f"{one.title}, simulated" for one in filled]
    assert all(one.endswith(" (simulated)") for one in outline.of("figcaption"))
    assert outline.of("p").count("All of it is made up.") == len(filled)


def test_sources_that_simulate_say_what():
    blocks = {
        "datasets": {
            "faces": {
                "source": "simulated",
                "teaching": {"seeds": 2},
                "images": {"lifetime_per_category": 50},
                "rois": {"V1": {"encoding": "energy"}, "HVC": {"encoding": "category"}},
            },
            "plain": {"source": "bids"},
        },
        "areas": {"cells": {**CONFIG["areas"]["cells"], "source": "hybrid"}},
        "radiographs": {"chests": {"source": "simulated", "maps": []}},
    }
    made = {one.section: one.simulated for one in chapters({**CONFIG, **blocks, "run": ["faces"]})}
    assert made["decoding"] == SIMULATED["simulated"]
    assert made["distillation"].startswith(SIMULATED["simulated"])
    assert (
        "What HVC adds comes from 50 other labelled digits of each category" in made["distillation"]
    )
    blocks["datasets"]["faces"]["rois"]["HVC"]["encoding"] = "none"
    made = {one.section: one.simulated for one in chapters({**CONFIG, **blocks, "run": ["faces"]})}
    assert made["distillation"] == SIMULATED["simulated"]
    rest = chapters({**CONFIG, **blocks, "run": ["plain", "cells", "chests"]})
    told = {one.section: one.simulated for one in rest}
    assert told["decoding"] == ""
    assert {told[one] for one in ("reading", "coupling", "changes")} == {SIMULATED["hybrid"]}
    assert told["radiographs"] == SIMULATED["simulated"]


def test_files_come_back_to_their_names():
    found = chapters(CONFIG)
    files = [f"elsewhere/{file}" for chapter in found for file in chapter.files.values()]
    moved = located([chapter.outline for chapter in found], files)
    for old, new in zip(found, moved, strict=True):
        assert new.outline == old.outline
        assert new.files == {name: f"elsewhere/{file}" for name, file in old.files.items()}
    for wrong in (files[1:], [*files, "more"]):
        with pytest.raises(ValueError, match="zip"):
            located([chapter.outline for chapter in found], wrong)


def test_a_plugin_adds_a_section(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_PLUGINS", {})
    (tmp_path / "subjects.py").write_text(PLUGIN)
    (tmp_path / "subjects.html.j2").write_text(
        "{% for one in chapters %}<p>{{ one.title }} has {{ one.count }} of them.</p>{% endfor %}"
    )
    (tmp_path / "faces.txt").write_text("S1 S2 S3")
    assert registry.add_plugin(tmp_path / "subjects.py") == ("section", "subjects")
    told = [chapter for chapter in chapters(CONFIG) if chapter.section == "subjects"]
    assert told[0] == Chapter("subjects", "faces", {"list": "faces.txt"})
    page = report_page("R", [told[0]._replace(files={"list": tmp_path / "faces.txt"})])
    assert Outline(page).of("p") == ["faces has 3 of them."]
    assert Outline(page).of("h2") == ["Subjects"]


def test_what_to_know_about_the_data_stands_at_the_head():
    page = Outline(report_page("Report", [], {"faces": ["labels may be <shifted>"], "films": []}))
    (told,) = page.of("div", "warnings")
    assert "What to know about the data" in told
    assert "faces: labels may be <shifted>" in told
    assert "films" not in told
    assert not Outline(report_page("Report", [], {"films": []})).of("div", "warnings")
