"""Changes of coupling on the pairs that both routes have."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium import shared_changes
from neuroloop.calcium.routes import Responses, compare_coupling
from neuroloop.calcium.session_change import change_table, unknown_change
from neuroloop.calcium.shared_changes import (
    changes_on_shared,
    shared_entries,
    with_shared_changes,
)

NAMES = ["a", "b", "c"]
CELLS = pd.DataFrame({"cell": NAMES, "row": [0.0, 50, 100], "column": 0.0, "group": "g"})


def session(coupling, seed, silent=()):
    """Eight recordings of each cell; some cells do not respond to themselves."""
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(
        [(f"r{r}", n, name, "g") for r in range(8) for n, name in enumerate(NAMES)],
        columns=["recording", "trial", "pattern", "group"],
    )
    made = np.eye(3) + np.array([[0, coupling, 0], [0, 0, 0], [coupling, 0, 0]])
    made[:, [NAMES.index(name) for name in silent]] = 0
    values = made[table["pattern"].map(NAMES.index)]
    return Responses(values + 0.05 * generator.standard_normal(values.shape), table)


SIDES = {
    "influence": (session(0.1, 0), session(0.5, 1)),
    "maps": (session(0.1, 2, silent="c"), session(0.5, 3, silent="c")),
}


@pytest.fixture
def made(monkeypatch):
    """Changes by both routes, and those on shared pairs."""
    monkeypatch.setattr(
        shared_changes, "cell_responses", lambda route, side, names: SIDES[route][side]
    )
    changes = {
        route: compare_coupling(*sides, CELLS, 5.0, np.random.default_rng(0), permutations=9)
        for route, sides in SIDES.items()
    }
    changes |= {"cosine": unknown_change(3, "")}
    return changes, changes_on_shared(changes, (0, 1), CELLS, 5.0, seed=0)


def test_each_route_is_told_on_its_own_pairs_and_on_those_of_both(made):
    changes, shared = made
    both = shared_entries(changes)
    assert both.sum() == 4
    table = with_shared_changes(change_table(changes), shared).set_index("route")
    assert table["entries"].tolist() == [6, 4, 0]
    assert table["entries_both"].tolist()[:2] == [4, 4]
    for route in ("influence", "maps"):
        row = table.loc[route]
        assert row["change_both"] == pytest.approx(changes[route].matrix[both].mean())
        assert row["ci_low_both"] < row["change_both"] < row["ci_high_both"]
    row = table.loc["maps"]
    assert row["change_both"] == pytest.approx(row["change"])
    assert table.loc["cosine", "entries_both":].isna().all()


def test_a_route_that_says_nothing_leaves_no_shared_pairs(made):
    changes = {**made[0], "maps": unknown_change(3, "nothing learned")}
    assert changes_on_shared(changes, (0, 1), CELLS, 5.0, seed=0) == {}
    table = with_shared_changes(change_table(changes), {})
    assert table["change_both"].isna().all()
