"""Accuracy over pairs of units, each of which is in several pairs."""

import numpy as np
from scipy import special

from neuroloop.statistics.intervals import Estimate, score_interval


def pair_interval(
    hits: np.ndarray, ones: np.ndarray, others: np.ndarray, level: float = 0.95
) -> Estimate:
    """Share of hits over pairs, such as an image and its neighbour, with an interval over units.

    A unit is in the pairs that it asks for and in those that ask for it, and all of these hang on
    it. The linearised variance is the sum of squares, over units, of the residuals of all pairs
    that a unit is in (Fafchamps & Gubert 2007, J. Dev. Econ. 83:326), where pairs count at both
    ends: it is rather too wide than too narrow. The interval is Wilson's for as many independent
    pairs as have that variance, with Student's t of units less one.

    Parameters
    ----------
    hits : ndarray of bool, shape (pairs,)
    ones, others : ndarray of int, shape (pairs,)
        Numbers of the two units of each pair, from 0.
    level : float

    Returns
    -------
    Estimate
    """
    share, n = float(hits.mean()), int(max(ones.max(), others.max())) + 1
    residuals = hits - share
    sums = sum(np.bincount(units, weights=residuals, minlength=n) for units in (ones, others))
    variance = float((np.asarray(sums) ** 2).sum()) / len(hits) ** 2 * n / (n - 1)
    rows = share * (1 - share) / variance if variance > 0 else n
    width = float(special.stdtrit(n - 1, (1 + level) / 2))
    return Estimate(share, *score_interval(share, rows, width))
