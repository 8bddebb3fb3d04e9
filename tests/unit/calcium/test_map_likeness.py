"""How alike the maps of a session's patterns are."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.map_likeness import map_likeness

ITEMS = pd.DataFrame(
    [
        {"recording": name, "trial": trial, "pattern": name, "group": group, "cell": name}
        for name, group in (("b", "g2"), ("a", "g1"))
        for trial in (1, 2)
    ]
).assign(trial_row=range(4))
#: Of b, then of a, in both trials; their correlation is 1 / sqrt(3).
OF_B, OF_A = np.array([[1.0, 1], [0, 0]]), np.array([[1.0, 0], [0, 0]])
MAPS = np.stack([[OF_B, OF_B, OF_A, OF_A], [OF_B, OF_B, OF_B, OF_B]]).astype(np.float32)


@pytest.fixture
def made():
    drawn = np.random.default_rng(0).standard_normal((1, 4, 2, 2)).astype(np.float32)
    return map_likeness(MAPS, drawn, ITEMS, seed=3)


def test_two_seeds_by_hand(made):
    assert (made.patterns, made.groups) == (["a", "b"], ["g1", "g2"])
    unlike = 1 / np.sqrt(3)
    arrays = made.arrays()
    np.testing.assert_allclose(arrays["zncc"][:, 0, 1], [unlike, 1])
    # Trials are all the same, so halves are as alike as the whole, and nothing is lost to noise.
    np.testing.assert_allclose(arrays["split_half"], arrays["zncc"])
    np.testing.assert_allclose(arrays["ceiling"], 1)
    np.testing.assert_array_equal(arrays["label_overlap"], np.eye(2))
    means = made.mean_matrices()
    np.testing.assert_allclose(means["as published"][0, 1], (unlike + 1) / 2)
    np.testing.assert_allclose(means["its square"][0, 1], ((unlike + 1) / 2) ** 2)
    np.testing.assert_allclose(means["between halves of the trials"], means["as published"])
    np.testing.assert_array_equal(made.mean_maps[0], (OF_A + OF_B) / 2)
    np.testing.assert_array_equal(made.mean_maps[1], OF_B)


def test_panels_by_seed_and_kind(made):
    panels = made.panels()
    every = panels[panels["group"] == "all"].set_index(["kind", "seed"])
    assert list(every.index) == [("zncc", 0), ("zncc", 1), ("split_half", 0), ("split_half", 1)]
    np.testing.assert_allclose(every["sum"], [2 + 2 / np.sqrt(3), 4] * 2)


def test_nulls_are_those_of_their_seed():
    drawn = np.random.default_rng(0).standard_normal((2, 24, 3, 3)).astype(np.float32)
    items = pd.DataFrame(
        {"recording": name, "trial": trial, "pattern": name, "group": "g", "cell": name}
        for name in "ab"
        for trial in range(12)  # of whose halves 200 are drawn
    ).assign(trial_row=range(24))
    likeness = map_likeness(drawn[:1], drawn[1:], items, seed=3)
    once, again, other = (likeness.nulls(seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(once, again)
    assert not once.equals(other)
