"""Sections of the report where tables are empty or numbers have no interval."""

from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.classifier_contrasts import contrasts
from neuroloop.distill.ablation import KEYS, REFERENCE, Group, accuracies, compare_teachers
from neuroloop.distill.outcomes.comparisons import compare_outcomes
from neuroloop.distill.outcomes.measured_students import MeasuredStudents
from neuroloop.files.formats import read_table, save_json, save_table
from neuroloop.report.chapters import SIMULATED, Chapter
from neuroloop.report.page import Provenance, report_page
from neuroloop.report.sections import distillation, radiographs
from neuroloop.report.templates import picture
from tests.unit.report.outline import Outline
from tests.unit.report.study import CONFIG, DECODED, GAP, SCORED, TEACHING, filled, rows, watched


def page_of(chapter, **changes):
    """The page of a chapter, its block changed, and its cards."""
    kind = {"decoding": "datasets", "distillation": "datasets"}.get(chapter.section, "radiographs")
    block = {**CONFIG[kind][chapter.of], **changes}
    config = {**CONFIG, kind: {chapter.of: block}}
    page, summary = report_page("NeuroLoop", [chapter], [], Provenance("V", config))
    return unescape(page), summary["answers"]


def row_of(page, *texts):
    """Cells of the only row of a page's tables in which all texts are."""
    (row,) = [row for row in Outline(page).of("tr") if all(text in row for text in texts)]
    return row


def students(*place, teacher, seed=0):
    keys = dict(zip(KEYS, (*place, teacher, "small"), strict=True))
    hits = np.random.default_rng(seed).random((2, 30)) < 0.5
    return Group(keys, hits, [f"i{number}" for number in range(30)], [0, 1], chance=0.5)


def ablation_page(folder, groups, *also):
    save_table(folder / "ablation.tsv", accuracies(groups))
    save_table(folder / "comparisons.tsv", compare_teachers(groups, seed=0, n_boot=20))
    files = {"students": folder / "ablation.tsv", "comparisons": folder / "comparisons.tsv"}
    for name in ("figure", "forest", "matrix", *also):
        files[name] = folder / f"{name}.svg"
        files[name].write_bytes(name.encode())
    if "outcome_comparisons" in also:
        files["outcome_comparisons"] = folder / "outcome_comparisons.tsv"
        measured = [
            MeasuredStudents(group, {("blur", "mean"): 1.0 * group.hits}) for group in groups
        ]
        save_table(files["outcome_comparisons"], compare_outcomes(measured, []))
    return page_of(Chapter("distillation", "faces", "faces", files), teaching=TEACHING)


@pytest.fixture
def none():
    return students(*[REFERENCE] * 3, teacher="none")


@pytest.fixture
def chests(tmp_path, monkeypatch):
    """The chapter of radiographs, its tables as they are given."""

    def made(scores, gaps, source="files"):
        monkeypatch.chdir(tmp_path)
        filled()
        block = {"source": source, "new_sites": [], "external": []}
        (files,) = radiographs.chapters("chests", block).values()
        save_table(files["scores_table"], scores)
        save_table(files["comparisons"], gaps)
        said = SIMULATED.get(source, "")
        return page_of(Chapter("radiographs", "chests", "chests", files, said), source=source)

    return made


def test_outcomes_beside_accuracy_are_shown_where_they_are_asked_for(tmp_path, none):
    groups = [none, students("S1", "V1", "ridge", teacher="brain", seed=1)]
    without, _ = ablation_page(tmp_path, groups)
    page, _ = ablation_page(tmp_path, groups, "outcomes", "outcome_comparisons")
    assert "each control, beside accuracy" in page
    assert "Beside accuracy: not judged: accuracy on blurred images." in page
    assert "Beside accuracy" not in without
    assert "beside accuracy" not in without
    block = {"teaching": {"teachers": ["none", "brain"], "outcomes": ["calibration"]}}
    (files,) = distillation.chapters("faces", block).values()
    assert files["outcomes"] == "results/distill/faces/outcomes.svg"
    assert files["outcome_comparisons"] == "results/distill/faces/outcome_comparisons.tsv"
    block["teaching"]["outcomes"] = []
    (files,) = distillation.chapters("faces", block).values()
    assert not {"outcomes", "outcome_comparisons"} & set(files)


def test_a_group_of_two_subjects_is_shown_with_the_reason_for_its_missing_interval(tmp_path, none):
    brains = [students(f"S{n}", "V1", "ridge", teacher="brain", seed=n) for n in (1, 2)]
    page, _ = ablation_page(tmp_path, [none, *brains])
    group = row_of(page, "group", "2 subjects do not tell how subjects differ: 3 are needed")
    assert group.count("–") == 3  # p, q and smallest_effect
    assert "[" not in group


@pytest.mark.parametrize("held_out", [True, False])
def test_who_learned_from_an_image_is_told_beside_it(tmp_path, monkeypatch, held_out):
    monkeypatch.chdir(tmp_path)
    (chapter,) = [one for one in filled() if one.section == "distillation"]
    save_json(chapter.files["watched"], watched("of my choice", 3, held_out))
    page, _ = page_of(chapter)
    outline = Outline(page)
    assert len(outline.of("section", "leaf-page")) == 3
    told = outline.of("p", "why")
    assert told[0].startswith("cat, of my choice. ")
    assert (
        "Held out from the students and from every decoder; answers over 3 seeds" in told[0]
    ) == (held_out)
    assert ("Students of the first seed, who learned from it." in told[0]) != held_out
    assert "S1 V1, ridge 3 images" in outline.of("summary")
    shares = outline.of("span", "share")
    assert shares == 3 * ["0.80", "0.70", "0.60", "0.20", "0.30", "0.40"]
    assert 'style="left:50.0%;width:40.0%"' in page
    assert outline.of("span", "true") == 3 * ["cat"]
    assert "Watch a brain teach (simulated)" in outline.of("h4")


@pytest.mark.parametrize("regions", [40, 41])
def test_the_forest_plot_stands_first_unless_it_is_too_long_to_be_read(tmp_path, none, regions):
    brains = [students("S1", f"r{n}", "ridge", teacher="brain") for n in range(regions)]
    page, _ = ablation_page(tmp_path, [none, *brains])
    shown = [one["src"] for one in Outline(page).attributes("img")]
    order = ["forest", "matrix"] if regions == 40 else ["matrix", "forest"]
    assert shown == [picture(tmp_path / f"{name}.svg") for name in [*order, "figure"]]


def test_a_page_says_below_what_nothing_could_be_seen(tmp_path, none):
    page, _ = ablation_page(tmp_path, [none])
    assert "could have seen, before correction" not in page
    three = [
        replace(one, hits=np.concatenate([one.hits, one.hits[:1] ^ (np.arange(30) % 3 == 0)]))
        for one in (none, students("S1", "V1", "ridge", teacher="brain", seed=1))
    ]
    page, (card,) = ablation_page(tmp_path, [replace(one, seeds=[0, 1, 2]) for one in three])
    read = read_table(tmp_path / "comparisons.tsv", {"smallest_effect": float})
    (least,) = read["smallest_effect"]
    assert f"before correction for their number, is\n{100 * least:.1f} points" in page
    assert "these brains and this assignment of soft labels alone" in row_of(page, "S1", "V1")
    assert card["scope"].startswith("Over seeds × images: other seeds and other images of these ")
    assert "Only 30 images test the students" in page


def test_labels_alone_make_a_page_without_a_table_and_no_test(tmp_path, none):
    page, (card,) = ablation_page(tmp_path, [none])
    assert "<table" not in page
    assert card["verdict"] == "no test"
    assert card["answer"] == "No brain taught a student that could be compared."
    assert not card["values"]
    assert "<svg" not in page


def test_two_seeds_are_no_test(tmp_path, none):
    brain = students("S1", "V1", "ridge", teacher="brain", seed=1)
    page, (card,) = ablation_page(tmp_path, [none, brain])
    assert card["verdict"] == "no test"
    assert card["answer"] == "No test: 2 seeds do not tell how seeds differ: 3 are needed."
    assert "2 seeds do not tell how seeds differ" in row_of(page, "S1")


def test_radiographs_with_nothing_to_compare_have_a_table_of_scores_alone(chests):
    none = contrasts({}, {}, {}, ["a", "b"], None, None, 0, 100)
    page, (card,) = chests(rows(SCORED), none)
    assert Outline(page).of("summary")[1] == "Scores of every training 1 row"
    assert page.count("<table") == 2
    assert page.count("<img") == 8
    assert "No figure of new sites: no site was left out" in page
    assert "simulated" not in Outline(page).of("section")[-1]
    assert "baseline" not in card["answer"]


def test_radiographs_say_what_was_seen_of_whom(chests):
    whom = {"unit": "patients", "scope": "other patients", "smallest_effect": 0.0421}
    gaps = rows(
        {**GAP, **whom},
        {"case": "a", "difference": 0.1, "p": 0.001, "q": 0.002},
        {"case": "b", "difference": 0.01, "p": 0.4, "q": 0.4},
        {"case": "c", "p": np.nan, "q": np.nan, "reason": "one partition"},
        {"case": "d", "unit": "sites", "scope": "other sites"},
    )
    page, (card,) = chests(rows(SCORED), gaps, "simulated")
    assert SIMULATED["simulated"] in Outline(page).of("p")
    assert card["simulated"]
    assert "Over patients: these speak of other patients." in page
    assert "Over sites: these speak of other sites." in page
    summaries = Outline(page).of("summary")
    assert "Differences over patients 3 rows" in summaries
    assert "Differences over sites 1 row" in summaries
    by_case = {row[1].of("td")[0]: row[1].of("td")[-1] for row in _rows_of(page, "fine")}
    assert by_case["a"] == by_case["d"] == "a difference"
    assert by_case["b"] == ("no difference seen; of 5 studies like this 4 would see one of 0.042")
    assert by_case["c"] == "no test: one partition"


def test_operating_points_have_their_intervals(chests):
    page, _ = chests(rows(SCORED), rows(GAP))
    table = page.split("Sensitivity and specificity at named thresholds")[-1]
    ((_, row),) = _rows_of(table.split("</table>")[0], "fine")
    assert row.of("td")[2:7] == [
        *("well", "sensitivity 95 %", "0.21"),
        *("94.0 [88.0, 97.0]", "41.0 [33.0, 50.0]"),
    ]
    assert "ticks: chance (macro-F1 0.33, AUC 0.5)" in page
    assert "1,240 radiographs of 116 patients of unseen folds" in page


def _rows_of(page, first):
    """Rows of a page's tables by their first cell: that, and the row's own outline."""
    for text in page.split("<tr>")[1:]:
        row = Outline(f"<tr>{text.split('</tr>')[0]}</tr>")
        if row.of("th") == [first]:
            yield first, row


def test_classes_of_a_score_are_told_apart(chests):
    scores = rows(SCORED, {}, *({"metric": "f1", "class": name} for name in ("well", "ill")))
    page, _ = chests(scores, rows(GAP))
    assert [row.of("td")[4] for _, row in _rows_of(page, "fine")][:3] == ["", "well", "ill"]


@pytest.fixture
def decoded(tmp_path, monkeypatch):
    """The page of a table of accuracies, and its card."""

    def made(table, **changes):
        monkeypatch.chdir(tmp_path)
        chapter = filled()[0]
        save_table(chapter.files["accuracies"], table)
        return page_of(chapter, **changes)

    return made


def test_an_interval_that_holds_every_accuracy_is_none(decoded):
    people = {"subject": "group", "family": "people"}
    wide = rows(DECODED, {}, {**people, "ci_low": 0.0, "ci_high": 1.0})
    page, _ = decoded(wide)
    cells = {first: row.of("td") for first in ("S1", "group") for _, row in _rows_of(page, first)}
    assert cells["S1"][2] == "41.0 [31.0, 52.0]"
    assert cells["group"][2] == "41.0"


def test_decoding_says_what_each_row_found(decoded):
    people = {"subject": "group", "family": "people"}
    page, _ = decoded(
        rows(
            {**DECODED, "smallest_effect": 0.0712},
            {"roi": "a", "q": 0.01},
            {"roi": "b", "q": 0.06},
            {"roi": "c", "q": np.nan, "reason": "one run"},
            {**people, "roi": "d", "q": 0.01},
            {**people, "roi": "e", "q": 0.06},
        ),
        rois={name: {"encoding": "energy"} for name in "abcde"},
    )
    cells = [row.of("td") for first in ("S1", "group") for _, row in _rows_of(page, first)]
    assert {row[0]: row[9] for row in cells} == {
        "a": "above chance",
        "b": "not above chance; 7.1 points could have been seen",
        "c": "",
        "d": "in most people",
        "e": "not shown for most people",
    }
    assert {row[0]: row[-1] for row in cells}["c"] == "one run"


def test_numbers_of_a_table_keep_their_interval_and_sort_by_their_value(decoded):
    page, _ = decoded(rows(DECODED, {}, {"subject": "S2", "ci_low": np.nan, "p": np.nan}))
    cells = [one for one in Outline(page).elements if one[0] == "td"]
    told = {"".join(text): attributes for _, attributes, text in cells}
    assert told["41.0 [31.0, 52.0]"] == {"class": "number", "data-value": "0.41"}
    assert told["41.0"] == {"class": "number", "data-value": "0.41"}
    assert told["–"] == {"class": "number", "data-value": ""}
    heads = [one for one in Outline(page).attributes("th") if one.get("scope") == "col"]
    assert {one["aria-sort"] for one in heads} == {"none"}


def test_students_of_all_teachers_are_told_by_their_flags(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chapter = next(one for one in filled() if one.section == "distillation")
    flags = ["at chance", "", "at chance", "diverged"]
    save_table(chapter.files["students"], pd.DataFrame({"n": 50, "flag": flags}))
    page, _ = page_of(chapter)
    assert [page.count(f"Students {flag}.") for flag in ("at chance", "diverged")] == [1, 1]
    assert "Only 50 images test the students" in page
