"""Is the brain found again: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.found_again import found_again, read_loop
from neuroloop.report.answers.taught import MOST_NAMED, brains_named
from neuroloop.report.sections import distillation
from tests.unit.report.study import COMPARED, DATASET, TEACHING, rows

BLOCK = {**DATASET, "teaching": TEACHING}
ROW = {
    **{key: COMPARED[key] for key in ("subject", "roi", "decoder", "teacher", "student")},
    **{"kind": "control", "control": "none", "other": "", "value": 0.02, "reason": ""},
    **{"ci_low": 0.01, "ci_high": 0.03, "q": 0.004, "smallest_effect": 0.01},
}
SCORE = {"kind": "score", "control": "", "value": 0.89, "ci_low": 0.863, "ci_high": 0.919}
SCORE |= {"q": np.nan}
NONE = {"control": "none"}
SMOOTH = {"control": "smooth", "q": 0.05}
UNSURE = {**SMOOTH, "q": 0.051, "smallest_effect": 0.0076}
LESS = {**SMOOTH, "value": -0.02}
OTHER = {"kind": "specific", "other": "S2", "smallest_effect": 0.0052}
RANDOM = {"control": "random", "q": np.nan}  # misleads, and has no q
LACKING = {"value": np.nan, "q": np.nan, "smallest_effect": np.nan, "reason": "no ceiling"}


@pytest.fixture
def told(tmp_path):
    """What is said of a table of rows that differ from one, and what speaks against it."""

    def made(*changes, **block):
        save_table(tmp_path / "loop.tsv", rows(ROW, *changes))
        return found_again(read_loop(tmp_path / "loop.tsv"), {**BLOCK, **block})

    return made


def of(brain, *changes):
    subject, roi = brain.split()
    return [{**change, "subject": subject, "roi": roi} for change in changes]


def test_a_brain_above_every_control_is_found_again(told):
    said, against = told(SCORE, NONE, SMOOTH, RANDOM)
    assert said == (
        "S1 V1 is found again in its students, above all 2 controls that have to be beaten "
        "(89.0 [86.3, 91.9] % of the noise ceiling)."
    )
    assert against == ()


def test_each_brain_is_told_once_as_what_its_rows_show(told):
    said, _ = told(
        *of("S1 V1", {**SCORE, "value": 0.7}, NONE, SMOOTH, {**OTHER, "q": 0.2}),
        *of("S1 HVC", SCORE, NONE, SMOOTH, OTHER),
        *of("S2 V1", {**SCORE, "value": 0.8}, NONE, SMOOTH, {**OTHER, "value": -0.01}),
        *of("S2 HVC", SCORE, NONE, UNSURE, OTHER),
        *of("S2 V4", SCORE, {**NONE, "q": 0.8, "smallest_effect": 0.072}, SMOOTH, OTHER),
        *of("S2 Noise", *({**row, **LACKING} for row in (SCORE, NONE, SMOOTH, OTHER))),
    )
    assert said == (
        "S1 V1, S1 HVC and S2 V1 are found again in their students, above all 2 controls that "
        "have to be beaten (S1 HVC at 89.0 [86.3, 91.9] % of the noise ceiling); as that person's, "
        "beyond labels alone: S1 HVC; not shown to be that person's: S1 V1 and S2 V1 (below 0.52 "
        "points unseen). Not found again: S2 HVC and S2 V4 (below 0.76 to 7.20 points unseen). "
        "Not judged: S2 Noise."
    )


def test_a_person_is_told_from_everyone_else_or_not_at_all(told):
    others = [OTHER, {**OTHER, "other": "S3", "q": 0.3, "smallest_effect": 0.02}]
    said, _ = told(SCORE, NONE, SMOOTH, *others)
    assert "; not shown to be that person's: S1 V1 (below 2.00 points unseen)." in said
    said, _ = told(SCORE, NONE, SMOOTH, OTHER, {**OTHER, **LACKING, "other": "S3"})
    assert said.endswith("; as that person's, beyond labels alone: S1 V1.")


@pytest.mark.parametrize("changed", [UNSURE, LESS])
def test_one_control_that_is_not_beaten_is_enough(told, changed):
    said, _ = told(SCORE, NONE, changed, OTHER)
    least = "0.76" if changed is UNSURE else "1.00"
    assert said == (
        "No brain is found again in its students. "
        f"Not found again: S1 V1 (below {least} points unseen)."
    )


def test_a_control_without_a_row_or_a_test_leaves_a_brain_unjudged(told):
    assert told(SCORE, NONE)[0] == "Not judged: S1 V1."
    assert told(SCORE, NONE, {**SMOOTH, "q": np.nan})[0] == "Not judged: S1 V1."


def test_only_the_labels_are_named_where_nothing_else_taught(told):
    said, _ = told(SCORE, NONE, teaching={**TEACHING, "teachers": ["none", "brain"]})
    assert "students, above the labels alone (89.0" in said


def test_other_decoders_and_students_are_not_told(told):
    also = [{**row, "decoder": "svm"} for row in (SCORE, NONE, UNSURE)]
    also += [{**row, "student": "large"} for row in (SCORE, NONE, UNSURE)]
    rest = [{**SCORE, "teacher": "smooth"}, {**SCORE, "teacher": "none", "subject": "reference"}]
    assert told(SCORE, NONE, SMOOTH, *also, *rest) == told(SCORE, NONE, SMOOTH)


def test_a_region_that_answers_to_nothing_speaks_against_it_if_it_is_found(told):
    _, against = told(*of("S1 Noise", SCORE, NONE, SMOOTH))
    assert against == ("S1 Noise answers to nothing, and is found again in its students.",)
    assert against[0].kind == "control"
    assert told(*of("S1 Noise", SCORE, NONE, UNSURE))[1] == ()


def test_many_brains_are_counted():
    names = [f"S{number} V1" for number in range(MOST_NAMED + 1)]
    assert brains_named(names) == "10 brains"
    assert brains_named(names[:-1]).startswith("S0 V1, S1 V1")


def test_the_card_ends_with_it_where_the_loop_was_closed(tmp_path):
    save_table(tmp_path / "comparisons.tsv", rows(COMPARED))
    save_table(tmp_path / "loop.tsv", rows(ROW, *of("S1 Noise", SCORE, NONE, SMOOTH)))
    files = {"comparisons": tmp_path / "comparisons.tsv"}
    (without,) = distillation.cards("faces", files, BLOCK)
    (card,) = distillation.cards("faces", {**files, "loop_table": tmp_path / "loop.tsv"}, BLOCK)
    said, against = found_again(read_loop(tmp_path / "loop.tsv"), BLOCK)
    assert card.answer == f"{without.answer} {said}"
    assert card.against == (*without.against, *against)


def test_a_chapter_has_its_figure_and_table_where_the_config_asks():
    (files,) = distillation.chapters("faces", {"teaching": {**TEACHING, "loop": {}}}).values()
    assert "loop" not in files
    asked = {"teaching": {**TEACHING, "loop": {"images": "perception"}}}
    (files,) = distillation.chapters("faces", asked).values()
    assert files["loop"] == "results/distill/faces/loop.svg"
    assert files["loop_table"] == "results/distill/faces/loop.tsv"
