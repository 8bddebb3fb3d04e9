"""Intervals over patients: by hand, and by SciPy's binomial."""

import numpy as np
import pytest
from scipy.stats import binomtest, t

from neuroloop.cxr.patient_intervals import (
    loss_interval,
    patient_variance,
    share_interval,
    widened_percentiles,
)


def test_independent_radiographs_have_the_binomials_interval():
    """30 of 40 patients with one radiograph each: the variance is that of 40 draws."""
    value, n = 0.75, 40
    spread = np.sqrt(value * (1 - value) / n * (n - 1) / n)
    draws = value + spread * np.array([-1.0, 1.0])
    assert patient_variance(draws, n) == pytest.approx(value * (1 - value) / n)
    expected = binomtest(30, 40).proportion_ci(method="exact")
    assert share_interval(value, draws, n, n) == pytest.approx((expected.low, expected.high))


def test_alike_radiographs_count_as_fewer():
    """Twice the variance: 15 of 20, and Student's t of 9 patients in place of 39 radiographs."""
    draws = 0.75 + np.sqrt(0.75 * 0.25 / 20 * 9 / 10) * np.array([-1.0, 1.0])
    counts = 20 * (t.ppf(0.975, 39) / t.ppf(0.975, 9)) ** 2
    low, high = share_interval(0.75, draws, 40, 10)
    assert counts == pytest.approx(16.0, abs=0.1)
    expected = binomtest(12, 16).proportion_ci(method="exact")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.002)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_alike_counts_as_one_of_independent_patients(value):
    expected = binomtest(int(8 * value), 8).proportion_ci(method="exact")
    made = share_interval(value, np.full(9, value), 8, 8)
    assert made == pytest.approx((expected.low, expected.high))
    few = share_interval(value, np.full(9, value), 8, 8, independent=3)
    assert few[1] - few[0] > made[1] - made[0] + 0.1


def test_never_more_radiographs_than_there_are():
    draws = 0.5 + 1e-6 * np.array([-1.0, 1.0])
    expected = binomtest(10, 20).proportion_ci(method="exact")
    assert share_interval(0.5, draws, 20, 20) == pytest.approx((expected.low, expected.high))


def test_losses_by_hand():
    draws = np.array([0.4, 0.6])  # variance 0.01, of 5 patients 0.0125
    factor = np.exp(t.ppf(0.975, 4) * np.sqrt(0.0125) / 0.5)
    assert loss_interval(0.5, draws, 5) == pytest.approx((0.5 / factor, 0.5 * factor))


def test_percentiles_are_widened_around_the_value():
    draws = np.array([np.nan, *np.linspace(0.0, 1.0, 1001)])
    low, high = widened_percentiles(0.5, draws, 5)
    wider = t.ppf(0.975, 4) / 1.959964 * np.sqrt(5 / 4)
    assert (low, high) == pytest.approx((0.5 - 0.475 * wider, 0.5 + 0.475 * wider), rel=1e-4)


def test_one_patient_and_no_value_have_none():
    draws = np.array([0.4, 0.6])
    for made in (
        share_interval(0.5, draws, 4, 1),
        share_interval(np.nan, draws, 4, 4),
        loss_interval(0.5, draws, 1),
        loss_interval(0.0, draws, 4),
        widened_percentiles(0.5, np.full(3, np.nan), 4),
    ):
        assert np.isnan(made).all()
