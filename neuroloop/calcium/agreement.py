"""How well an estimated coupling agrees with a simulator's truth."""

from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """Agreement of estimate and truth over the entries that are defined.

    Attributes
    ----------
    auc : float
        Probability that a true edge has a larger estimate than a pair without one, ties a half;
        NaN if there are not both.
    pearson : float
        Correlation over the true edges alone; NaN with fewer than three.
    edges, others : int
        True edges and pairs without one that are defined.
    """

    auc: float
    pearson: float
    edges: int
    others: int


def agreement(estimate: np.ndarray, truth: np.ndarray) -> Agreement:
    """Compare an estimate with the truth.

    Parameters
    ----------
    estimate : ndarray of float, shape (cells, cells)
        Entries that are NaN do not count.
    truth : ndarray of float, shape (cells, cells)
        Coupling; an edge is where it is above 0.
    """
    defined = np.isfinite(estimate)
    edge = defined & (truth > 0)
    found, absent = estimate[edge], estimate[defined & (truth <= 0)]
    auc = pearson = np.nan
    if len(found) and len(absent):
        from scipy.stats import rankdata  # takes a second to import

        ranks = rankdata(np.concatenate([found, absent]))[: len(found)]
        above = ranks.sum() - len(found) * (len(found) + 1) / 2
        auc = float(above / (len(found) * len(absent)))
    if len(found) > 2 and found.std() > 0 and truth[edge].std() > 0:
        pearson = float(np.corrcoef(found, truth[edge])[0, 1])
    return Agreement(auc, pearson, len(found), len(absent))
