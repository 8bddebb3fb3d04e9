"""Surrogates against what they keep and lose, and SciPy."""

import numpy as np
import pytest
from scipy.signal import csd
from scipy.stats import ttest_1samp

from neuroloop.statistics.surrogates import (
    ONE_SIDED,
    false_claims,
    mean_above,
    phase_randomised,
    shifted_rows,
)


def test_labels_shift_within_their_runs_and_never_by_none() -> None:
    runs = ["b"] * 5 + ["a"] * 3 + ["c"]
    seen = set()
    for seed in range(40):
        taken = shifted_rows(runs, np.random.default_rng(seed))
        assert sorted(taken[:5]) == [0, 1, 2, 3, 4]
        assert sorted(taken[5:8]) == [5, 6, 7]
        assert taken[8] == 8
        assert (taken[:8] != np.arange(8)).all()
        assert ((np.diff(taken[:5]) % 5) == 1).all()  # their order stays
        seen.add((taken[0], taken[5]))
    assert len(seen) == 4 * 2  # each run by a number of its own


def test_phases_go_and_spectra_stay() -> None:
    generator = np.random.default_rng(3)
    runs = ["one"] * 64 + ["two"] * 33
    x = np.cumsum(generator.normal(size=(97, 4)), axis=0)
    made = phase_randomised(x, runs, generator)
    for rows in (slice(0, 64), slice(64, 97)):
        for first in range(4):
            for second in range(4):
                kept, found = (
                    csd(y[rows, first], y[rows, second], window="boxcar", nperseg=len(y[rows]))[1]
                    for y in (x, made)
                )
                np.testing.assert_allclose(found, kept, atol=1e-9)
        np.testing.assert_allclose(made[rows].mean(axis=0), x[rows].mean(axis=0))
    assert abs(np.corrcoef(made[:64, 0], x[:64, 0])[0, 1]) < 0.99


def test_four_of_twenty_may_be_chance_and_five_are_not() -> None:
    four, five = (false_claims([True] * k + [False] * (20 - k), ONE_SIDED) for k in (4, 5))
    assert four.p == pytest.approx(0.01590, abs=1e-5)
    assert five.p == pytest.approx(0.00257, abs=1e-5)
    assert (four.too_many, five.too_many) == (False, True)
    # R: binom.test(5, 20)$conf.int
    assert (five.ci_low, five.ci_high) == pytest.approx((0.08657, 0.49105), abs=1e-5)


def test_surrogates_that_all_lie_above_chance_are_told_by_their_mean() -> None:
    values = [0.36, 0.34, 0.38, 0.35, 0.37]
    above = mean_above(values, [0.25] * 5)
    assert above.p == pytest.approx(ttest_1samp(values, 0.25, alternative="greater").pvalue)
    # by hand: 0.11 over 0.0158 / sqrt(5), t = 15.6 of 4 degrees of freedom
    assert above.p == pytest.approx(5.0e-5, rel=0.05)
    assert above.gain == pytest.approx(0.11 / 0.75)
    assert above.found
    small = mean_above([0.26, 0.261, 0.259, 0.262, 0.26], [0.25] * 5)
    assert small.p <= 0.001
    assert not small.found  # not a tenth of the way to 1
    assert not mean_above([0.2, 0.3, 0.25, 0.22, 0.28], [0.25] * 5).found
    assert np.isnan(mean_above([0.5] * 5, [0.25] * 5).p)  # no spread
    assert np.isnan(mean_above([0.5, 0.6, 0.7, 0.8], [0.25] * 4).p)  # too few


def test_chance_is_seldom_called_above_itself() -> None:
    generator = np.random.default_rng(5)
    drawn = generator.binomial(24, 0.25, (2000, 10)) / 24
    p = np.array([mean_above(values, [0.25] * 10).p for values in drawn])
    assert 0.03 <= np.mean(p <= 0.05) <= 0.07
    assert np.mean(p <= 0.001) <= 0.003
