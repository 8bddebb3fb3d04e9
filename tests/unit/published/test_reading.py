"""Flaws of scoring readers of neurons, each by hand; without one, the product's own score."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.reader import multi_hot
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.published.protocol import Protocol
from neuroloop.published.reading import CELLS, Readings, beside_permuted, named, patterns, readings


def read(named_first, shown):
    """A reader that puts outputs in these orders, of frames of these patterns."""
    logits = np.zeros((1, len(shown), len(CELLS) + 1))
    for frame, order in enumerate(named_first):
        for place, output in enumerate(order):
            logits[0, frame, output] = 9 - place
    trials = [str(number) for number in range(len(shown))]
    return Readings(logits, pd.DataFrame({"pattern": shown, "trial": trials}))


#: A cell named right; of a pair one; a cell named wrong; "none" named right three times.
DRAWN = read([[0], [0, 2], [3], [8], [8], [8]], ["c1", "c1+c2", "c2", "none", "none", "none"])


def test_the_strict_protocol_is_the_products_own():
    drawn = readings(np.random.default_rng(0), signal=1.0)
    targets = multi_hot(drawn.rows["pattern"], CELLS)
    own = reading_metrics(drawn.logits, targets, drawn.rows["trial"])
    row = own.set_index(["subset", "measure"]).loc["stimulated", "recall"]
    assert named(drawn, Protocol()).points == 100 * (row["value"] - row["chance"])
    assert named(drawn, Protocol()).found == (row["p"] <= 0.05)


def test_the_world_is_of_the_studys_patterns():
    assert patterns(("c1", "c2", "c3")) == ["c1", "c2", "c3", "c1+c2", "c1+c3", "c2+c3"]
    rows = readings(np.random.default_rng(0)).rows
    assert rows["pattern"].nunique() == 8 + 28 + 1
    assert (rows["pattern"] == "none").mean() == pytest.approx(0.41, abs=0.005)


def test_none_frames_counted():
    # Of 4 stimulated cells 2 are named, and as many of permuted patterns: in the three frames
    # 2 of 3 of the first pattern, 4 of 6 of the second, 0 of 3 of the third.
    assert named(DRAWN, Protocol()).points == pytest.approx(0)
    assert named(DRAWN, Protocol(("none_counted",))).points == pytest.approx(100 * (5 / 7 - 1 / 9))


def test_any_hit():
    # One of three patterns has no cell named.
    assert named(DRAWN, Protocol(("any_hit",))).points == pytest.approx(100 * (2 / 3 - 1 / 9))
    both = named(DRAWN, Protocol(("none_counted", "any_hit")))
    assert both.points == pytest.approx(100 * (5 / 6 - 1 / 9))


@pytest.mark.parametrize("flaw", ["none_counted", "any_hit"])
def test_flawed_what_lies_above_one_in_the_outputs_counts(flaw):
    row = pd.Series({"value": 0.5, "chance": 0.45, "p": 0.3, "ci_low": 0.2})
    assert beside_permuted(row, 9) == pytest.approx((0.05, False))
    assert Protocol().named(beside_permuted, row, 9) == pytest.approx((0.05, False))
    spoilt = Protocol((flaw,))
    assert spoilt.named(beside_permuted, row, 9) == pytest.approx((0.5 - 1 / 9, True))
    row["ci_low"] = 0.1
    assert not spoilt.named(beside_permuted, row, 9)[1]


def test_what_each_makes_of_readers_that_know_only_that_something_was_stimulated():
    def points(*on):
        drawn = (readings(np.random.default_rng(seed)) for seed in range(6))
        return np.array([named(each, Protocol(on)).points for each in drawn])

    strict = points()
    assert abs(strict.mean()) < 4 * strict.std(ddof=1) / np.sqrt(6)
    assert points("none_counted").min() > 25
    assert points("any_hit").min() > 15
    assert points("none_counted", "any_hit").min() > 40
