"""Targets of ridge regression that favour no class."""

import numpy as np


def class_targets(indicator: np.ndarray) -> np.ndarray:
    """Return targets under which ridge predicts all classes equally often without information.

    T_ic = 2 sqrt(n / (K n_c)) (1[y_i = c] - n_c / n), with n_c of n rows in class c of K that
    occur: +1 and -1 minus their mean for classes of equal size. A column then has the same sum of
    squares for every class up to the factor 1 - n_c / n, and so have its predictions if there is no
    information; and there is no intercept to favour large classes. Row weights would make the hat
    matrix depend on the labels; this form balances as well (measured in tests/unit/fmri/
    test_balance.py) without touching it. For the same reason the squared error that chooses a
    penalty weights all classes equally.

    Parameters
    ----------
    indicator : ndarray, (n, classes)
        1 in the class of the row, else 0.

    Returns
    -------
    ndarray, (n, classes)
        0 for a class that does not occur.
    """
    count = indicator.sum(axis=0)
    size = class_scale(count)
    return size * (indicator - count / len(indicator))


def class_scale(count: np.ndarray) -> np.ndarray:
    """Compute 2 sqrt(n / (K n_c)) for each class with n_c rows; 0 for a class without rows."""
    occurs = count > 0
    scale = 2 * np.sqrt(count.sum() / (occurs.sum() * np.where(occurs, count, 1)))
    return np.where(occurs, scale, 0.0)
