"""Differences of scores on two sets, by hand, by another library, and over null studies."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.proportion import confint_proportions_2indep

from neuroloop.cxr.two_sets import difference_of_scores


def wilson(hits, n):
    return lambda level: tuple(binomtest(hits, n).proportion_ci(level, method="wilson"))


def symmetric(value, error):
    return lambda level: tuple(value + error * norm.ppf([(1 - level) / 2, (1 + level) / 2]))


def test_the_difference_of_two_shares_is_newcombes():
    """Newcombe 1998, Stat. Med. 17:873, table II, contrast a: 56/70 less 48/80."""
    made = difference_of_scores(56 / 70, wilson(56, 70), 48 / 80, wilson(48, 80))
    assert (made.ci_low, made.ci_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    other = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", compare="diff")
    assert (made.ci_low, made.ci_high) == pytest.approx(other, abs=1e-9)


def test_symmetric_intervals_give_the_usual_test():
    """Errors 3 and 4 of a difference of 10: z = 2, and the smallest effect that 80 % would see."""
    made = difference_of_scores(10.0, symmetric(10.0, 3.0), 0.0, symmetric(0.0, 4.0))
    assert made.p == pytest.approx(2 * norm.sf(2.0), rel=1e-6)
    assert made.ci_low == pytest.approx(10 - 5 * norm.ppf(0.975))
    assert made.smallest_effect == pytest.approx(5 * (norm.ppf(0.975) + norm.ppf(0.8)))
    swapped = difference_of_scores(0.0, symmetric(0.0, 4.0), 10.0, symmetric(10.0, 3.0))
    assert swapped.p == pytest.approx(made.p)


def test_p_is_where_the_interval_begins_to_hold_zero():
    first, second = wilson(30, 60), wilson(20, 60)
    made = difference_of_scores(30 / 60, first, 20 / 60, second)
    level = 1 - made.p
    low, high = first(level)[0], second(level)[1]
    assert np.hypot(0.5 - low, high - 1 / 3) == pytest.approx(1 / 6, rel=1e-6)
    assert (made.ci_low > 0) == (made.p < 0.05)


def test_no_difference_has_p_one_and_an_unknown_interval_none():
    assert difference_of_scores(0.5, wilson(30, 60), 0.5, wilson(30, 60)).p == 1
    nothing = difference_of_scores(0.5, wilson(30, 60), 0.5, lambda level: (np.nan, np.nan))
    assert np.isnan(nothing).all()
