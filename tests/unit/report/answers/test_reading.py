"""What is read from neurons: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.reading import read_reading, reading_card
from tests.unit.report.study import READ, rows

NAN = np.nan

#: Of frames from before the stimulus, which nothing is known of.
CONTROL = {"frames_of": "control", "value": 0.047, "ci_low": 0.028, "ci_high": 0.078, "p": 0.8}
RECALL = {"measure": "recall", "value": 0.46, "ci_low": 0.43, "ci_high": 0.49, "chance": 0.233}

BLOCK = {"source": "simulated", "readers": ["cnn"]}


@pytest.fixture
def card(tmp_path):
    """The card of a table for each session."""

    def made(sessions, **block):
        tables = {}
        for name, changes in sessions.items():
            save_table(tmp_path / f"{name}.tsv", rows(READ, *changes))
            tables[name] = read_reading(tmp_path / f"{name}.tsv")
        return reading_card("cells", "cnn", tables, {**BLOCK, **block})

    return made


def test_sessions_that_are_read_are_told_with_their_chance(card):
    after = {"value": 0.3, "ci_low": 0.26, "ci_high": 0.345, "p": 0.01}
    made = card({"before": [{}, RECALL, CONTROL], "after": [after, RECALL, CONTROL]})
    assert made.question == "What is read from neurons?"
    assert (made.of, made.mark, made.simulated, made.against) == ("cells", "yes", True, ())
    assert made.answer == (
        "Which cells were stimulated: all of them are named in 20.8 [17.6, 24.5] % of frames in "
        "session before (chance 5.50 %, p ≤ 0.001) and in 30.0 [26.0, 34.5] % of frames in session "
        "after (chance 5.50 %, p 0.01)."
    )
    assert {bar.label: bar.kind for bar in made.forest.bars} == {
        "before": "claim",
        "before, before it": "control",
        "after": "claim",
        "after, before it": "control",
    }
    assert made.scope == (
        "Over trials: other trials; this animal alone. The control sees frames from before the "
        "stimulus."
    )


def test_a_session_that_is_not_read_is_named(card):
    made = card({"before": [{}, RECALL], "after": [{"p": 0.3}, RECALL]})
    assert made.mark == "yes"
    assert made.answer.endswith("(chance 5.50 %, p ≤ 0.001). Not shown: after.")


@pytest.mark.parametrize(
    "change", [{"p": 0.0501}, {"p": 0.001, "value": 0.05, "ci_low": 0.03, "ci_high": 0.245}]
)
def test_what_is_not_above_chance_is_not_shown(card, change):
    made = card({"before": [change, RECALL]})
    assert made.mark == "no"
    assert made.answer == (
        "Stimulated cells are not named more often than chance would; more than 19.0 points would "
        "have been seen."
    )
    assert made.forest.bars[0].kind == "open"


def test_one_pattern_is_no_test(card):
    made = card({"before": [{"p": NAN}, RECALL]})
    assert (made.mark, made.answer) == ("void", "No test: all trials have one pattern.")


def test_a_control_above_chance_speaks_against_all(card):
    knows = {**CONTROL, "value": 0.12, "ci_low": 0.06}
    made = card({"before": [{}, RECALL, knows], "after": [{}, RECALL, CONTROL]})
    assert made.mark == "yes"
    assert made.against == (
        "before: the control is right in 12.0 % of frames, chance 5.50 %: something tells "
        "patterns before they are stimulated.",
    )
    assert not card({"before": [{}, RECALL, {**knows, "ci_low": 0.055}]}).against


@pytest.mark.parametrize(("p", "tested"), [(0.21, "p 0.21"), (NAN, "too few trials for a p")])
def test_a_reader_at_chance_makes_maps_that_are_no_evidence(card, p, tested):
    """By its recall, as everything else that is made of its maps."""
    made = card({"before": [{}, {**RECALL, "value": 0.24, "p": p}], "after": [{}, RECALL]})
    assert made.against == (
        f"before: the reader is at chance, its recall 24.0 %, chance 23.3 % ({tested}): its maps "
        "are no evidence.",
    )


def test_the_level_of_a_reader_agrees_with_what_its_figures_say(card, tmp_path):
    from neuroloop.calcium.reader_level import at_chance

    for change in ({}, {"p": 0.05}, {"p": 0.051}, {"p": NAN}, {"value": 0.2}):
        made = card({"before": [{}, {**RECALL, **change}]})
        assert bool(made.against) == bool(at_chance(tmp_path / "before.tsv"))


def test_frames_of_all_patterns_stand_in_where_no_other_are(card):
    made = card({"before": [{"subset": "all", "value": 0.4}, {"subset": "single", "value": 0.9}]})
    assert [bar.value for bar in made.forest.bars] == [0.4]


@pytest.mark.parametrize(
    ("trials", "told"),
    [
        ([180], "180 trials, 95 %"),
        ([1180, 1180], "1,180 trials of each session, 95 %"),
        ([180, 175], "175 to 180 trials of each session, 95 %"),
    ],
)
def test_trials_of_all_sessions_are_told(card, trials, told):
    made = card({f"day{number}": [{"trials": count}] for number, count in enumerate(trials)})
    assert told in made.forest.caption


def test_a_reader_of_several_is_named(card):
    assert card({"before": [{}]}, readers=["cnn", "wide"]).of == "cells, cnn"
