"""Are X-rays told apart, and by what: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.films import MOST, films_card, read_gaps, read_scores
from tests.unit.report.study import GAP, SCORED, rows

NAN = np.nan

LINEAR = {"classifier": "logistic", "value": 0.716, "ci_low": 0.648, "ci_high": 0.775}
BACKGROUND = {"shown": "background", "value": 0.39, "ci_low": 0.34, "ci_high": 0.44, "chance": 0.3}
SITE = {
    "kind": "site",
    "split": "site",
    "difference": -0.2,
    "ci_low": -0.3,
    "ci_high": -0.1,
    "q": 0.01,
}


@pytest.fixture
def card(tmp_path):
    """The card of a table of scores and one of differences."""

    def made(scores, gaps=(), source="files"):
        save_table(tmp_path / "metrics.tsv", rows(SCORED, *scores))
        save_table(tmp_path / "comparisons.tsv", rows(GAP, *gaps or [{"metric": "auc"}]))
        tables = read_scores(tmp_path / "metrics.tsv"), read_gaps(tmp_path / "comparisons.tsv")
        return films_card("chests", *tables, {"source": source})

    return made


def test_the_best_classifier_is_told_and_what_beats_the_baseline(card):
    worse = {"classifier": "other", "difference": -0.1, "q": 0.001}
    made = card([{}, LINEAR], [{}, worse, {"classifier": "third", "q": 0.06}])
    assert made.question == "Are X-rays told apart, and by what?"
    assert (made.of, made.mark, made.simulated, made.against) == ("chests", "yes", False, ())
    assert made.answer == (
        "Told apart: macro-F1 0.72 [0.65, 0.78] by logistic (case1), chance 0.33. Better than the "
        "baseline: fine, case5 by 0.10 [0.02, 0.20] (q 0.0061)."
    )
    assert [(bar.label, bar.kind) for bar in made.forest.bars] == [
        ("fine, case1", "claim"),
        ("logistic, case1", "claim"),
    ]
    assert made.scope == "Over patients: other patients; these sites alone."
    assert "1,240 radiographs of 116 patients" in made.forest.caption


def test_none_that_beats_the_baseline_is_said(card):
    made = card([LINEAR], [{"q": 0.06}])
    assert made.mark == "yes"
    assert made.answer.endswith("chance 0.33. None is shown to beat the baseline.")
    assert card([LINEAR]).answer.endswith("chance 0.33.")


def test_an_interval_that_reaches_chance_shows_nothing(card):
    made = card([{"ci_low": 0.331}, {**LINEAR, "ci_low": 0.3}], [{}])
    assert made.mark == "no"
    assert made.answer == "No classifier tells them apart: every interval reaches chance."
    assert {bar.kind for bar in made.forest.bars} == {"open"}


def test_a_background_that_tells_classes_speaks_against_all(card):
    blind = {**BACKGROUND, "classifier": "logistic", "ci_low": 0.3}
    made = card([{}, BACKGROUND, blind])
    assert made.mark == "yes"
    assert made.against == (
        "The background alone tells classes: fine, case1 reaches 0.39 [0.34, 0.44], chance 0.30.",
    )
    assert ("fine, case1, background", "control") in [
        (bar.label, bar.kind) for bar in made.forest.bars
    ]


def test_what_is_lost_elsewhere_speaks_against_it(card):
    made = card(
        [{}, {"split": "site", "value": 0.4}, {"split": "external far", "value": 0.3}],
        [
            SITE,
            {**SITE, "split": "external far", "q": 0.02},
            {**SITE, "classifier": "sure", "q": 0.06},
            {**SITE, "classifier": "better", "difference": 0.2},
        ],
    )
    assert made.against == (
        "At new sites fine, case5 loses 0.20 [0.10, 0.30].",
        "On other radiographs (far) fine, case5 loses 0.20 [0.10, 0.30].",
    )
    assert [bar.label for bar in made.forest.bars] == [
        "fine, case1",
        "fine, case1, new sites",
        "fine, case1, external far",
    ]


def test_a_leak_and_other_radiographs_are_no_answer(card):
    """Gains by a leak, or over the baseline elsewhere, are not of these patients."""
    made = card(
        [LINEAR, {"split": "image", "value": 0.99, "ci_low": 0.98}],
        [{"kind": "leak", "split": "image"}, {"split": "external far"}, {"q": 0.5}],
    )
    assert "logistic (case1)" in made.answer
    assert made.answer.endswith("None is shown to beat the baseline.")
    assert [(bar.label, bar.kind) for bar in made.forest.bars] == [
        ("logistic, case1", "claim"),
        ("fine, case1, leaky", "control"),
    ]


def test_parts_of_films_are_drawn_for_patients_alone(card):
    parts = [{"split": "image", "shown": shown} for shown in ("whole", "lungs", "background")]
    made = card([{}, {"shown": "lungs"}, BACKGROUND, *parts, {"split": "site a"}])
    assert [bar.label for bar in made.forest.bars] == [
        "fine, case1",
        "fine, case1, leaky",
        "fine, case1, background",
    ]


def test_other_metrics_are_no_part_of_it_and_the_plot_has_an_end(card):
    many = [{"classifier": f"c{number}"} for number in range(MOST + 1)]
    made = card([*many, {**LINEAR, "metric": "auc", "value": 0.99}])
    assert len(made.forest.bars) == MOST
    assert "0.61 [0.53, 0.69] by c0 (case1)" in made.answer
