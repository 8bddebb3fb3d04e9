"""What a brain improves beside accuracy: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.beside_accuracy import NAMES, beside_accuracy, read_outcomes
from neuroloop.report.sections import distillation
from tests.unit.report.study import COMPARED, DATASET, TEACHING, rows

BLOCK = {**DATASET, "teaching": TEACHING}
ROW = {
    **{key: COMPARED[key] for key in ("subject", "roi", "decoder", "teacher", "student")},
    **{"control": "none", "outcome": "blur", "better": "higher", "difference": 0.02, "q": 0.004},
}
UNSURE, UNTESTED = {"q": 0.051}, {"q": np.nan}


def over_both(outcome="blur", better="higher", **second):
    """Rows of one brain and outcome over both controls, the second changed."""
    row = {"outcome": outcome, "better": better, "difference": 0.02 if better != "lower" else -0.02}
    return [row, {**row, "control": "smooth", **second}]


@pytest.fixture
def told(tmp_path):
    """What is said of a table of rows that differ from one, and what speaks against it."""

    def made(*changes):
        save_table(tmp_path / "outcomes.tsv", rows(ROW, *changes))
        return beside_accuracy(read_outcomes(tmp_path / "outcomes.tsv"), BLOCK)

    return made


def test_outcomes_are_told_as_brains_improve_them_or_none_does(told):
    said, against = told(
        *over_both("brier", "lower"),
        *({**row, "roi": "HVC"} for row in over_both("brier", "lower")),
        *over_both("blur"),
        *({**row, "roi": "HVC"} for row in over_both("blur", **UNSURE)),
        *over_both("noise", **UNSURE),
        *over_both("pgd", difference=-0.02),
        *over_both("fgsm", **UNTESTED),
        *over_both("error_consistency", ""),
    )
    assert said == (
        "Beside accuracy: above all 2 controls that have to be beaten, S1 V1 and S1 HVC improve "
        "Brier score; S1 V1 improves accuracy on blurred images; no brain is shown to improve "
        "accuracy in noise or accuracy under PGD; not judged: accuracy under FGSM."
    )
    assert against == ()


def test_more_of_what_is_better_low_is_no_improvement(told):
    rows_up = [{**row, "difference": 0.02} for row in over_both("log_loss", "lower")]
    assert told(*rows_up)[0] == "Beside accuracy: no brain is shown to improve log loss."


def test_a_control_without_a_row_leaves_an_outcome_unjudged(told):
    assert told(over_both()[0])[0] == "Beside accuracy: not judged: accuracy on blurred images."


def test_means_people_and_other_students_are_not_told(told):
    others = ({"subject": "mean"}, {"subject": "group"}, {"student": "large"}, {"decoder": "svm"})
    more = [{**row, **other} for other in others for row in over_both(**UNSURE)]
    misleading = {"control": "random", "difference": -0.3, "q": np.nan}
    alone = told(*over_both())
    assert told(*over_both(), *more, misleading) == alone
    assert "S1 V1 improves" in alone[0]
    assert told(*more) == ("", ())


def test_a_region_that_answers_to_nothing_speaks_against_it_if_it_improves(told):
    _, against = told(*({**row, "roi": "Noise"} for row in over_both()))
    assert against == ("S1 Noise answers to nothing, and improves accuracy on blurred images.",)
    assert told(*({**row, "roi": "Noise"} for row in over_both(**UNSURE)))[1] == ()


def test_the_card_ends_with_it_where_outcomes_were_compared(tmp_path):
    save_table(tmp_path / "comparisons.tsv", rows(COMPARED))
    save_table(tmp_path / "outcomes.tsv", rows(ROW, *over_both()))
    files = {"comparisons": tmp_path / "comparisons.tsv"}
    (without,) = distillation.cards("faces", files, BLOCK)
    files["outcome_comparisons"] = tmp_path / "outcomes.tsv"
    (card,) = distillation.cards("faces", files, BLOCK)
    said, _ = beside_accuracy(read_outcomes(tmp_path / "outcomes.tsv"), BLOCK)
    assert card.answer == f"{without.answer} {said}"


def test_every_outcome_with_a_better_side_has_a_name():
    from neuroloop.distill.outcomes.comparisons import CONSISTENCY
    from neuroloop.distill.outcomes.figure import NAMES as DRAWN

    assert set(NAMES) == set(DRAWN) - {CONSISTENCY}
