"""Folds inside a training set, for what is chosen there: regularisation and temperature."""

from collections.abc import Iterable

import numpy as np

from scripts.lib.core import folds


def inner_folds(groups: np.ndarray, labels: Iterable[object], n_folds: int) -> np.ndarray:
    """Fold of each training row: by group, or stratified by class if there is one group only.

    Parameters
    ----------
    groups : ndarray of str, (n,)
        Group (run) of each training row.
    labels : iterable, (n,)
        Class of each training row.
    n_folds : int
        Number of folds, cut to the number of groups, or to the rows of the smallest class.

    Returns
    -------
    ndarray of int, (n,)
        The same at every call: rows without groups are dealt by a generator of fixed seed.

    Raises
    ------
    NeuroLoopError
        If there is one group only, and a class has one row only.
    """
    n_groups = len(set(groups.tolist()))
    if n_groups > 1:
        return folds.group_folds(map(str, groups), min(n_folds, n_groups))
    names = [str(label) for label in labels]
    smallest = min(map(names.count, set(names)))
    return folds.stratified_folds(names, min(n_folds, smallest), np.random.default_rng(0))
