"""Permutations without fixed points."""

import numpy as np


def derangement(groups: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw a permutation within groups that leaves no row where it was.

    Each group is put in random order on a circle and every row moves to the position of the next,
    so every other row of the group is equally likely.

    Parameters
    ----------
    groups : ndarray, shape (n,)
    generator : Generator

    Returns
    -------
    ndarray of int, shape (n,)
        For each row the row that replaces it. A group of a single row keeps it.
    """
    source = np.arange(len(groups))
    for group in np.unique(groups):
        order = generator.permutation(np.flatnonzero(groups == group))
        source[order] = np.roll(order, -1)
    return source
