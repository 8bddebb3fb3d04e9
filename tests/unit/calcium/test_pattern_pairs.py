"""What pairs of patterns share by their labels alone."""

import itertools

import numpy as np
import pytest

from neuroloop.calcium.pattern_pairs import label_overlap, panel_table, panels, sharing
from neuroloop.calcium.zncc import zncc

CELLS = [str(number) for number in range(1, 9)]
PATTERNS = [*CELLS, *("+".join(pair) for pair in itertools.combinations(CELLS, 2))]


def spots(patterns, radius, side=256, seed=0):
    """Maps of uncoupled, perfectly localised cells: a disc of 1 for each stimulated cell."""
    rows, columns = np.mgrid[:side, :side]
    places = [(40 + 55 * (n // 4), 30 + 60 * (n % 4)) for n in range(8)]
    discs = [(rows - r) ** 2 + (columns - c) ** 2 <= radius**2 for r, c in places]
    return np.array(
        [sum(discs[CELLS.index(cell)] for cell in name.split("+")) for name in patterns]
    ).astype(np.float32)


def test_overlap_by_hand():
    names = ["1", "2", "1+2", "2+3", "3+4", "1+2+3", "none"]
    overlap = label_overlap(names)
    assert overlap[0, :6].tolist() == pytest.approx([1, 0, 0.5**0.5, 0, 0, 3**-0.5])
    assert overlap[2, 3] == pytest.approx(0.5)
    assert overlap[2, 5] == pytest.approx(2 / 6**0.5)
    assert np.isnan(overlap[6]).all()


def test_uncoupled_cells_have_the_studys_sum():
    """36 + 2 * 56 / sqrt(2) + 2 * 168 / 2: high, with no coupling at all."""
    assert len(PATTERNS) == 36
    overlap = label_overlap(PATTERNS)
    assert overlap.sum() == pytest.approx(36 + 112 / 2**0.5 + 168)
    assert round(overlap.sum(), 1) == 283.2
    matrix = zncc(spots(PATTERNS, radius=0)).matrix
    assert matrix.sum() == pytest.approx(283.2, abs=0.1)
    np.testing.assert_allclose(matrix, overlap, atol=1e-4)
    # Larger cells, and so an own mean of each map: the sum falls, for the maps are less sparse.
    larger = zncc(spots(PATTERNS, radius=8)).matrix.sum()
    assert 270 < larger < 280


def test_the_sum_cannot_tell_permuted_labels():
    order = np.random.default_rng(0).permutation(36)
    matrix = zncc(spots(PATTERNS, radius=3)).matrix
    permuted = panel_table(matrix[np.ix_(order, order)], PATTERNS, ["a"] * 36)
    table = panel_table(matrix, PATTERNS, ["a"] * 36)
    assert permuted["sum"].iloc[0] == pytest.approx(table["sum"].iloc[0])
    assert permuted["mean_disjoint"].iloc[0] != pytest.approx(table["mean_disjoint"].iloc[0])


def test_pairs_that_share_a_cell():
    shared = sharing(["1", "2", "1+2", "2+3", "none", "none"])
    expected = np.zeros((6, 6), dtype=bool)
    for i, j in ((0, 2), (1, 2), (1, 3), (2, 3)):
        expected[i, j] = expected[j, i] = True
    assert np.array_equal(shared, expected)
    assert sharing(PATTERNS).sum() == 2 * (56 + 168)


def test_table_by_hand():
    patterns, groups = ["1", "2", "1+2", "none", "3"], ["b", "b", "b", "b", "a"]
    matrix = np.array(
        [
            [1.0, 0.1, 0.6, np.nan, 0.2],
            [0.1, 1.0, 0.8, np.nan, 0.3],
            [0.6, 0.8, 1.0, np.nan, 0.4],
            [np.nan] * 5,
            [0.2, 0.3, 0.4, np.nan, 1.0],
        ]
    )
    table = panel_table(matrix, patterns, groups).set_index("group")
    assert table.index.tolist() == ["all", "a", "b"]
    assert table["patterns"].tolist() == [5, 1, 4]
    row = table.loc["b"]
    assert row["sum"] == pytest.approx(3 + 2 * 1.5)
    assert row["sum_squared"] == pytest.approx(3 + 2 * (0.01 + 0.36 + 0.64))
    assert row["label_overlap"] == pytest.approx(3 + 4 * 0.5**0.5)
    assert (row["mean_sharing"], row["sharing"]) == (pytest.approx(0.7), 2)
    assert (row["mean_disjoint"], row["disjoint"]) == (pytest.approx(0.1), 1)
    assert row["undefined"] == 7
    assert table.loc["all", "mean_disjoint"] == pytest.approx((0.1 + 0.2 + 0.3 + 0.4) / 4)
    assert table.loc["all", "undefined"] == 9
    assert np.isnan(table.loc["a", "mean_sharing"])
    assert table.loc["a", "sharing"] == 0


def test_panels_are_in_natural_order():
    places = panels(["g10", "g2", "g10", "g1"])
    assert {name: at.tolist() for name, at in places.items()} == {
        "g1": [3],
        "g2": [1],
        "g10": [0, 2],
    }
    assert list(places) == ["g1", "g2", "g10"]


def test_a_group_may_be_called_all():
    table = panel_table(np.eye(2), ["1", "2"], ["all", "x"])
    assert table["patterns"].tolist() == [2, 1, 1]
