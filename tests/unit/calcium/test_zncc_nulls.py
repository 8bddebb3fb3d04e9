"""ZNCC beside its nulls."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuroloop.calcium.zncc import split_half, zncc
from neuroloop.calcium.zncc_nulls import (
    PERMUTED,
    UNTRAINED,
    make_panels,
    null_table,
    permuted,
)

PATTERNS = ["a", "b", "a+b", "c", "d", "c+d"]
GROUPS = ["g1"] * 3 + ["g2"] * 3
KEYS = ["group", "kind", "statistic", "null"]


def noise(networks: int, trials: int, seed: int, patterns: int = 6) -> np.ndarray:
    shape = (networks, trials, patterns, 4, 5)
    return np.random.default_rng(seed).standard_normal(shape)


def spots(trials: int, seed: int) -> np.ndarray:
    """Maps of perfectly localised cells, with noise; shape (1, trials, patterns, 4, 5)."""
    maps = 0.3 * noise(1, trials, seed)
    for place, name in enumerate(PATTERNS):
        for cell in name.split("+"):
            maps[0, :, place, "abcd".index(cell), 2] += 3
    return maps


def test_statistics_by_hand() -> None:
    matrix = np.array(
        [
            [1.0, 0.1, 0.6, 0.9],
            [0.1, 1.0, 0.8, 0.9],
            [0.6, 0.8, 1.0, 0.9],
            [0.9, 0.9, 0.9, 1.0],
        ]
    )
    names, groups = ["a", "b", "a+b", "c"], ["g1", "g1", "g1", "g2"]
    whole, first, second = make_panels(names, groups)
    assert [panel.name for panel in (whole, first, second)] == ["all", "g1", "g2"]
    # Pairs of two groups share nothing and are no measure of what sharing does.
    assert whole.sharing_excess(matrix) == pytest.approx((0.6 + 0.8) / 2 - 0.1)
    assert first.sharing_excess(matrix) == whole.sharing_excess(matrix)
    assert np.isnan(second.sharing_excess(matrix))
    assert whole.sum(matrix) == pytest.approx(matrix.sum())
    assert first.sum(matrix) == pytest.approx(6.0)
    matrix[0, 2] = matrix[2, 0] = np.nan
    assert whole.sharing_excess(matrix) == pytest.approx(0.8 - 0.1)
    assert first.sum(matrix) == pytest.approx(4.8)
    assert np.isnan(whole.sum(np.full((4, 4), np.nan)))
    assert [panel.name for panel in make_panels(names, ["g"] * 4)] == ["all"]


def test_labels_are_permuted_within_groups() -> None:
    """Entries say which two patterns they are of: all orders occur, and no other pairs."""
    matrix = np.arange(16.0).reshape(4, 4)
    made = list(permuted(matrix, ["g1", "g2", "g1", "g2"], np.random.default_rng(0), 200))
    orders = {tuple(one[:, 0] // 4) for one in made}
    expected = {(a, b, c, d) for a, c in ((0, 2), (2, 0)) for b, d in ((1, 3), (3, 1))}
    assert orders == expected
    for one in made:
        order = (one[:, 0] // 4).astype(int)
        np.testing.assert_array_equal(one, matrix[np.ix_(order, order)])
        assert one.sum() == matrix.sum()  # which is why permutation is no null for the sum
    assert len(set(itertools.chain.from_iterable(orders))) == 4


def test_values_and_intervals_by_hand() -> None:
    """Means over seeds; a jackknife over trials with Student's t."""
    maps = noise(2, 4, 0)
    made = null_table(maps, noise(3, 4, 1), PATTERNS, GROUPS, np.random.default_rng(0), 5)
    row = made.set_index(KEYS).loc[("all", "zncc", "sum", UNTRAINED)]

    def value(of_trials: np.ndarray) -> float:
        return float(np.mean([zncc(one.mean(axis=0)).matrix.sum() for one in of_trials]))

    left_out = np.array([value(np.delete(maps, trial, axis=1)) for trial in range(4)])
    error = np.sqrt(3 / 4 * ((left_out - left_out.mean()) ** 2).sum())
    half = 3.1824463 * error  # Student's t, 3 degrees of freedom
    assert row["value"] == pytest.approx(value(maps))
    assert row["ci_low"] == pytest.approx(value(maps) - half)
    assert row["ci_high"] == pytest.approx(value(maps) + half)
    null = [value(one[None]) for one in noise(3, 4, 1)]
    assert row["null_mean"] == pytest.approx(np.mean(null))
    assert row["p"] == (1 + sum(one >= value(maps) for one in null)) / 4
    assert (row["n_null"], row["patterns"], row["trials"], row["seeds"]) == (3, 6, 4, 2)
    halves = [split_half(one, np.random.default_rng(0)).matrix.sum() for one in maps]
    between = made.set_index(KEYS).loc[("all", "split_half", "sum", UNTRAINED)]
    assert between["value"] == pytest.approx(np.mean(halves))


def test_every_statistic_has_its_nulls() -> None:
    made = null_table(noise(1, 3, 0), noise(2, 3, 1), PATTERNS, GROUPS, np.random.default_rng(0), 7)
    rows = set(made[KEYS].itertuples(index=False, name=None))
    assert len(rows) == len(made) == 3 * 2 * 3
    assert ("g2", "split_half", "sharing_excess", PERMUTED) in rows
    assert not any(null == PERMUTED and statistic == "sum" for _, _, statistic, null in rows)
    assert made.groupby("null")["n_null"].first().to_dict() == {PERMUTED: 7, UNTRAINED: 2}


def test_rows_say_what_p_varies_and_what_does_not_beat_untrained_networks() -> None:
    made = null_table(noise(1, 3, 0), noise(2, 3, 1), PATTERNS, GROUPS, np.random.default_rng(0), 7)
    untrained = made["null"] == UNTRAINED
    assert set(made.loc[untrained, "unit"]) == {"networks"}
    assert set(made.loc[~untrained, "unit"]) == {"patterns"}
    assert (made["ci_unit"] == "trials").all()
    # Of three networks none can be beaten at 5 %.
    assert (made.loc[untrained, "note"] == "NOT ABOVE UNTRAINED NETWORKS").all()
    assert (made.loc[~untrained, ["note", "family"]] == "").all(axis=None)
    tested = made[untrained & made["p"].notna()]
    np.testing.assert_allclose(tested["q"], stats.false_discovery_control(tested["p"]))
    assert made.loc[~untrained, "q"].isna().all()


def test_p_is_uniform_where_there_is_nothing() -> None:
    """Networks like the untrained ones, and maps that know no labels."""
    generator = np.random.default_rng(3)
    tables = [
        null_table(noise(1, 2, 2 * n), noise(4, 2, 2 * n + 1), PATTERNS, ["g"] * 6, generator, 4)
        for n in range(60)
    ]
    made = pd.concat(tables)
    for _, rows in made[made["kind"] == "zncc"].groupby(["statistic", "null"]):
        counts = np.bincount(np.rint(5 * rows["p"]).astype(int), minlength=6)[1:]
        assert counts.sum() == 60
        assert stats.chisquare(counts).pvalue > 0.01


def test_maps_that_follow_the_cells_exceed_both_nulls() -> None:
    made = null_table(
        spots(4, 0), noise(19, 4, 1), PATTERNS, ["g"] * 6, np.random.default_rng(0), 199
    ).set_index(KEYS)
    excess = made.loc[("all", "zncc", "sharing_excess", UNTRAINED)]
    assert excess["p"] == 1 / 20
    assert excess["value"] == pytest.approx(2**-0.5, abs=0.08)  # of two spots, and of one in it
    # Of 720 orders of the labels, 48 keep which pairs share a cell: a p of 1/15 at best.
    assert made.loc[("all", "zncc", "sharing_excess", PERMUTED), "p"] < 0.12


def test_one_trial_has_no_interval_and_no_halves() -> None:
    made = null_table(
        noise(1, 1, 0), noise(3, 1, 1), PATTERNS, GROUPS, np.random.default_rng(0), 5
    ).set_index(KEYS)
    published = made.xs("zncc", level="kind")
    assert published["p"].notna().all()
    assert published[["ci_low", "ci_high"]].isna().all(axis=None)
    halves = made.xs("split_half", level="kind")
    assert halves[["value", "p"]].isna().all(axis=None)
    assert halves.loc[("all", "sum", UNTRAINED), "undefined"] == 36
