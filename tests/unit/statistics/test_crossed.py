"""Means over crossed units: by hand, against another library, where they may be known exactly."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from neuroloop.statistics.crossed import crossed_half_width, crossed_p, crossed_variance


def mean_squares(values):
    """Mean squares of statsmodels' analysis of variance, of main effects and interactions."""
    names = "abc"[: values.ndim]
    places = pd.DataFrame(product(*map(range, values.shape)), columns=list(names))
    formula = f"y ~ {' * '.join(f'C({name})' for name in names)}"
    fit = ols(formula, places.assign(y=values.ravel())).fit()
    with np.errstate(divide="ignore"):
        table = anova_lm(fit, typ=1).drop("Residual")  # the model is saturated: there is none
    return {
        name.replace("C(", "").replace(")", ""): row["mean_sq"] for name, row in table.T.items()
    }


def test_two_axes_by_hand():
    # Rows 1 and 3, columns 1 and 3, mean 2: squares 2 x (1 + 1) = 4 of each, 1 degree of freedom;
    # nothing is left for their interaction. V = (4 + 4 - 0) / 4, and each axis adds 1 with the t of
    # one degree of freedom, 12.7062.
    values = np.array([[0, 2], [2, 4]])
    assert crossed_variance(values) == pytest.approx(2)
    assert crossed_half_width(values) == pytest.approx(12.706204736 * np.sqrt(2))


def test_two_axes_against_the_analysis_of_variance():
    values = np.random.default_rng(0).normal(size=(4, 6)) + 2 * np.arange(4)[:, None] + np.arange(6)
    square = mean_squares(values)
    variance = (square["a"] + square["b"] - square["a:b"]) / values.size
    assert crossed_variance(values) == pytest.approx(variance)
    # By the quantiles of squares: t squared is F, and a squared normal value is chi-squared.
    normal, of_a, of_b = stats.chi2.ppf(0.9, 1), stats.f.ppf(0.9, 1, 3), stats.f.ppf(0.9, 1, 5)
    wider = ((of_a - normal) * square["a"] + (of_b - normal) * square["b"]) / values.size
    assert crossed_half_width(values, 0.9) == pytest.approx(np.sqrt(normal * variance + wider))


def test_three_axes_against_the_analysis_of_variance():
    draw = np.random.default_rng(1).normal
    values = draw(size=(3, 4, 5)) + sum(draw(scale=2, size=s) for s in [(3, 1, 1), (4, 1), (5,)])
    square = mean_squares(values)
    expected = sum((-1) ** name.count(":") * one for name, one in square.items()) / values.size
    assert crossed_variance(values) == pytest.approx(expected)
    wider = sum(
        (stats.t.ppf(0.975, n) ** 2 - stats.norm.ppf(0.975) ** 2) * square[name] / values.size
        for name, n in zip("abc", (2, 3, 4), strict=True)
    )
    half = np.sqrt(stats.norm.ppf(0.975) ** 2 * expected + wider)
    assert crossed_half_width(values) == pytest.approx(half)


def test_an_axis_of_length_one_is_fixed():
    values = np.random.default_rng(2).normal(size=(1, 9, 1))
    assert crossed_variance(values) == pytest.approx(values.var(ddof=1) / 9)
    expected = stats.ttest_1samp(values.ravel(), 0).confidence_interval(0.95)
    assert 2 * crossed_half_width(values) == pytest.approx(expected.high - expected.low)


def test_an_axis_along_which_nothing_differs_adds_nothing():
    values = np.random.default_rng(3).normal(size=(1, 4, 7))
    alike = np.repeat(values, 5, axis=0)
    assert crossed_variance(alike) == pytest.approx(crossed_variance(values))
    assert crossed_half_width(alike) == pytest.approx(crossed_half_width(values))


def test_more_random_axes_never_make_it_smaller():
    for seed in range(50):
        values = np.random.default_rng(seed).normal(size=(3, 4, 5))
        parts = [values.mean(axis=axis) for axis in range(3)]
        parts += [part.mean(axis=axis) for part in parts for axis in range(2)]
        variance, half = crossed_variance(values), crossed_half_width(values)
        assert variance >= max(map(crossed_variance, parts)) - 1e-15
        assert half >= max(map(crossed_half_width, parts)) - 1e-15


def test_it_is_zero_only_where_all_values_are_equal():
    # Rows and columns have equal means, so only the interaction tells of noise: squares 1, over 4.
    assert crossed_variance(np.array([[1, 0], [0, 1]])) == pytest.approx(1 / 4)
    assert crossed_variance(np.full((3, 2, 4), -1)) == 0
    assert crossed_half_width(np.full((3, 2, 4), -1)) == 0


def test_an_axis_of_length_two_counts_with_its_own_quantile():
    """Where two rows tell most, one t of Satterthwaite's degrees of freedom holds 91 % of means."""
    generator = np.random.default_rng(4)
    held = []
    for _ in range(1000):
        values = 3 * generator.normal(size=(2, 1)) + 5 * generator.normal(size=20)
        values += 2 * generator.normal(size=(2, 20))
        held.append(abs(values.mean()) <= crossed_half_width(values))
    assert 0.94 <= np.mean(held) <= 0.99


def test_p_is_where_the_interval_ends_at_nought():
    draw = np.random.default_rng(5).normal
    values = 0.8 + draw(size=(3, 1, 1)) / 4 + draw(size=(1, 6, 1)) / 4 + draw(size=(3, 6, 9))
    p = crossed_p(values)
    assert 0.001 < p < 0.5
    assert crossed_half_width(values, 1 - p) == pytest.approx(values.mean())
    assert crossed_p(-values) == pytest.approx(p)
    row = draw(size=(1, 9)) + 0.5
    assert crossed_p(row) == pytest.approx(stats.ttest_1samp(row.ravel(), 0).pvalue)
    assert crossed_p(np.array([[1, -1], [-1, 1]])) == 1
    assert crossed_p(1000 + draw(size=(30, 30))) == 2e-12
