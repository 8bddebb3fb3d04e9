"""Reliability: bins, their intervals, and the error that they add up to."""

import numpy as np
import pytest

from neuroloop.statistics.intervals import cluster_interval
from neuroloop.statistics.metrics import calibration_error
from neuroloop.statistics.reliability import expected_error, reliability


def test_bins_by_hand():
    sure = np.array([0.05, 0.1, 0.55, 0.6, 1.0])
    right = np.array([False, True, True, True, False])
    bins = reliability(sure, right, ["a", "b", "a", "b", "a"], bins=2)
    assert bins[["low", "high", "n"]].to_numpy().tolist() == [[0, 0.5, 2], [0.5, 1, 3]]
    assert bins["confidence"].tolist() == pytest.approx([0.075, 2.15 / 3])
    assert bins["share"].tolist() == pytest.approx([1 / 2, 2 / 3])
    expected = 2 / 5 * (1 / 2 - 0.075) + 3 / 5 * abs(2 / 3 - 2.15 / 3)
    assert expected_error(bins) == pytest.approx(expected)


def test_the_error_is_that_of_the_house_and_intervals_vary_the_clusters():
    stream = np.random.default_rng(0)
    truth = stream.integers(4, size=300)
    logits = stream.normal(size=(300, 4)) + 2 * np.eye(4)[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    right = shares.argmax(axis=1) == truth
    runs, images = stream.integers(9, size=(2, 300)).astype(str)
    bins = reliability(shares.max(axis=1), right, runs, images)
    assert expected_error(bins) == pytest.approx(calibration_error(logits, truth))
    found = bins.iloc[6]
    sure = shares.max(axis=1)
    inside = (sure > found["low"]) & (sure <= found["high"])
    want = cluster_interval(right[inside], runs[inside], crossed=images[inside])
    assert tuple(found[["share", "ci_low", "ci_high"]]) == pytest.approx(tuple(want))
    alone = reliability(shares.max(axis=1), right, runs).iloc[6]
    assert tuple(alone[["ci_low", "ci_high"]]) != tuple(found[["ci_low", "ci_high"]])
