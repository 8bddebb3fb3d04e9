"""What a page says of its making: the graph of rules, what was left out, how to cite."""

import copy

import pytest

from neuroloop.report.page import Provenance, report_page
from neuroloop.report.rule_graph import ACROSS, WIDTH, Step, laid_out
from neuroloop.report.skipped import skipped
from tests.unit.report.outline import Outline
from tests.unit.report.study import CONFIG, TEACHING, filled, passports

STEPS = [
    Step("draw", "fmri", 1, []),
    Step("simulate", "fmri", 2, []),
    Step("fold", "fmri", 2, ["simulate"]),
    Step("decode", "fmri", 18, ["draw", "fold", "simulate"]),
    Step("read", "calcium", 1, []),
    Step("write", "report", 1, ["decode", "read", "fold"]),
]


def overlap(a: dict, b: dict) -> bool:
    return abs(a["x"] - b["x"]) < WIDTH and abs(a["y"] - b["y"]) < 28


def test_rules_stand_behind_what_they_take_and_apart_from_each_other():
    graph = laid_out(STEPS)
    place = {box["rule"]: box for box in graph["boxes"]}
    column = {rule: box["x"] / (WIDTH + ACROSS) for rule, box in place.items()}
    assert column == {"draw": 0, "simulate": 0, "fold": 1, "decode": 2, "read": 0, "write": 3}
    boxes = graph["boxes"]
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert place["read"]["y"] > place["simulate"]["y"]  # a branch of its own
    assert graph["width"] == 4 * WIDTH + 3 * ACROSS
    assert all(box["y"] + 28 <= graph["height"] for box in boxes)


def test_a_line_that_others_go_around_is_left_out():
    # simulate -> decode and fold -> write follow from the other lines.
    assert len(laid_out(STEPS)["lines"]) == 5


def test_the_graph_is_the_same_of_the_same_rules():
    assert laid_out(STEPS) == laid_out([*STEPS])


RUN = CONFIG["run"]


@pytest.fixture
def config():
    made = copy.deepcopy(CONFIG)
    made["datasets"].pop("unused")
    made["datasets"]["plain"]["teaching"] = {**TEACHING, "assignments": 20}
    made["datasets"]["faces"]["teaching"] = {
        **TEACHING,
        "assignments": 20,
        "teachers": [*TEACHING["teachers"], "withinclass"],
    }
    made["datasets"]["plain"]["teaching"]["teachers"] = ["brain", "withinclass"]
    made["radiographs"]["chests"] |= {"external": ["other"], "new_sites": [["a", "b"]]}
    made["radiographs"]["chests"] |= {"leakage": [["case1", "fine"]]}
    made["areas"]["cells"]["readers"] = ["cnn"]
    del made["readers"]["wide"]
    return made


def test_nothing_is_left_out_of_a_config_that_runs_all(config):
    assert skipped(config, audited=RUN) == []


@pytest.mark.parametrize(
    ("change", "what", "why"),
    [
        (("run", ["faces", "cells", "chests"]), "Brain data: plain", "not named under run"),
        (("run", ["faces", "plain", "chests"]), "All calcium imaging", "run names none of areas"),
        (
            ("decoders", {"ridge": {}, "svm": {}}),
            "plain: decoders svm",
            "not in datasets.plain.decoders",
        ),
        (("readers", {"cnn": {}, "wide": {}}), "cells: readers wide", "not in areas.cells.readers"),
    ],
)
def test_what_is_left_out_has_its_reason(config, change, what, why):
    config[change[0]] = change[1]
    assert (what, why) in skipped(config, audited=RUN)


def test_what_other_targets_would_make_is_told(config):
    config["explain"] = {"models": {"reader": {}, "cnn": {}}}
    assert skipped(config, looked_into=["reader", "cnn"], audited=RUN) == []
    assert skipped(config, ["reader"], audited=RUN[1:]) == [
        ("Inside the networks: cnn", "snakemake explain was not run"),
        (f"Leaks, and surrogates without an effect, of {RUN[0]}", "snakemake audit was not run"),
    ]


def test_parts_of_a_study_that_are_left_out_have_their_reasons(config):
    config["datasets"]["plain"].pop("teaching")
    config["datasets"]["faces"]["teaching"] |= {"assignment_rois": ["V1"]}
    config["areas"]["cells"]["comparisons"] = []
    config["radiographs"]["chests"] |= {"external": [], "maps": []}
    assert skipped(config, audited=RUN) == [
        (
            "faces: whether the brain knows the image and not its class alone, of Noise",
            "not in datasets.faces.teaching.assignment_rois",
        ),
        ("plain: students", "datasets.plain.teaching is not set"),
        ("cells: changes of session before and after", "not in areas.cells.comparisons"),
        ("chests: radiographs of another source", "radiographs.chests.external is empty"),
        ("chests: where classifiers looked", "radiographs.chests.maps is empty"),
    ]


def test_the_page_and_the_summary_show_all_three(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left = [("areas: <wide>", "not in areas.cells.readers")]
    provenance = Provenance(
        "x", CONFIG, skipped=left, cited=["A & B. Software."], graph=laid_out(STEPS)
    )
    text, summary = report_page("NeuroLoop", filled(), passports(), provenance)
    page = Outline(text)
    assert "areas: <wide>: not in areas.cells.readers." in page.of("li")
    assert "A & B. Software." in page.of("div", "methods")
    assert {"decode", "18"} <= set(page.of("text"))
    assert summary["skipped"] == [{"what": "areas: <wide>", "why": "not in areas.cells.readers"}]
    assert summary["cite"] == ["A & B. Software."]
