"""Permutations that leave nothing in its place."""

import numpy as np


def derangement(groups: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Permutation within groups that leaves no row in its place.

    Each group is put in random order and every row takes the place of its successor on that
    circle, so every other row of the group is equally likely.

    Parameters
    ----------
    groups : ndarray, shape (n,)
    generator : Generator

    Returns
    -------
    ndarray of int, shape (n,)
        For each row the row that it gets. A group of one row keeps it: there is no other.
    """
    source = np.arange(len(groups))
    for group in np.unique(groups):
        order = generator.permutation(np.flatnonzero(groups == group))
        source[order] = np.roll(order, -1)
    return source
