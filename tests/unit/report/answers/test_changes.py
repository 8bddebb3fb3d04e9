"""What changed between sessions: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.changes import changes_card, read_routes
from tests.unit.report.study import ROUTE, rows

NAN = np.nan

MAPS = {"route": "maps", "change": 0.12, "ci_low": -0.01, "ci_high": 0.25, "q": 0.06, "entries": 47}
ZNCC = {"route": "zncc", "change": 0.5, "q": NAN, "note": "two networks differ", "entries": 9}
FEW = {
    "p": NAN,
    "q": NAN,
    "recordings": 5,
    "note": "5 recordings a session: exchanging them gives no p below 0.062; record 6 or more",
}


@pytest.fixture
def card(tmp_path):
    """The card of a table of routes."""

    def made(*changes, source="files"):
        save_table(tmp_path / "routes.tsv", rows(ROUTE, *changes))
        table = read_routes(tmp_path / "routes.tsv")
        return changes_card("cells", "monday", "friday", table, {"source": source})

    return made


def test_coupling_that_grew_is_told_by_traces(card):
    made = card({}, MAPS, ZNCC)
    assert (made.question, made.of) == (
        "What changed between the sessions?",
        "cells, monday to friday",
    )
    assert (made.mark, made.simulated, made.against) == ("yes", False, ())
    assert made.answer == (
        "Coupling grew from monday to friday by 0.10 [0.06, 0.14] of a cell's own response, by "
        "traces (q 0.002)."
    )
    assert [(bar.label, bar.kind, bar.value) for bar in made.forest.bars] == [
        ("traces (54 pairs)", "claim", 0.1),
        ("maps (47 pairs)", "open", 0.12),
    ]
    assert made.forest.reference == 0.0
    assert made.forest.caption.endswith("8 recordings a session, 95 %.")
    assert made.scope == "Over recordings: other recordings; this animal alone."


def test_routes_with_different_pairs_are_told_on_those_of_both_too(card):
    both = {"entries_both": 47, "first_both": 0.19, "second_both": 0.27, "change_both": 0.08}
    both |= {"ci_low_both": 0.04, "ci_high_both": 0.12}
    made = card(both, {**MAPS, **both})
    assert [(bar.label, bar.value, bar.low, bar.kind) for bar in made.forest.bars] == [
        ("traces (54 pairs)", 0.1, 0.06, "claim"),
        ("traces (47 shared pairs)", 0.08, 0.04, "claim"),
        ("maps (47 pairs)", 0.12, -0.01, "open"),
    ]
    unclear = card({**both, "ci_low_both": -0.04}, MAPS | {"entries_both": NAN})
    assert [bar.kind for bar in unclear.forest.bars] == ["claim", "open", "open"]


def test_coupling_that_fell_fell_by_a_positive_number(card):
    made = card({"change": -0.1, "ci_low": -0.14, "ci_high": -0.06})
    assert made.mark == "yes"
    assert made.answer.startswith("Coupling fell from monday to friday by 0.10 [0.06, 0.14] of a ")


def test_no_change_says_what_could_have_been_seen(card):
    made = card({"change": 0.02, "ci_low": -0.02, "ci_high": 0.06, "q": 0.0501}, MAPS)
    assert made.mark == "no"
    assert made.answer == (
        "No change of coupling shown by traces, 0.02 [−0.02, 0.06]; changes below 0.04 could not "
        "have been seen."
    )


def test_fewer_than_six_recordings_are_no_test(card):
    made = card(FEW, {**MAPS, **FEW})
    assert made.mark == "void"
    note = "5 recordings a session: exchanging them gives no p below 0.062; record 6 or more."
    assert made.answer == (
        f"By traces, coupling differs by 0.10 [0.06, 0.14], without a test: {note}"
    )
    assert made.against == (note,)


def test_maps_answer_where_traces_say_nothing(card):
    nothing = {"change": NAN, "q": NAN, "entries": 0, "note": "no cell answers to itself"}
    made = card(nothing, {**MAPS, "q": 0.01})
    assert made.mark == "yes"
    assert made.answer.endswith("by maps (q 0.01).")
    assert made.against == ("No cell answers to itself.",)
    assert [bar.label for bar in made.forest.bars] == ["maps (47 pairs)"]


def test_a_route_of_no_family_is_no_test(card):
    """A reader at chance: its maps have a p, which says nothing."""
    nothing = {"change": NAN, "q": NAN, "entries": 0, "note": "no cell answers to itself"}
    made = card(nothing, {**MAPS, "p": 0.001, "q": NAN, "note": "monday: READER AT CHANCE"})
    assert made.mark == "void"
    assert made.answer == (
        "By maps, coupling differs by 0.12 [−0.01, 0.25], without a test: monday: READER AT CHANCE."
    )


def test_no_route_of_coupling_is_no_test(card):
    made = card(ZNCC)
    assert (made.mark, made.answer) == ("void", "No route says anything of coupling.")
    assert made.forest is None
    assert made.against == ()


def test_panels_of_groups_are_no_part_of_it(card):
    made = card({"q": 0.5}, {"panel": "inside", "q": 0.001}, source="simulated")
    assert (made.mark, made.simulated) == ("no", True)
    assert len(made.forest.bars) == 1
