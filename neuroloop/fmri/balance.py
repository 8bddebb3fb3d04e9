"""Targets of ridge regression under which no class is favoured."""

import numpy as np


def class_targets(indicator: np.ndarray) -> np.ndarray:
    """Targets of ridge regression that make it name every class as often, if brains say nothing.

    T_ic = 2 sqrt(n / (K n_c)) (1[y_i = c] - n_c / n), with n_c of n rows in class c of K that
    occur: +1 and -1 less their mean where classes are equal. A column then has the same sum of
    squares for every class but for the factor 1 - n_c / n, and so have, without information, its
    predictions; and there is no intercept to favour large classes. Weights of rows would make the
    hat matrix depend on the labels; this form gains as much (measured: tests/unit/fmri/
    test_balance.py) and leaves it alone. The squared error that chooses a penalty counts every
    class alike for the same reason.

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
    """2 sqrt(n / (K n_c)) of every class from its n_c rows; 0 for a class without rows."""
    occurs = count > 0
    scale = 2 * np.sqrt(count.sum() / (occurs.sum() * np.where(occurs, count, 1)))
    return np.where(occurs, scale, 0.0)
