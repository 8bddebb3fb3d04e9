"""Means of influence over pairs: their value, and an interval over trials that holds it."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.pair_means import pair_means

CELLS = pd.DataFrame({"cell": ["a", "b", "c"], "row": 0.0, "column": [0.0, 30, 60]})
TRUE = np.array([[1, 0.4, 0.0], [0.2, 1, 0.6], [0.0, 0.0, 1]])
OFF = ~np.eye(3, dtype=bool)
SETS = {"all": OFF, "first": np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool), "no": ~(OFF | True)}


def trials(seed, each=12, noise=0.3):
    patterns = ["a", "b", "c", "a+b"] * each
    own = np.array([[cell in name.split("+") for cell in "abc"] for name in patterns], float)
    drawn = np.random.default_rng(seed).standard_normal((len(patterns), 3))
    return own @ TRUE + noise * drawn, patterns


def test_the_mean_is_that_of_the_matrix():
    values, patterns = trials(0)
    matrix = estimate_influence(values, patterns, CELLS, np.random.default_rng(0), n_boot=5).matrix
    made = pair_means(values, patterns, CELLS, SETS, np.random.default_rng(0), n_boot=200)
    assert made["all"].value == pytest.approx(matrix[OFF].mean())
    assert made["first"].value == pytest.approx(matrix[0, 1])
    assert np.isnan(made["no"]).all()
    assert made["all"].low < made["all"].value < made["all"].high
    assert made["all"].high - made["all"].low < made["first"].high - made["first"].low


def test_intervals_hold_the_true_mean_as_often_as_they_say():
    held = [
        one.low <= TRUE[OFF].mean() <= one.high
        for seed in range(120)
        for values, patterns in [trials(seed, each=6)]
        for one in [
            pair_means(
                values, patterns, CELLS, {"all": OFF}, np.random.default_rng(seed), n_boot=200
            )["all"]
        ]
    ]
    assert 0.89 <= np.mean(held) <= 0.99
