"""How sure a number is: patients, with all of their images, are drawn with replacement."""

from collections.abc import Iterator

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator

#: Resamples at once: their weights stay within some megabytes.
CHUNK = 200


def patient_weights(n_patients: int, n_boot: int, seed: int) -> Iterator[np.ndarray]:
    """Draw as many patients as there are, with replacement (cluster bootstrap).

    Radiographs of one patient are alike, so that they are drawn together (Davison & Hinkley 1997,
    Bootstrap Methods and their Application, section 3.8).

    Parameters
    ----------
    n_patients : int
    n_boot : int
        Number of resamples.
    seed : int
        Root seed; the same one draws the same patients.

    Yields
    ------
    ndarray of float64, shape (up to `CHUNK`, patients)
        How often each patient was drawn; a row sums to `n_patients`.

    Raises
    ------
    NeuroLoopError
        If there are fewer than two patients: one says nothing about others.
    """
    if n_patients < 2:
        raise NeuroLoopError(
            f"radiographs of {n_patients} patient{'s' * (n_patients != 1)} give no interval over "
            f"patients: "
            "predict radiographs of at least 2"
        )
    generator = numpy_generator(seed, "resampled persons")
    for start in range(0, n_boot, CHUNK):
        size = min(CHUNK, n_boot - start)
        drawn = generator.integers(n_patients, size=(size, n_patients))
        drawn += n_patients * np.arange(size)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=size * n_patients)
        yield counts.reshape(size, n_patients).astype(np.float64)


def weighted_auc(
    scores: np.ndarray, positive: np.ndarray, patients: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Area under the ROC curve in each resample.

    The share of pairs of a positive and a negative radiograph in which the positive one scores
    higher; a tie counts one half (Mann & Whitney 1947, Ann. Math. Stat. 18:50). A radiograph counts
    as often as its patient was drawn.

    Parameters
    ----------
    scores : ndarray of float, shape (n,)
    positive : ndarray of bool, shape (n,)
    patients : ndarray of int, shape (n,)
        Column of `weights` of each radiograph.
    weights : ndarray of float, shape (resamples, patients)

    Returns
    -------
    ndarray of float64, shape (resamples,)
        NaN where a resample lacks positive or negative radiographs.
    """
    order = np.argsort(scores, kind="stable")
    scores, positive, patients = scores[order], positive[order], patients[order]
    against = weights[:, patients[~positive]]
    for_it = weights[:, patients[positive]]
    # How many negative radiographs lie below each place among them.
    below = np.zeros((len(weights), against.shape[1] + 1))
    np.cumsum(against, axis=1, out=below[:, 1:])
    first = np.searchsorted(scores[~positive], scores[positive], side="left")
    last = np.searchsorted(scores[~positive], scores[positive], side="right")
    won = (for_it * (below[:, first] + below[:, last])).sum(axis=1) / 2
    return ratio(won, for_it.sum(axis=1) * below[:, -1])


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Quotient, NaN where `whole` is 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
