"""How well logits name the true classes."""

import numpy as np
from scipy.special import log_softmax

from neuroloop.errors import NeuroLoopError

#: Fewest classes for which an accuracy within the first five says anything.
TOP5_CLASSES = 6


def hits(logits: np.ndarray, truth: np.ndarray, k: int = 1) -> np.ndarray:
    """Tell which rows have their true class among the `k` largest logits.

    Of equal logits the class of lower index goes first, as in ``argmax``, so that constant logits
    score no better than naming the first `k` classes.

    Parameters
    ----------
    logits : ndarray of float, shape (n, classes)
        Natural logarithms of odds, up to a constant a row.
    truth : ndarray of int, shape (n,)
        Index of the true class.
    k : int
        How many classes a row may name.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    logits, truth = _checked(logits, truth)
    own = _own(logits, truth)
    earlier = np.arange(logits.shape[1]) < truth[:, None]
    rank = (logits > own).sum(axis=1) + ((logits == own) & earlier).sum(axis=1)
    return rank < k


def confusion_matrix(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Count the rows of each true class (rows) that were named each class (columns).

    Returns
    -------
    ndarray of int, shape (classes, classes)
    """
    logits, truth = _checked(logits, truth)
    n_classes = logits.shape[1]
    cells = truth * n_classes + logits.argmax(axis=1)
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def balanced_accuracy(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the classes that occur of the share of their rows that were named right."""
    counts = confusion_matrix(logits, truth)
    occurs = counts.sum(axis=1) > 0
    return float((counts.diagonal()[occurs] / counts.sum(axis=1)[occurs]).mean())


def log_loss(logits: np.ndarray, truth: np.ndarray) -> float:
    """Mean negative logarithm of the probability of the true class, in nats."""
    logits, truth = _checked(logits, truth)
    return float(-_own(log_softmax(logits, axis=1), truth).mean())


def calibration_error(logits: np.ndarray, truth: np.ndarray, n_bins: int = 15) -> float:
    """Expected calibration error: mean distance of confidence and accuracy over bins.

    ECE = sum_m n_m / n * abs(accuracy_m - confidence_m) over bins ((m - 1) / M, m / M] of the
    largest probability (Guo et al. 2017, On Calibration of Modern Neural Networks, eq. 3).

    Parameters
    ----------
    logits : ndarray of float, shape (n, classes)
    truth : ndarray of int, shape (n,)
    n_bins : int
        M, the number of bins of equal width.

    Returns
    -------
    float
        In [0, 1].
    """
    logits, truth = _checked(logits, truth)
    confidence = np.exp(log_softmax(logits, axis=1).max(axis=1))
    inner_edges = np.linspace(0, 1, n_bins + 1)[1:-1]
    bins = np.searchsorted(inner_edges, confidence, side="left")
    surplus = np.bincount(bins, weights=hits(logits, truth) - confidence, minlength=n_bins)
    return float(np.abs(surplus).sum() / len(truth))


def pairwise_identification(logits: np.ndarray, truth: np.ndarray) -> float:
    """Share of pairs of the true and a wrong class in which the true one has the larger logit.

    A tie counts one half, so that chance is 0.5 (the measure of Horikawa & Kamitani 2017, Nat.
    Commun. 8:15037, with logits in the place of correlations of features).

    Returns
    -------
    float
        Mean over rows and wrong classes, in [0, 1].
    """
    logits, truth = _checked(logits, truth)
    own = _own(logits, truth)
    # The true class ties with itself: that half is taken off again.
    won = (own > logits).sum(axis=1) + 0.5 * ((own == logits).sum(axis=1) - 1)
    return float(won.mean() / (logits.shape[1] - 1))


def pairwise_by_chance(logits: np.ndarray, truth: np.ndarray, folds: np.ndarray) -> float:
    """Pairwise identification of these logits if they know nothing of the truth but its shares.

    Every row is given the truth of every row of its fold in turn. That is 0.5 where a fold's
    classes are equal, and below it where a decoder favours what is common in training, and so
    rare in the fold.

    Parameters
    ----------
    logits : ndarray of float, shape (n, classes)
    truth : ndarray of int, shape (n,)
    folds : ndarray of int, shape (n,)
        Fold of each row.
    """
    from scipy.stats import rankdata  # takes a second to import

    logits, truth = _checked(logits, truth)
    total = 0.0
    for fold in np.unique(folds):
        inside = folds == fold
        shares = np.bincount(truth[inside], minlength=logits.shape[1]) / inside.sum()
        # Average rank of each class in each row, from 0: the wrong classes that it beats.
        total += float(((rankdata(logits[inside], axis=1) - 1) @ shares).sum())
    return total / (len(truth) * (logits.shape[1] - 1))


def chance_level(truth: np.ndarray) -> float:
    """Accuracy of always naming the most frequent class."""
    return float(np.bincount(truth).max() / len(truth))


def agreement_by_chance(logits: np.ndarray, truth: np.ndarray) -> float:
    """Accuracy that these predictions have on average if they know nothing of the truth.

    It is the sum over classes of the share of rows that are named so times the share that are so
    (expected agreement: Cohen 1960, Educ. Psychol. Meas. 20:37): 1 / classes where classes are
    equal, and the commonest class's share for naming it always.
    """
    counts = confusion_matrix(logits, truth)
    if len(set(counts.sum(axis=1).tolist())) == 1:
        return 1 / len(counts)
    return float(counts.sum(axis=0) @ counts.sum(axis=1) / counts.sum() ** 2)


def classification_metrics(logits: np.ndarray, truth: np.ndarray) -> dict[str, float | int | None]:
    """All metrics of one set of predictions, under the keys of ``metrics.json``.

    Parameters
    ----------
    logits : ndarray of float, shape (n, classes)
        Natural logarithms of odds, up to a constant a row.
    truth : ndarray of int, shape (n,)
        Index of the true class.

    Returns
    -------
    dict
        ``accuracy``, ``balanced_accuracy``, ``top5_accuracy`` (None below six classes),
        ``log_loss`` (nats), ``calibration_error``, ``pairwise_identification``, ``chance``, ``n``.

    Raises
    ------
    NeuroLoopError
        If a logit is NaN or infinite.
    """
    logits, truth = _checked(logits, truth)
    top5 = float(hits(logits, truth, 5).mean()) if logits.shape[1] >= TOP5_CLASSES else None
    return {
        "accuracy": float(hits(logits, truth).mean()),
        "balanced_accuracy": balanced_accuracy(logits, truth),
        "top5_accuracy": top5,
        "log_loss": log_loss(logits, truth),
        "calibration_error": calibration_error(logits, truth),
        "pairwise_identification": pairwise_identification(logits, truth),
        "chance": chance_level(truth),
        "n": len(truth),
    }


def _own(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Value of each row's true class, shape (n, 1)."""
    return np.take_along_axis(values, truth[:, None], axis=1)


def _checked(logits: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits in double precision and class indices, of shapes and values that can be scored."""
    logits, truth = np.asarray(logits, dtype=np.float64), np.asarray(truth)
    if logits.ndim != 2 or truth.shape != logits.shape[:1] or not logits.shape[0]:
        raise ValueError(f"logits {logits.shape} and truth {truth.shape} cannot be scored")
    if logits.shape[1] < 2 or truth.min() < 0 or truth.max() >= logits.shape[1]:
        raise ValueError(
            f"true classes {truth.min()} to {truth.max()}, but logits of {logits.shape[1]} classes"
        )
    lost = int((~np.isfinite(logits)).any(axis=1).sum())
    if lost:
        raise NeuroLoopError(
            f"{lost} of {len(logits)} rows of logits are not finite: the fit diverged, lower its "
            "learning rate or look for NaN in its data"
        )
    return logits, truth.astype(np.int64)
