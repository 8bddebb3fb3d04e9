"""The chapter of networks: what is linked, and what a line says of a method."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.files.formats import save_json, save_table
from neuroloop.report.answers.networks import NO, PARTLY, UNKNOWN, YES, read_tests, trusted
from neuroloop.report.chapters import Chapter, chapters
from neuroloop.report.page import report_page
from tests.unit.report.outline import Outline
from tests.unit.report.study import CONFIG, PROVENANCE

EMPTY = {
    **dict.fromkeys(("value", "ci_low", "ci_high", "chance", "untrained", "q"), np.nan),
    "method": "Saliency",
    "verdict": "",
    "reason": "",
    "n": 8,
}
SENSITIVE = {
    "test": "cascading",
    "statistic": "spearman",
    "value": 0.1,
    "ci_low": 0.05,
    "ci_high": 0.2,
    "verdict": "sensitive",
    "q": 0.001,
}
INSENSITIVE = {**SENSITIVE, "value": 0.7, "verdict": "insensitive"}
BETTER = {
    "test": "deletion",
    "statistic": "auc_less_random",
    "value": -0.2,
    "ci_low": -0.3,
    "ci_high": -0.1,
    "verdict": "better",
    "q": 0.01,
}
VOID = {"test": "insertion", "statistic": "auc_less_random", "verdict": "void"}
POINTING = {
    "test": "pointing",
    "statistic": "hit_rate",
    "value": 0.75,
    "ci_low": 0.19,
    "ci_high": 0.99,
    "chance": 0.17,
    "untrained": 0.0,
    "n": 4,
    "verdict": "too few images",
    "q": 0.17,
}


def table(*rows):
    return pd.DataFrame([{**EMPTY, **row} for row in rows])


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        ([SENSITIVE, BETTER], YES),
        ([SENSITIVE, {**BETTER, "q": 0.2}], PARTLY),
        ([SENSITIVE, BETTER, {**POINTING, "verdict": "below chance", "q": 0.01}], PARTLY),
        ([SENSITIVE, VOID, POINTING], PARTLY),
        ([SENSITIVE], PARTLY),
        ([{**SENSITIVE, "verdict": "too coarse to judge"}, BETTER], UNKNOWN),
        ([{**SENSITIVE, "verdict": "too few images"}, BETTER], UNKNOWN),
        ([BETTER], UNKNOWN),
        ([INSENSITIVE, BETTER], NO),
        ([SENSITIVE, {**INSENSITIVE, "test": "labels"}, BETTER], NO),
    ],
)
def test_whether_maps_can_be_read(rows, read):
    (line,) = trusted(table(*rows))
    assert line.read == read


def test_a_line_has_the_numbers_with_their_n_and_null():
    (line,) = trusted(table(SENSITIVE, BETTER, VOID, POINTING))
    assert line.why == (
        "Random weights give other maps (similarity 0.10 [0.05, 0.20], n 8); deletion: better, "
        "−0.20 [−0.30, −0.10] less random orders (n 8); insertion: void; points at the evidence: "
        "too few images, 0.75 [0.19, 0.99], chance 0.17, untrained 0.00 (n 4)."
    )


def test_networks_that_were_looked_into_have_a_chapter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = {
        "taught": "results/distill/faces/S1/V1/ridge/brain/small/model.json",
        "other": "results/distill/unused/reference/none/small/model.json",
        "mine": "mine/model.json",
        "not": "results/cxr/chests/case1/fine/patient/model.json",
    }
    config = {**CONFIG, "explain": {"models": models}}
    assert not [one for one in chapters(config) if one.section == "networks"]
    for name in ("taught", "other", "mine"):
        folder = tmp_path / "results/explain" / name
        folder.mkdir(parents=True)
        facts = {"title": f"Network {name}", "held_out": "Not seen.", "images": 60}
        save_json(folder / "gallery.json", {**facts, "at_chance": ""})
        save_table(folder / "sanity.tsv", table(SENSITIVE, BETTER))
        read = read_tests(folder / "sanity.tsv")
        assert read["q"].tolist() == [0.001, 0.01]
    found = [one for one in chapters(config) if one.section == "networks"]
    assert [one.of for one in found] == ["taught", "mine"]
    assert [bool(one.simulated) for one in found] == [True, False]
    text, _ = report_page("R", found, [], PROVENANCE)
    outline = Outline(text)
    links = [one["href"] for one in outline.attributes("a")]
    assert "../explain/taught/gallery.html" in links
    assert "../explain/mine/sanity.tsv" in links
    said = [one for one in outline.of("li") if one.startswith("Saliency")]
    assert len(said) == 2
    assert all(one.startswith("Saliency: yes. Random weights give other maps") for one in said)
    assert "Network taught: open its gallery" in " ".join(outline.of("a"))


def test_a_chapter_of_networks_says_that_one_is_at_chance(tmp_path):
    save_json(
        tmp_path / "gallery.json",
        {"title": "T", "held_out": "H.", "images": 3, "at_chance": "at chance: 3 %"},
    )
    save_table(tmp_path / "sanity.tsv", table(SENSITIVE))
    files = {name: tmp_path / name for name in ("gallery.json", "sanity.tsv", "gallery.html")}
    named = dict(zip(("facts", "sanity", "gallery"), files.values(), strict=True))
    text, _ = report_page("R", [Chapter("networks", "t", "t", named)], [], PROVENANCE)
    assert "at chance: 3 %." in text
