"""Are X-rays told apart, and by what: sentences of made-up tables, word by word."""

import numpy as np
import pandas as pd
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

    def made(scores, gaps=(), source="files", pointing=None, **block):
        save_table(tmp_path / "metrics.tsv", rows(SCORED, *scores))
        save_table(tmp_path / "comparisons.tsv", rows(GAP, *gaps or [{"metric": "auc"}]))
        tables = read_scores(tmp_path / "metrics.tsv"), read_gaps(tmp_path / "comparisons.tsv")
        points = {name: pd.DataFrame(rows) for name, rows in (pointing or {}).items()}
        return films_card("chests", *tables, {"source": source, **block}, points)

    return made


def test_the_best_classifier_is_told_and_what_beats_the_baseline(card):
    worse = {"classifier": "other", "difference": -0.1, "q": 0.001}
    worse |= {"ci_low": -0.16, "ci_high": -0.04}
    made = card([{}, LINEAR], [{}, worse, {"classifier": "third", "q": 0.06}])
    assert made.question == "Are X-rays told apart, and by what?"
    assert (made.of, made.mark, made.simulated, made.against) == ("chests", "yes", False, ())
    assert made.answer == (
        "Told apart: macro-F1 0.61 [0.53, 0.69] by fine (case1), chance 0.33 (1,240 radiographs "
        "of 116 "
        "patients). The best of 2, 0.72 [0.65, 0.78] by logistic (case1), was picked after seeing "
        "them, and is too high by that. Better than the baseline: fine, case5 by 0.10 [0.02, 0.20] "
        "(q 0.0061). Worse than the baseline: other, case5 by 0.10 [0.04, 0.16] (q 0.001). By "
        "what is not asked: no maps are drawn."
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
    assert " patients). None is shown to beat the baseline. By what" in made.answer
    untested = card([LINEAR], [{"q": 0.06}, {"q": NAN}])
    assert "None is shown to beat the baseline (1 of 2 tested)." in untested.answer
    none = card([LINEAR], [{"q": NAN}])
    assert "Whether any beats the baseline is untested." in none.answer
    assert " patients). By what" in card([LINEAR]).answer


def test_an_interval_that_reaches_chance_shows_nothing(card):
    made = card([{"ci_low": 0.331}, {**LINEAR, "ci_low": 0.3}], [{}])
    assert made.mark == "no"
    assert made.answer == (
        "No classifier tells them apart: every interval reaches chance (1,240 radiographs of 116 "
        "patients). By what is not asked: no maps are drawn."
    )
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
    assert "None is shown to beat the baseline." in made.answer
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


@pytest.mark.parametrize(
    "change",
    [
        {"value": 0.76, "ci_low": 0.7, "ci_high": 0.82},
        {"value": 0.76},  # an interval that is not its own
        {"value": 0.5, "ci_low": 0.4, "ci_high": 0.53, "classifier": "logistic"},
    ],
)
def test_a_background_that_does_as_well_makes_it_doubtful(card, change):
    made = card([{}, {**BACKGROUND, **change}])
    assert made.mark == "beware"
    assert "But the background without the lungs does as well: 0." in made.answer
    assert [bar.kind for bar in made.forest.bars] == ["doubtful", "control"]
    assert [told.kind for told in made.against] == ["control"]


def test_scores_without_an_interval_are_untested_and_not_at_chance(card):
    none = {"ci_low": NAN, "ci_high": NAN}
    made = card([none, {**BACKGROUND, **none}])
    assert made.mark == "void"
    assert made.answer.startswith("No test: no score has an interval.")
    assert made.against == (
        "Whether the background alone tells classes is untested, without interval: fine (case1).",
    )
    one = card([{}, {**LINEAR, **none}])
    assert "Without an interval: logistic (case1)." in one.answer
    assert card([{**LINEAR, "chance": NAN}]).mark == "void"


def test_the_baseline_is_told_and_its_controls_are_drawn(card):
    blind = {**BACKGROUND, "classifier": "logistic", "ci_low": 0.2}
    made = card([{}, LINEAR, BACKGROUND, blind], baseline=["case1", "logistic"])
    assert made.answer.startswith("Told apart: macro-F1 0.72 [0.65, 0.78] by logistic (case1)")
    assert "picked after seeing" not in made.answer
    many = [{"classifier": f"c{number}"} for number in range(MOST)]
    blinds = [{**BACKGROUND, "classifier": f"c{number}"} for number in range(4)]
    made = card([*many, LINEAR, *blinds, blind], baseline=["case1", "logistic"])
    assert [bar.label for bar in made.forest.bars][-1] == "logistic, case1, background"


def test_the_best_of_many_alone_has_to_lie_above_chance_corrected_for_all(card):
    first = {"ci_low": 0.3}
    sure = card([first, LINEAR])
    assert sure.mark == "yes"
    assert "Told apart, not by what was named first (macro-F1 0.61" in sure.answer
    barely = {**LINEAR, "value": 0.43, "ci_low": 0.335, "ci_high": 0.5}
    made = card([first, barely])
    assert made.mark == "no"
    assert "every interval reaches chance, corrected for 2 scores" in made.answer


def test_the_plot_keeps_the_best_and_the_controls_of_many_classifiers(card):
    many = [{"classifier": f"c{number}"} for number in range(2 * MOST)]
    made = card([*many, LINEAR, BACKGROUND, {**BACKGROUND, "classifier": "c0"}])
    labels = [bar.label for bar in made.forest.bars]
    assert len(labels) == MOST
    assert {"c0, case1", "logistic, case1"} <= set(labels)
    assert labels[-2:] == ["fine, case1, background", "c0, case1, background"]


POINTED = {"method": "CAM", "value": 0.2, "ci_low": 0.09, "ci_high": 0.36, "chance": 0.224}
POINTED |= {"q": 0.85, "n": 40}


def test_maps_that_do_not_point_at_lesions_speak_against_where(card):
    made = card([LINEAR], pointing={("case5", "fine"): [POINTED]})
    assert made.mark == "yes"
    assert made.answer.endswith(
        "By what is not shown: maps point at lesions no more often than chance."
    )
    assert made.against == (
        "Maps are not shown to point at lesions: of fine, case5, CAM in 20.0 [9.00, 36.0] % of 40 "
        "radiographs (chance 22.4 %, q 0.85).",
    )


def test_maps_that_point_at_lesions_say_from_where(card):
    found = {**POINTED, "method": "LayerCAM", "value": 0.6, "q": 0.001}
    made = card([LINEAR], pointing={("case5", "fine"): [found, POINTED]})
    assert "maps point at lesions more often than chance: LayerCAM of fine" in made.answer
    assert len(made.against) == 1
    assert card([LINEAR], pointing={("case5", "fine"): [found]}).against == ()
    empty = pd.DataFrame([found]).iloc[:0]
    unknown = card([LINEAR], pointing={("case5", "fine"): empty})
    assert unknown.answer.endswith("By what is untested: no lesion is marked.")
    untested = card([LINEAR], pointing={("case5", "fine"): [{**found, "q": NAN}]})
    assert untested.answer.endswith("By what is untested: pointing at lesions has no p.")
