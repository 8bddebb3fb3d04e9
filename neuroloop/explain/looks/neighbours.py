"""Nearest neighbours among embeddings, and how often they are of the same class."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.intervals import Estimate
from neuroloop.statistics.pairs import pair_interval

METRICS = ("cosine", "euclidean")

#: Distances in memory at a time.
DISTANCES_AT_ONCE = 4_000_000


class SameClass(NamedTuple):
    """Share of neighbours that are of the class of their row.

    Attributes
    ----------
    share : Estimate
        Over all neighbours of all rows, with a 95 % interval over rows, or groups of them: all
        pairs that one is in, as asker or as neighbour, hang on it.
    chance : float
        The share expected for neighbours drawn at random from the admissible ones.
    n : int
        Rows.
    """

    share: Estimate
    chance: float
    n: int


def nearest(
    embeddings: np.ndarray,
    k: int,
    metric: str = "cosine",
    groups: Sequence[str] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest neighbours of each row, itself excluded.

    Parameters
    ----------
    embeddings : ndarray, shape (n, features)
    k : int
    metric : {"cosine", "euclidean"}
        Cosine: 1 less the cosine of the angle; 1 for a row of zeros.
    groups : sequence of str, shape (n,), optional
        Rows of one group (a patient's images) are not admitted as neighbours of each other.

    Returns
    -------
    rows : ndarray of int64, shape (n, k)
        Nearest first; ties go to the lower row.
    distances : ndarray of float64, shape (n, k)

    Raises
    ------
    NeuroLoopError
        If a value is not finite, or a row has fewer than k other rows outside its group.
    """
    vectors = _vectors(embeddings, metric)
    of_row = _group_numbers(groups, len(vectors))
    admitted = len(vectors) - np.bincount(of_row)[of_row]
    if k < 1 or len(vectors) == 0 or admitted.min() < k:
        fewest = admitted.min(initial=len(vectors))
        raise NeuroLoopError(
            f"{k} nearest neighbours are requested, but a row has {fewest} admissible ones: lower "
            "the number of neighbours, or take more images"
        )
    rows = np.empty((len(vectors), k), dtype=np.int64)
    distances = np.empty((len(vectors), k))
    block = max(1, DISTANCES_AT_ONCE // len(vectors))
    squares = np.array([(row**2).sum() for row in vectors])
    for start in range(0, len(vectors), block):
        part = slice(start, start + block)
        found = _distances(vectors[part], vectors, metric, squares[part], squares)
        found[of_row[part, None] == of_row] = np.inf
        rows[part] = found.argsort(axis=1, kind="stable")[:, :k]
        distances[part] = np.take_along_axis(found, rows[part], axis=1)
    return rows, distances


def same_class(
    rows: np.ndarray, labels: Sequence[object], groups: Sequence[str] | None = None
) -> SameClass:
    """Count neighbours of the same class.

    Parameters
    ----------
    rows : ndarray of int, shape (n, k)
        Of `nearest`.
    labels : sequence, shape (n,)
        Class of each row.
    groups : sequence of str, shape (n,), optional
        As given to `nearest`.

    Returns
    -------
    SameClass
    """
    _, classes = np.unique(np.asarray(labels), return_inverse=True)
    of_row = _group_numbers(groups, len(rows))
    if len(classes) != len(rows):
        raise ValueError(f"{len(classes)} labels for {len(rows)} rows")
    hits = classes[rows] == classes[:, None]
    both = np.zeros((of_row.max() + 1, classes.max() + 1))
    np.add.at(both, (of_row, classes), 1)
    outside = len(rows) - both.sum(axis=1)[of_row]
    alike = both.sum(axis=0)[classes] - both[of_row, classes]
    askers = np.repeat(of_row, rows.shape[1])
    share = pair_interval(hits.ravel(), askers, of_row[rows].ravel())
    return SameClass(share, float((alike / outside).mean()), len(rows))


def _vectors(embeddings: np.ndarray, metric: str) -> np.ndarray:
    """Rows in double precision, of length 1 for the cosine, centred for distances' precision."""
    if metric not in METRICS:
        raise ValueError(f"no metric {metric!r}")
    vectors = np.array(embeddings, dtype=np.float64)
    if vectors.ndim != 2:
        raise ValueError(f"embeddings of shape {vectors.shape} are no rows")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise NeuroLoopError(
            f"the embedding of row {bad[0]} has values that are not finite: fix the image, or "
            "train the network again"
        )
    if metric == "euclidean":
        vectors -= vectors.mean(axis=0)
        return vectors
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1)
    return vectors


def _group_numbers(groups: Sequence[str] | None, count: int) -> np.ndarray:
    """Number of each row's group; without groups each row is its own."""
    if groups is None:
        return np.arange(count)
    _, numbers = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    if len(numbers) != count:
        raise ValueError(f"{len(numbers)} groups for {count} rows")
    return numbers


def _distances(
    some: np.ndarray, rows: np.ndarray, metric: str, squares: np.ndarray, of_rows: np.ndarray
) -> np.ndarray:
    """Distances of some rows from all; the latter two are their sums of squares."""
    products = some @ rows.T
    if metric == "cosine":
        return 1 - products
    return np.sqrt(np.maximum(squares[:, None] + of_rows - 2 * products, 0))
