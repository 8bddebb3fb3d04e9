"""What can be read from the brain: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.decoding import decoding_card, read_decoding
from tests.unit.report.study import DATASET, DECODED, rows

NAN = np.nan

#: Rows of the mean over two people.
MEAN = {
    **DECODED,
    "subject": "mean",
    "n": 200,
    "family": "means of these subjects",
    "scope": "other runs; these people alone",
}

BLOCK = {
    **DATASET,
    "decoders": ["ridge", "svm"],
    "rois": {name: {"encoding": "energy"} for name in ("V1", "V4", "HVC")}
    | {"Noise": {"encoding": "none"}},
}


@pytest.fixture
def card(tmp_path):
    """The card of a table of the means, after rows of single people."""

    def made(*changes, people=(), base=MEAN, **block):
        single = [{**DECODED, **change} for change in people or [{}]]
        save_table(tmp_path / "decoding.tsv", rows({}, *single, *({**base, **c} for c in changes)))
        return decoding_card("faces", read_decoding(tmp_path / "decoding.tsv"), {**BLOCK, **block})

    return made


def test_the_region_read_best_is_told_and_those_that_are_not(card):
    made = card(
        {},
        {"roi": "HVC", "accuracy": 0.755, "ci_low": 0.7, "ci_high": 0.81},
        {"roi": "V4", "accuracy": 0.12, "q": 0.2},
        {"roi": "Noise", "accuracy": 0.09, "q": 0.7},
    )
    assert made.question == "What can be read from the brain?"
    assert (made.of, made.mark, made.simulated, made.against) == ("faces", "yes", True, ())
    assert made.answer == (
        "The category of a sample, from V1 and HVC. HVC: 75.5 [70.0, 81.0] % of 200 samples named "
        "right, chance 10.0 % (q 0.02). Not shown from V4."
    )
    kinds = {bar.label: bar.kind for bar in made.forest.bars}
    assert kinds == {"V1": "claim", "HVC": "claim", "V4": "open", "Noise": "control"}
    assert made.forest.caption.startswith("Samples named right by ridge, mean of 2 people, 95 %")


def test_nothing_found_says_what_could_have_been_seen(card):
    made = card(
        {"q": 0.3, "smallest_effect": 0.06}, {"roi": "V4", "q": 0.3, "smallest_effect": 0.071}
    )
    assert made.mark == "no"
    assert made.answer == (
        "Not shown in any region; 7.10 points above chance could have been seen, before "
        "correction for 2 tests."
    )


def test_q_at_the_level_is_a_finding_and_above_it_none(card):
    assert card({"q": 0.05}).mark == "yes"
    assert card({"q": 0.0501}).mark == "no"


def test_a_region_that_answers_to_nothing_and_is_read_speaks_against_all(card):
    made = card({}, {"roi": "V4", "q": 0.3}, {"roi": "Noise", "q": 0.01})
    assert made.mark == "beware"
    told = "41.0 [31.0, 52.0] % of 200 samples named right, chance 10.0 % (q 0.01)"
    assert made.against == (f"Noise answers to nothing, and is read above chance: {told}.",)
    assert made.answer.endswith(
        "Not shown from V4. But Noise, where nothing can be read, is read above chance too: what "
        "tells its samples may tell the others."
    )
    assert [bar.kind for bar in made.forest.bars] == ["doubtful", "open", "control"]
    alone = card({"roi": "Noise", "q": 0.01})
    assert alone.mark == "no"
    assert alone.against == made.against


def test_of_real_brains_no_region_is_known_to_answer_to_nothing(card):
    made = card({"roi": "Noise", "q": 0.01}, source="nifti", rois={"Noise": {}})
    assert (made.mark, made.against, made.simulated) == ("yes", (), False)


def test_too_few_permutations_are_no_test(card):
    assert card({"q": NAN, "p": NAN}, permutations=18).answer == (
        "No test: of 18 permutations no p can reach 0.05."
    )
    assert card({}, permutations=18).mark == "void"
    assert card({}, permutations=19).mark == "yes"


def test_without_a_p_the_reason_is_told(card):
    made = card({"p": NAN, "q": NAN, "reason": "a single run"})
    assert (made.mark, made.answer) == ("void", "No test: a single run.")


def test_without_a_mean_each_person_is_shown(card):
    people = {"q": 0.01}, {"subject": "S2", "q": 0.5, "accuracy": 0.11}
    made = card(*people, base=DECODED, people=[{"decoder": "svm"}])
    assert [bar.label for bar in made.forest.bars] == ["S1 V1", "S2 V1"]
    assert made.answer.startswith(
        "The category of a sample, from S1 V1. S1 V1: 41.0 [31.0, 52.0] %"
    )
    assert made.answer.endswith("Not shown from S2 V1.")
    assert "each person" in made.forest.caption
    one = card({"q": 0.01}, base=DECODED, people=[{"decoder": "svm"}])
    assert [bar.label for bar in one.forest.bars] == ["V1"]


def test_the_first_decoder_answers_and_single_people_are_counted_for_all(card):
    people = ({"q": 0.05}, {"q": 0.06}, {"decoder": "svm", "q": 0.01}, {"roi": "V4", "q": NAN})
    made = card({"q": 0.2}, {"decoder": "svm", "accuracy": 0.9}, people=people)
    assert made.mark == "no"
    assert len(made.forest.bars) == 1
    assert made.scope == (
        "Over runs: other runs; these people alone. Tests of single people that find more than "
        "chance: 2 of 3 (q ≤ 0.05, 100 permutations)."
    )


def test_rows_of_people_like_them_are_no_part_of_it(card):
    made = card({"q": 0.2}, {"subject": "group", "family": "people", "accuracy": 0.9})
    assert made.mark == "no"
    assert [bar.value for bar in made.forest.bars] == [0.41]
    group = {"subject": "group", "family": "people", "accuracy": 0.9}
    alone = card({"q": 0.2}, group, base=DECODED, people=[{"decoder": "svm"}])
    assert [bar.value for bar in alone.forest.bars] == [0.41]
    assert "chance: 1 of 2 (q" in alone.scope


def test_a_region_of_nothing_that_one_person_or_decoder_reads_speaks_against_it(card):
    people = {"roi": "Noise", "q": 0.01}, {"roi": "Noise", "subject": "S2", "q": 0.3}
    made = card({}, {"roi": "Noise", "q": 0.3}, people=people)
    assert made.mark == "yes"
    assert made.against == (
        "Read above chance though nothing can be read there: S1 Noise by ridge.",
    )
    assert made.against[0].kind == "control"


def test_regions_without_a_p_are_untested_and_not_at_chance(card):
    none = {"p": NAN, "q": NAN, "smallest_effect": NAN}
    made = card({}, {"roi": "V4", **none})
    assert made.mark == "yes"
    assert made.answer.endswith("(q 0.02). Untested: V4.")
    made = card({"q": 0.5}, {"roi": "V4", **none}, {"roi": "Noise", "q": 0.6, "smallest_effect": 1})
    assert made.mark == "no"
    assert made.answer.startswith("Not shown in any region that was tested; 6.00 points above")
    assert made.answer.endswith("Untested: V4.")
    assert card({**none}, {"roi": "Noise"}).answer == "No test: decoding.tsv gives no p."


@pytest.mark.parametrize(
    ("block", "unit", "told"),
    [
        ({"fold_by": "trial"}, "samples", "All samples are of one run (fold_by: trial)"),
        ({"fold_by": "trial"}, "runs", "Folds cut through runs (fold_by: trial)"),
        ({"fold_by": "stimulus"}, "runs x stimuli", "Folds cut through runs (fold_by: stimulus)"),
        ({"fold_by": "trial", "unit": "block"}, "blocks", ""),
        ({"fold_by": "run"}, "runs", ""),
    ],
)
def test_folds_that_may_part_neighbours_in_time_speak_against_it(card, block, unit, told):
    made = card({"unit": unit}, **block)
    assert made.mark == "yes"
    if not told:
        assert made.against == ()
        return
    (text,) = made.against
    assert text.startswith(told)
    assert "neighbours in time" in text
