"""What a decoder must return: finite scores, one for each test row and class.

A class missing from the training rows cannot be predicted: its score lies below the lowest score of
the row by the row's range, and by at least 1 (infinity would not survive calibration).
"""

import numpy as np

from neuroloop.errors import NeuroLoopError


def checked(scores: object, expected: tuple[int, int], where: str) -> np.ndarray:
    """Return scores that can be compared and calibrated.

    Parameters
    ----------
    scores : object
        What a decoder returned.
    expected : (int, int)
        Test rows and classes.
    where : str
        Decoder and fold, for messages.

    Returns
    -------
    ndarray, (test rows, classes)
        The same scores.

    Raises
    ------
    NeuroLoopError
        If they are not an array of finite numbers of that shape.
    """
    if not isinstance(scores, np.ndarray):
        raise NeuroLoopError(
            f"{where}: its scores are of type {type(scores).__name__}, not a NumPy array: fix the "
            "decoder"
        )
    if scores.shape != expected:
        raise NeuroLoopError(
            f"{where}: its scores have the shape {scores.shape}, not {expected} (test rows, "
            "classes): fix the decoder"
        )
    if scores.dtype.kind not in "fiu":
        raise NeuroLoopError(f"{where}: its scores are {scores.dtype}, not numbers")
    broken = ~np.isfinite(scores)
    if broken.any():
        kind = "NaN" if np.isnan(scores).any() else "infinite"
        raise NeuroLoopError(
            f"{where}: {int(broken.sum())} of {scores.size} scores are {kind}: the fit failed, or "
            "a class got no score; look for NaN in the data, or fix the decoder"
        )
    return scores


def with_missing(scores: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Give untrained classes the low score described at the top of this module.

    Parameters
    ----------
    scores : ndarray, (..., m, trained classes)
    classes : ndarray of int, (trained classes,)
        Index of each of them.
    n_classes : int
        All classes.

    Returns
    -------
    ndarray, (..., m, n_classes) float64
    """
    lowest = scores.min(axis=-1, keepdims=True)
    low = lowest - np.maximum(scores.max(axis=-1, keepdims=True) - lowest, 1.0)
    full = np.repeat(low, n_classes, axis=-1).astype(np.float64)
    full[..., classes] = scores
    return full


def all_classes(decision: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Turn scikit-learn's decision values into scores of all classes.

    Parameters
    ----------
    decision : ndarray, (m, trained classes), or (m,) where two were trained
        Two classes get minus and plus half the value, whose softmax is its logistic function.
    classes : ndarray of int, (trained classes,)
        The model's ``classes_``.
    n_classes : int
        All classes.

    Returns
    -------
    ndarray, (m, n_classes) float64
        See `with_missing`.
    """
    if decision.ndim == 1:
        decision = np.stack([-decision / 2, decision / 2], axis=1)
    return with_missing(decision, classes, n_classes)
