"""Noise that makes a network name as many images right as a brain does, chosen exactly.

Ties count as wrong, here and where accuracies of teachers are told: a class is named where its
logit is above all others.
"""

from typing import NamedTuple

import numpy as np


class Noise(NamedTuple):
    """Noise that was chosen.

    Attributes
    ----------
    scale : float
        What unit noise is multiplied by before it is added to the logits.
    right : int
        Images that are named right with it.
    wanted : int
        Images that should be.
    """

    scale: float
    right: int
    wanted: int


def named_right(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether each image's true class has the one highest logit.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    labels : ndarray of int, shape (images,)

    Returns
    -------
    ndarray of bool, shape (images,)
    """
    return np.asarray((_margins(logits, labels) > 0).all(axis=1))


def least_noise(logits: np.ndarray, noise: np.ndarray, labels: np.ndarray, wanted: int) -> Noise:
    """Choose the least scale of noise that leaves as many images right as are wanted.

    An image is named right as long as no wrong class catches up, which for each wrong class is a
    bound on the scale: so the scales at which an image is right are an interval, and how many are
    right changes at the ends of these alone. Between any two of them one scale is tried, from the
    least on, and the first that comes nearest is taken.

    Parameters
    ----------
    logits, noise : ndarray, shape (images, classes)
        The network's logits, and noise of unit variance.
    labels : ndarray of int, shape (images,)
    wanted : int
        Images that should be named right.

    Returns
    -------
    Noise
        Of scale 0 where no more are right without noise than are wanted: noise tells nothing.
    """
    at_zero = int(named_right(logits, labels).sum())
    if at_zero <= wanted:
        return Noise(0.0, at_zero, wanted)
    margins, drifts = _margins(logits, labels), _margins(noise, labels)
    with np.errstate(divide="ignore", invalid="ignore"):
        caught = -margins / drifts
    low = np.where(drifts > 0, caught, 0.0).max(axis=1).clip(min=0)
    high = np.where(drifts < 0, caught, np.inf).min(axis=1)
    high = np.where(((drifts == 0) & (margins <= 0)).any(axis=1), -np.inf, high)
    low, high = np.sort(low[low < high]), np.sort(high[low < high])
    ends = np.unique(np.concatenate([[0.0], low, high[np.isfinite(high)]]))
    scales = np.append((ends[:-1] + ends[1:]) / 2, 2 * ends[-1] + 1)
    right = np.searchsorted(low, scales) - np.searchsorted(high, scales)
    scales, right = np.append(0.0, scales), np.append(at_zero, right)
    best = int(np.abs(right - wanted).argmin())
    return Noise(float(scales[best]), int(right[best]), wanted)


def _margins(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The true class's value less that of each wrong class, shape (images, classes - 1)."""
    values = np.asarray(values, dtype=np.float64)
    wrong = np.arange(values.shape[1]) != np.asarray(labels)[:, None]
    true = np.take_along_axis(values, np.asarray(labels)[:, None], axis=1)
    return (true - values)[wrong].reshape(len(values), -1)
