"""Variance of a mean over crossed units: by hand, against another library, where it may be zero."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from neuroloop.statistics.crossed import crossed_variance


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
    # nothing is left for their interaction. V = (4 + 4 - 0) / 4, and V^2 / (1 + 1) = 2.
    assert crossed_variance(np.array([[0, 2], [2, 4]])) == pytest.approx((2, 2))


def test_two_axes_against_the_analysis_of_variance():
    values = np.random.default_rng(0).normal(size=(4, 6)) + 2 * np.arange(4)[:, None] + np.arange(6)
    square = mean_squares(values)
    variance, freedom = crossed_variance(values)
    assert variance == pytest.approx((square["a"] + square["b"] - square["a:b"]) / values.size)
    spent = (square["a"] ** 2 / 3 + square["b"] ** 2 / 5) / values.size**2
    assert freedom == pytest.approx(variance**2 / spent)


def test_three_axes_against_the_analysis_of_variance():
    draw = np.random.default_rng(1).normal
    values = draw(size=(3, 4, 5)) + sum(draw(scale=2, size=s) for s in [(3, 1, 1), (4, 1), (5,)])
    square = mean_squares(values)
    expected = sum((-1) ** name.count(":") * one for name, one in square.items()) / values.size
    variance, freedom = crossed_variance(values)
    assert variance == pytest.approx(expected)
    spent = sum(
        (square[name] / values.size) ** 2 / n for name, n in zip("abc", (2, 3, 4), strict=True)
    )
    assert freedom == pytest.approx(variance**2 / spent)


def test_an_axis_of_length_one_is_fixed():
    values = np.random.default_rng(2).normal(size=(1, 9, 1))
    assert crossed_variance(values) == pytest.approx((values.var(ddof=1) / 9, 8))


def test_an_axis_along_which_nothing_differs_adds_nothing():
    values = np.random.default_rng(3).normal(size=(1, 4, 7))
    alike = np.repeat(values, 5, axis=0)
    assert crossed_variance(alike) == pytest.approx(crossed_variance(values))


def test_more_random_axes_never_make_it_smaller():
    for seed in range(50):
        values = np.random.default_rng(seed).normal(size=(3, 4, 5))
        parts = [values.mean(axis=axis) for axis in range(3)]
        parts += [part.mean(axis=axis) for part in parts for axis in range(2)]
        variance, freedom = crossed_variance(values)
        assert variance >= max(crossed_variance(part)[0] for part in parts) - 1e-15
        assert freedom >= 2


def test_it_is_zero_only_where_all_values_are_equal():
    # Rows and columns have equal means, so only the interaction tells of noise: squares 1, over 4.
    assert crossed_variance(np.array([[1, 0], [0, 1]]))[0] == pytest.approx(1 / 4)
    assert crossed_variance(np.full((3, 2, 4), -1)) == (0, np.inf)
