"""Cosine similarity between the responses of patterns: the conventional route of the study.

Like ZNCC of maps, the cosine of means falls with noise (it is in the norms) and grows with cells
that patterns share, coupled or not. Split halves and a norm without noise stand beside it.
"""

from collections.abc import Sequence

import numpy as np

from neuroloop.files.natural_order import natural_sorted

#: Least part of a squared norm that is taken for signal: below, a cosine would have no bounds.
FLOOR = 0.1


def pattern_order(patterns: Sequence[str]) -> list[str]:
    """Patterns that occur, in natural order, ``none`` (a map of nothing) left out."""
    return [name for name in natural_sorted(set(patterns)) if name != "none"]


def cosine(vectors: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Cosine of the angle between every two vectors.

    Parameters
    ----------
    vectors : ndarray of float, shape (..., n, length)
    others : ndarray of float, shape (..., m, length), optional
        The same vectors if None.

    Returns
    -------
    ndarray of float64, shape (..., n, m)
        In [-1, 1]; NaN with a vector of zeros.
    """
    others = vectors if others is None else others
    norms = np.linalg.norm(vectors, axis=-1), np.linalg.norm(others, axis=-1)
    sizes = norms[0][..., :, None] * norms[1][..., None, :]
    products = vectors @ np.swapaxes(others, -1, -2)
    made = np.divide(products, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)
    return np.clip(made, -1, 1)


def averaging(patterns: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Weights of trials in the means of patterns, shape (names, trials)."""
    member = np.asarray(names, dtype=str)[:, None] == np.asarray(patterns, dtype=str)
    return member / member.sum(axis=1, keepdims=True)


def mean_cosine(responses: np.ndarray, patterns: Sequence[str]) -> np.ndarray:
    """Cosine between the mean responses of patterns, as the study has it.

    Parameters
    ----------
    responses : ndarray of float, shape (..., trials, cells)
    patterns : sequence of str
        Pattern of each trial.

    Returns
    -------
    ndarray of float64, shape (..., patterns, patterns)
        In the order of `pattern_order`.
    """
    return cosine(averaging(patterns, pattern_order(patterns)) @ responses)


def split_half_cosine(
    responses: np.ndarray,
    patterns: Sequence[str],
    generator: np.random.Generator,
    splits: int = 100,
) -> np.ndarray:
    """Cosine between means over one random half of the trials and means over the other.

    Parameters
    ----------
    responses : ndarray of float, shape (trials, cells)
    patterns : sequence of str
        Pattern of each trial; at least two trials each.
    generator : numpy.random.Generator
        Draws the halves of each pattern. Of an odd number of trials one is left out.
    splits : int

    Returns
    -------
    ndarray of float64, shape (patterns, patterns)
        Mean over the splits, symmetric; the diagonal is the reliability of each pattern.
    """
    names = pattern_order(patterns)
    places = [np.flatnonzero(np.asarray(patterns, dtype=str) == name) for name in names]
    if min(map(len, places)) < 2:
        raise ValueError("a pattern with one trial has no halves")
    total = np.zeros((len(names), len(names)))
    for _ in range(splits):
        drawn = [generator.permutation(own) for own in places]
        halves = [
            np.stack([responses[own[side::2][: len(own) // 2]].mean(axis=0) for own in drawn])
            for side in (0, 1)
        ]
        each = cosine(*halves)
        total += (each + each.T) / 2
    return total / splits


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
