"""Shares over pairs: the variance by hand, and Wilson's interval of statsmodels' formula."""

import numpy as np
import pytest
from scipy import stats

from neuroloop.statistics.pairs import pair_interval


def test_by_hand():
    """Pairs 0-1, 1-2, 2-0, 3-0, of which the first and the last hit."""
    made = pair_interval(
        np.array([True, False, False, True]), np.array([0, 1, 2, 3]), np.array([1, 2, 0, 0])
    )
    # Residuals 1/2, -1/2, -1/2, 1/2; sums of units 0 to 3: 1/2, 0, -1, 1/2.
    variance = (0.25 + 0 + 1 + 0.25) / 16 * 4 / 3
    n, z = 0.25 / variance, stats.t.ppf(0.975, 3)
    half = z * np.sqrt(0.25 / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert made == pytest.approx((0.5, 0.5 - half, 0.5 + half))


def test_all_hits_have_an_interval_too():
    made = pair_interval(np.ones(6, dtype=bool), np.arange(6), np.roll(np.arange(6), 1))
    assert made.value == made.ci_high == 1
    assert 0.3 < made.ci_low < 0.7
