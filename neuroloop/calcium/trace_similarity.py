"""Cosine similarity between the responses of patterns: the conventional route of the study.

Like ZNCC of maps, the cosine of means grows with cells that patterns share, coupled or not. It
would fall with noise too, which is in the norms: here they are without it.
"""

from collections.abc import Sequence

import numpy as np

from neuroloop.files.natural_order import natural_sorted

#: Least part of a squared norm that is taken for signal: below, a cosine would have no bounds.
FLOOR = 0.1


def pattern_order(patterns: Sequence[str]) -> list[str]:
    """Patterns that occur, in natural order, ``none`` (a map of nothing) left out."""
    return [name for name in natural_sorted(set(patterns)) if name != "none"]


def averaging(patterns: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Weights of trials in the means of patterns, shape (names, trials)."""
    member = np.asarray(names, dtype=str)[:, None] == np.asarray(patterns, dtype=str)
    return member / member.sum(axis=1, keepdims=True)


def noiseless_cosine(responses: np.ndarray, patterns: Sequence[str]) -> np.ndarray:
    """Cosine between mean responses, with norms that hold no noise of single trials.

    The squared norm of a mean of n trials exceeds that of what they have in common by the trace
    of their covariance over n, which is taken off. Products of two patterns have no such excess:
    their trials are different ones. So the expected cosine hardly depends on SNR or on n. What
    is left of a squared norm is at least `FLOOR` of it.

    Parameters
    ----------
    responses : ndarray of float, shape (..., trials, cells)
    patterns : sequence of str
        Pattern of each trial.

    Returns
    -------
    ndarray of float64, shape (..., patterns, patterns)
        Not bounded by 1; 1 on the diagonal; NaN with a pattern whose responses are all 0, or that
        has one trial, whose noise cannot be told.
    """
    names = pattern_order(patterns)
    weights = averaging(patterns, names)
    counts = (weights > 0).sum(axis=1)
    means = weights @ responses
    products = means @ np.swapaxes(means, -1, -2)
    squares = np.diagonal(products, axis1=-2, axis2=-1)
    raw = (weights @ (responses**2).sum(axis=-1)[..., None])[..., 0]
    noise = (raw - squares) / np.where(counts > 1, counts - 1, np.nan)
    clean = np.maximum(squares - noise, FLOOR * squares)
    sizes = np.sqrt(clean[..., :, None] * clean[..., None, :])
    made = np.divide(products, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)
    own = np.arange(len(names))
    made[..., own, own] = np.where((squares > 0) & (counts > 1), 1.0, np.nan)
    return made
