"""How well readers name cells: measures, chance and intervals."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score

from neuroloop.calcium.reader import multi_hot
from neuroloop.calcium.reading_metrics import cell_recall, reading_metrics
from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.intervals import cluster_interval

CELLS = ["1", "2", "3", "4"]


def score(logits, patterns, trials=None, cells=CELLS, **options):
    """Table by subset and measure; one seed where logits have two axes."""
    logits = np.asarray(logits, dtype=float)
    if logits.ndim == 2:
        logits = logits[None]
    names = [str(n) for n in range(len(patterns))] if trials is None else trials
    table = reading_metrics(logits, multi_hot(patterns, cells), names, **options)
    return table.set_index(["subset", "measure"])


def test_by_hand():
    patterns = ["1", "1+2", "1+2", "none", "2+3+4"]
    logits = [
        [2, 1, -1, -1, -1],  # 1 first, but 2 above one half too
        [1, -1, 3, -1, -1],  # 3 and 1: one hit
        [1, 2, -1, -1, -1],  # both, and no others
        [1, 0, 0, 0, -1],  # not "none"
        [5, 4, -1, 3, -1],  # 1, 2, 4: two of three
    ]
    table = score(logits, patterns)["value"]
    assert table["all", "any_hit"] == pytest.approx(4 / 5)
    assert table["all", "exact_top"] == pytest.approx(2 / 5)
    assert table["all", "exact_threshold"] == pytest.approx(1 / 5)
    assert table["all", "recall"] == pytest.approx((1 + 1 + 2 + 0 + 2) / (1 + 2 + 2 + 1 + 3))
    assert table["single", "any_hit"] == 1
    assert table["pair", "any_hit"] == 1
    assert table["pair", "exact_top"] == 0.5
    assert table["pair", "recall"] == 0.75
    assert table["more", "recall"] == pytest.approx(2 / 3)
    assert table["none", "any_hit"] == 0
    assert table["stimulated", "any_hit"] == 1


def test_p_permutes_the_patterns_of_whole_trials():
    """Fisher's exact p of the trials, which are right or wrong in both of their frames."""
    patterns = 4 * ["1"] + 4 * ["2"]
    right = np.array([0, 0, 0, 1, 1, 1, 1, 0])  # the output that is highest
    logits = np.repeat(np.eye(5)[right], 2, axis=0)
    trials = np.repeat([str(number) for number in range(8)], 2)
    row = score(logits, np.repeat(patterns, 2).tolist(), trials).loc["all", "any_hit"]
    exact = stats.fisher_exact([[3, 1], [1, 3]], alternative="greater")
    assert row["p"] == pytest.approx(exact.pvalue, abs=0.04)
    assert row["unit"] == "trials"
    by_frame = score(logits, np.repeat(patterns, 2).tolist()).loc["all", "any_hit"]
    assert by_frame["p"] < 0.1 < row["p"]


def test_one_pattern_has_no_p():
    assert np.isnan(score(np.zeros((4, 5)), 4 * ["none"])["p"]["none", "any_hit"])


def test_what_occurs_is_in_the_table():
    table = score(np.zeros((3, 5)), ["1", "2", "1"], ["a", "b", "b"])
    assert set(table.index.get_level_values("subset")) == {"all", "stimulated", "single"}
    row = table.loc[("single", "any_hit")]
    assert (row["frames"], row["trials"], row["seeds"]) == (3, 2, 1)


def test_exact_sets_are_scikit_learns_subset_accuracy():
    generator = np.random.default_rng(0)
    patterns = generator.choice(["1", "2+3", "none", "4", "1+4"], 300)
    targets = multi_hot(patterns, CELLS)
    logits = generator.normal(-0.5, 1, size=targets.shape) + targets
    table = score(logits, patterns)["value"]
    expected = accuracy_score(targets, logits > 0)
    assert 0.02 < expected < 0.5
    assert table["all", "exact_threshold"] == pytest.approx(expected)


def test_constant_outputs_name_the_first():
    table = score(np.zeros((4, 5)), ["1", "2", "3", "none"])
    assert table["value"]["all", "any_hit"] == 0.25
    assert table["chance"]["all", "any_hit"] == 0.25


def test_a_pair_among_25_outputs_is_hit_by_chance_as_published():
    cells = [str(number) for number in range(24)]
    patterns = ["1+2", "none", "5"]
    table = score(np.zeros((3, 25)), patterns, cells=cells)["uniform"]
    assert table["pair", "any_hit"] == pytest.approx(0.157, abs=5e-4)
    assert table["pair", "any_hit"] == pytest.approx(1 - stats.hypergeom(25, 2, 2).pmf(0))
    assert table["pair", "exact_top"] == pytest.approx(1 / 300)
    assert table["pair", "recall"] == pytest.approx(2 / 25)
    assert table["single", "any_hit"] == pytest.approx(1 / 25)
    assert table["all", "recall"] == pytest.approx((2 * 2 + 1 + 1) / 25 / 4)
    assert np.isnan(table["pair", "exact_threshold"])


def permuted(logits, patterns, groups, count=80):
    """Mean over random permutations of the patterns within groups."""
    generator = np.random.default_rng(1)
    patterns, groups = np.array(patterns), np.array(groups)
    total = 0
    for _ in range(count):
        shuffled = patterns.copy()
        for group in set(groups.tolist()):
            inside = np.flatnonzero(groups == group)
            shuffled[inside] = patterns[generator.permutation(inside)]
        total += score(logits, shuffled)["value"]
    return total / count


@pytest.mark.parametrize("grouped", [False, True])
def test_chance_is_the_mean_over_permutations(grouped):
    generator = np.random.default_rng(2)
    patterns = ["1"] * 9 + ["2"] * 3 + ["1+2"] * 4 + ["3"] * 5 + ["4"] * 2 + ["3+4"] * 4
    groups = ["a"] * 16 + ["b"] * 11
    logits = generator.normal(size=(2, 27, 5)) + 2 * multi_hot(patterns, CELLS)
    table = score(logits, patterns, groups=groups if grouped else None)["chance"]
    expected = permuted(logits, patterns, groups if grouped else ["a"] * 27)
    for measure in ("any_hit", "exact_top", "exact_threshold", "recall"):
        key = "all", measure
        assert table[key] == pytest.approx(expected[key], abs=0.03), measure
    other = score(logits, patterns, groups=None if grouped else groups)["chance"]
    assert abs(table["all", "any_hit"] - other["all", "any_hit"]) > 0.05


def test_chance_of_a_subset_is_of_its_own_patterns():
    """A reader that knows how many cells there are and no more is at chance among pairs."""
    patterns = ["1+2", "3+4"] * 10 + ["none"] * 20
    logits = np.zeros((40, 5))
    logits[:20, :2] = 1  # always cells 1 and 2
    logits[20:, 4] = 1
    table = score(logits, patterns)
    assert table["value"]["all", "any_hit"] == 0.75
    assert table["chance"]["all", "any_hit"] == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert table["value"]["pair", "any_hit"] == table["chance"]["pair", "any_hit"] == 0.5
    assert table["value"]["none", "any_hit"] == table["chance"]["none", "any_hit"] == 1


def test_interval_is_over_trials():
    generator = np.random.default_rng(3)
    trials = np.repeat([f"t{number}" for number in range(20)], 5)
    patterns = np.repeat(generator.choice(["1", "2", "3"], 20), 5)
    good = np.repeat(generator.random(20) < 0.6, 5)
    logits = np.where(good[:, None], multi_hot(patterns, CELLS), 0.0)
    logits[:, 3] += 0.5
    row = score(logits, patterns, trials).loc[("all", "any_hit")]
    expected = cluster_interval(good, trials)
    assert tuple(row[["value", "ci_low", "ci_high"]]) == pytest.approx(tuple(expected))
    naive = stats.binomtest(int(good.sum()), 100).proportion_ci(method="wilson")
    assert row["ci_high"] - row["ci_low"] > 1.5 * (naive.high - naive.low)
    # Seeds that say the same say nothing new.
    twice = score(np.stack([logits] * 3), patterns, trials).loc[("all", "any_hit")]
    assert tuple(twice[["value", "ci_low", "ci_high"]]) == pytest.approx(tuple(expected))
    assert (twice["seeds"], twice["frames"]) == (3, 100)


def test_recall_has_a_judgement_for_each_cell():
    patterns, trials = ["1+2", "1+2", "3"], ["a", "b", "c"]
    logits = [[3, 2, 0, 0, 0], [3, 0, 0, 2, 0], [0, 0, 3, 0, 0]]
    row = score(logits, patterns, trials).loc[("all", "recall")]
    expected = cluster_interval(np.array([1, 1, 1, 0, 1]), ["a", "a", "b", "b", "c"])
    assert tuple(row[["value", "ci_low", "ci_high"]]) == pytest.approx(tuple(expected))


def test_a_perfect_reader_is_as_sure_as_its_trials_are_many():
    patterns, trials = ["1"] * 50 + ["2"] * 50, ["a"] * 50 + ["b"] * 50
    row = score(multi_hot(patterns, CELLS), patterns, trials).loc[("all", "any_hit")]
    wilson = stats.binomtest(2, 2).proportion_ci(method="wilson")
    assert (row["value"], row["ci_low"]) == (1, pytest.approx(wilson.low))


def test_intervals_cover_chance_without_information():
    """At most 5 % of them, but for sampling, should miss it."""
    generator = np.random.default_rng(4)
    trials = np.repeat([f"t{number}" for number in range(40)], 3)
    patterns = np.repeat(["1", "2", "3", "4", "1+2", "2+3", "3+4", "none"] * 5, 3)
    missed = 0
    for _ in range(50):
        logits = np.repeat(generator.normal(size=(40, 5)), 3, axis=0)
        logits += 0.5 * generator.normal(size=(120, 5))
        row = score(logits, patterns, trials).loc[("all", "any_hit")]
        missed += not row["ci_low"] <= row["chance"] <= row["ci_high"]
    assert missed <= 7  # binomial(50, 0.05): 99.7 % are at most 7


def test_recall_of_cells_by_hand():
    patterns, trials = ["1", "1+2", "2", "none"], ["a", "b", "c", "d"]
    logits = np.array([[3, 0, 1, 0, 0], [3, 0, 2, 0, 0], [3, 1, 0, 0, 0], [0, 0, 0, 0, 1]])
    table = cell_recall(logits[None], multi_hot(patterns, CELLS), trials, CELLS).set_index("cell")
    assert table.index.tolist() == [*CELLS, "none"]
    assert table.loc["1", "value"] == 1
    assert table.loc["2", "value"] == 0
    assert table.loc["none", "value"] == 1
    assert table["frames"].tolist() == [2, 2, 0, 0, 1]
    assert np.isnan(table.loc["3", "value"])
    # Cell 1 is first in 3 of 4 frames, and in the first two in all of 4 (ties go to the first).
    assert table.loc["1", "chance"] == pytest.approx((3 / 4 + 4 / 4) / 2)


def test_recall_of_cells_is_tested_within_groups_and_corrected():
    """Cell 1 is always found, 2 is named where either is: by hand, all orders of four trials."""
    patterns, trials = ["1", "1", "2", "2"], ["a", "b", "c", "d"]
    logits = np.array([[3.0, 0, 0, 0, 0]] * 2 + [[0, 3.0, 0, 0, 0], [3.0, 0, 0, 0, 0]])
    table = cell_recall(logits[None], multi_hot(patterns, CELLS), trials, CELLS).set_index("cell")
    # Two of four trials get the label 1, which names 3: both are hit in half of the orders.
    assert table.loc["1", "p"] == pytest.approx(0.5, abs=0.05)
    assert table.loc["1", "q"] == pytest.approx(min(1, 2 * table.loc["1", "p"]), abs=0.05)
    assert table.loc["1", "smallest_effect"] == pytest.approx(
        (table.loc["1", "ci_high"] - table.loc["1", "ci_low"]) / 2
    )
    assert table["family"].to_dict() == {"1": "cells", "2": "cells", "3": "", "4": "", "none": ""}
    assert np.isnan(table.loc["3", "p"])
    assert (table["unit"] == "trials").all()
    # Where each cell has a group of its own, nothing can be exchanged: that network knows groups.
    grouped = cell_recall(
        logits[None], multi_hot(patterns, CELLS), trials, CELLS, ["g", "g", "h", "h"]
    ).set_index("cell")
    assert np.isnan(grouped.loc["1", "p"])
    assert grouped.loc["1", "chance"] == 1
    assert table.loc["1", "chance"] == 3 / 4


def test_what_cannot_be_scored():
    targets = multi_hot(["1", "none"], CELLS)
    with pytest.raises(NeuroLoopError, match="1 of 2 frames have no finite prediction"):
        reading_metrics(np.array([[[0.0] * 5, [np.nan] + [0.0] * 4]]), targets, ["a", "b"])
    with pytest.raises(ValueError, match="cannot be scored"):
        reading_metrics(np.zeros((1, 3, 5)), targets, ["a", "b"])
    with pytest.raises(ValueError, match="of cells or of none"):
        reading_metrics(np.zeros((1, 2, 5)), ~targets, ["a", "b"])
