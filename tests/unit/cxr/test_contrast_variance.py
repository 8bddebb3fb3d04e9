"""Variance of contrasts: by hand, and Student's t by SciPy."""

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from neuroloop.cxr.contrast_variance import Variance, added, over_folds, over_patients, student


def test_the_corrected_resampled_t_by_hand():
    """Two partitions into three folds: s^2 = 0.028 / 5, (1/6 + 1/2) of it, 5 degrees of freedom."""
    gaps = np.array([0.0, 0.1, 0.2, 0.1, 0.0, 0.2])
    assert over_folds(gaps, 2) == pytest.approx((2 / 3 * 0.04 / 5, 5))
    lacking = over_folds(np.append(gaps[:5], np.nan), 2)
    assert lacking == pytest.approx(((1 / 5 + 1 / 2) * gaps[:5].var(ddof=1), 4))
    assert np.isnan(over_folds(np.array([0.1, np.nan]), 1).value)


def test_without_the_correction_it_is_the_usual_t():
    gaps = np.array([0.0, 0.1, 0.2, 0.1, 0.0, 0.2])
    plain = Variance(gaps.var(ddof=1) / 6, 5)
    expected = ttest_1samp(gaps, 0)
    made = student(gaps.mean(), plain)
    assert made.p == pytest.approx(expected.pvalue)
    bounds = expected.confidence_interval()
    assert made[:2] == pytest.approx((bounds.low, bounds.high))
    assert student(gaps.mean(), over_folds(gaps, 2)).p > 3 * made.p


def test_variances_add_with_satterthwaites_degrees_of_freedom():
    assert added([(1.0, 10), (1.0, 10)]) == pytest.approx((2.0, 20.0))
    assert added([(1.0, 10), (0.0, 1)]) == pytest.approx((1.0, 10.0))
    assert added([(0.0, 10)]) == (0.0, np.inf)
    draws = np.array([0.1, 0.2, 0.3, 0.4])
    made = over_patients(np.array([0.2, 0.4]), draws, 5, 0.25)
    of_patients, of_partitions = draws.var() * 5 / 4 * 1.25, 0.02 / 2
    assert made.value == pytest.approx(of_patients + of_partitions)
    assert made.freedom == pytest.approx(
        made.value**2 / (of_patients**2 / 4 + of_partitions**2 / 1)
    )


def test_the_smallest_difference_is_found_in_four_of_five_studies():
    variance = Variance(0.04, 30)
    least = student(0.1, variance).smallest_effect
    assert t.sf(t.ppf(0.975, 30), 30, loc=least / 0.2) == pytest.approx(0.8)


def test_no_variance_is_no_test():
    assert student(0.0, Variance(0.0, 5)) == (0, 0, 1, 0)
    assert np.isnan(student(0.1, Variance(0.0, 5))).all()
    assert np.isnan(student(0.1, Variance(np.nan, 5))).all()
