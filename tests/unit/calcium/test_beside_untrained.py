"""Numbers of trained networks beside those of untrained ones."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.beside_untrained import (
    OfNetworks,
    beside,
    certainty,
    changes_beside,
    coupling_beside,
    evidence_each,
    note_beside,
    size,
)
from neuroloop.calcium.coupling import TrialEvidence, trial_evidence
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.sessions import Change
from neuroloop.errors import NeuroLoopError

NAMES = ["a", "b", "c"]
CELLS = pd.DataFrame(
    {"cell": NAMES, "row": [0.0, 50, 100], "column": 0.0, "radius": 2.0, "group": "g"}
)
#: a drives b, b drives c and c drives a, by half of their own responses.
TRUE = np.array([[0, 0.5, 0], [0, 0, 0.5], [0.5, 0, 0]])
PATTERNS = [*NAMES, "a+c"] * 4
STIMULATED = stimulated_cells(PATTERNS, NAMES)


def frames() -> pd.DataFrame:
    """Frames before and after the onset of every trial, two each."""
    rows = [
        {"recording": "r", "trial": n, "offset": offset, "pattern": name, "group": "g"}
        | {"trial_row": n}
        for n, name in enumerate(PATTERNS)
        for offset in (-2, -1, 0, 1)
    ]
    return pd.DataFrame(rows)


def evidence(gain: float, noise: float, networks: int, seed: int) -> np.ndarray:
    """Evidence of networks in each frame, shape (networks, frames, cells)."""
    generator, rows = np.random.default_rng(seed), frames()
    signal = (STIMULATED @ (np.eye(3) + TRUE))[rows["trial_row"]]
    signal = signal * (rows["offset"] >= 0).to_numpy()[:, None]
    made: np.ndarray = gain * signal + noise * generator.standard_normal((networks, *signal.shape))
    return made


def each(values: np.ndarray) -> list[TrialEvidence | None]:
    rows = frames()
    one, gains = np.zeros(len(rows), dtype=int), np.ones(len(rows))
    return evidence_each(values, rows, STIMULATED, one, gains)


def test_a_number_beside_its_null_by_hand() -> None:
    found = beside([3, 5], [0, 1, 2, 4])
    assert found["one_network"] == 4
    assert found["untrained"] == 1.75
    assert found["untrained_networks"] == 4
    # One of four has as much.
    assert found["p_untrained"] == 2 / 5
    assert (found["untrained_low"], found["untrained_high"]) == pytest.approx((0.075, 3.85))
    assert np.isnan(beside([np.nan], [0, 1])["p_untrained"])
    assert np.isnan(beside([1], [np.nan, 1])["p_untrained"])


def test_what_does_not_beat_untrained_networks_is_told() -> None:
    assert note_beside(beside([20], range(19)), "pairs above 0") == ""
    said = note_beside(beside([17], range(19)), "pairs above 0")
    assert said.startswith("NOT ABOVE UNTRAINED NETWORKS: pairs above 0 17 of one network, 9 [")
    assert "(p 0.15)" in said
    assert "too few" in note_beside(beside([20], range(3)), "pairs above 0")
    assert "not known" in note_beside(beside([np.nan], range(19)), "pairs above 0")


def test_each_network_has_its_own_evidence() -> None:
    values = evidence(3.0, 0.3, 2, 0)
    found = each(np.concatenate([values, -values[:1]]))
    rows = frames()
    alone = trial_evidence(values[1:], rows, STIMULATED, np.zeros(len(rows), dtype=int))
    assert found[1] is not None
    np.testing.assert_allclose(found[1].responses, alone.responses)
    # A network whose evidence falls where a cell is stimulated has learned nothing.
    assert found[2] is None


def test_networks_that_learned_are_surer_of_pairs() -> None:
    learned, other = each(evidence(3.0, 0.3, 1, 1)), each(evidence(0.6, 1.0, 19, 2))
    found = coupling_beside(learned, other, PATTERNS, CELLS, 10.0, 99, 0, TRUE)
    assert found["one_network"] == 3
    assert found["untrained"] < 0.5
    assert found["p_untrained"] == 1 / 20
    assert found["auc_of_one_network"] == 1
    assert 0.3 < found["untrained_auc"] < 0.95
    # A network without evidence tells no pair, and so beats nobody.
    nothing = coupling_beside([None], other, PATTERNS, CELLS, 10.0, 99, 0, TRUE)
    assert (nothing["one_network"], nothing["p_untrained"]) == (0, 1)
    assert np.isnan(nothing["auc_of_one_network"])


def told(change: float) -> Change:
    """Change of two panels, the second twice as large and as unsure."""
    rows = {"panel": ["all", "g"], "change": [change, -2 * change], "ci_low": [change - 1] * 2}
    panels = pd.DataFrame(rows | {"ci_high": [change + 1, change + 3]})
    return Change(panels, *[np.zeros((1, 1))] * 3)


def test_untrained_networks_of_two_sessions_are_two() -> None:
    pairs = []

    def compare(first: float, second: float) -> Change:
        pairs.append((first, second))
        if second == 13:
            raise NeuroLoopError("nothing that both define")
        return told(second - first)

    first = OfNetworks[float | None]([0.0, 1.0], [1.0, 2.0, 3.0, None])
    second = OfNetworks[float | None]([5.0, 9.0], [11.0, 12.0, 13.0, 14.0])
    found = changes_beside(compare, first, second, size)
    assert pairs == [(0, 5), (1, 9), (1, 12), (2, 13), (3, 14)]
    # (5 + 8) / 2 beside 11, 11 and two that tell nothing, 0.
    assert [one["one_network"] for one in found] == [6.5, 13]
    assert [one["untrained"] for one in found] == [5.5, 11]
    assert found[0]["p_untrained"] == 3 / 5
    assert changes_beside(compare, OfNetworks([None], [1.0]), second, size) == []


def test_certainty_is_a_change_over_half_of_its_interval() -> None:
    assert certainty(told(3).panels).tolist() == [3, 3]
    assert size(told(3).panels).tolist() == [3, 6]
    flat = told(3).panels.assign(ci_low=1.0, ci_high=1.0)
    assert np.isnan(certainty(flat)).all()
