"""Whether students are right as often as they are sure, and how far their probabilities are off.

Each measure is a table with a cell for every student and test image whose mean is the measure, so
that an interval can let both seeds and images vary.
"""

import numpy as np
from scipy.special import log_softmax

#: Bins of confidence, each of as many test images.
BINS = 15


def calibration_cells(logits: np.ndarray, truth: np.ndarray, n_bins: int = BINS) -> np.ndarray:
    """Expected calibration error of each student, over bins that hold as many images each.

    ECE = sum over bins of n_b / n * abs(accuracy_b - confidence_b) of the largest probability (Guo
    et al. 2017, ICML, eq. 3), in bins of equal mass, where no bin is nearly empty (Nguyen &
    O'Connor 2015, EMNLP; Nixon et al. 2019, CVPR Workshops). With the sign s_b of its bin the
    error is the mean of s_b (confidence - right) over images. It is above 0 also for students that
    are calibrated, the more so the fewer images a bin has; students that are compared have as many.

    Parameters
    ----------
    logits : ndarray of float, shape (seeds, images, classes)
    truth : ndarray of int, shape (images,)
    n_bins : int
        At most as many as there are images.

    Returns
    -------
    ndarray of float64, shape (seeds, images)
        s_b (confidence - right); the mean over images is the error of each student.
    """
    confidence = np.exp(_log_probabilities(logits).max(axis=2))
    surplus = confidence - (np.argmax(logits, axis=2) == truth)
    cells = np.empty_like(surplus)
    for own, sure, cell in zip(surplus, confidence, cells, strict=True):
        order = np.argsort(sure, kind="stable")
        for rows in np.array_split(order, min(n_bins, len(order))):
            cell[rows] = own[rows] * (-1 if own[rows].sum() < 0 else 1)
    return cells


def brier_cells(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Squared distance of probabilities from the truth, summed over classes (Brier 1950).

    Monthly Weather Review 78:1. The mean over images, from 0 to 2, is the Brier score.

    Parameters
    ----------
    logits : ndarray of float, shape (seeds, images, classes)
    truth : ndarray of int, shape (images,)

    Returns
    -------
    ndarray of float64, shape (seeds, images)
    """
    probabilities = np.exp(_log_probabilities(logits))
    right = np.arange(probabilities.shape[2]) == np.asarray(truth)[:, None]
    return np.asarray(((probabilities - right) ** 2).sum(axis=2))


def log_loss_cells(logits: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Negative logarithm of the probability of the true class, in nats.

    The mean over images is the negative log-likelihood, a proper score as Brier's is (Gneiting &
    Raftery 2007, J. Am. Stat. Assoc. 102:359).

    Parameters
    ----------
    logits : ndarray of float, shape (seeds, images, classes)
    truth : ndarray of int, shape (images,)

    Returns
    -------
    ndarray of float64, shape (seeds, images)
    """
    own = np.asarray(truth)[None, :, None]
    return np.asarray(-np.take_along_axis(_log_probabilities(logits), own, axis=2)[:, :, 0])


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    return np.asarray(log_softmax(np.asarray(logits, dtype=np.float64), axis=2))
