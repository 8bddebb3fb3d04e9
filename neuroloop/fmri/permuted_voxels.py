"""Scaling and selecting voxels for many permutations of the labels at once.

Scaling does not depend on labels. F grows with the share of a voxel's variance that lies between
classes, which follows from the class sums of all permutations: these are one sparse product.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from neuroloop.fmri.voxels import scaling, top_voxels
from neuroloop.statistics.folds import Split

#: Most voxels for which the full X'X is computed (doubles: 134 MB).
GRAM_VOXELS = 4096

#: Most numbers in the class sums of permutations handled together (64 MB).
SUMS_SIZE = 8_000_000


class Scaled(NamedTuple):
    """A split's rows, scaled as `voxels.prepare` does, in double precision.

    Attributes
    ----------
    train, test : ndarray, (n, voxels) and (m, voxels)
    variance : ndarray, (voxels,)
        Of the training rows; 1 where they are constant.
    """

    train: np.ndarray
    test: np.ndarray
    variance: np.ndarray


def scaled(x: np.ndarray, split: Split, scale: bool) -> Scaled:
    """Scale a split's rows by its training rows."""
    x_train = np.asarray(x[split.train], dtype=np.float64)
    mean, unit = scaling(x_train, scale)
    train = (x_train - mean) / unit
    variance = np.where(np.isinf(unit), 1.0, train.var(axis=0))
    return Scaled(train, (x[split.test] - mean) / unit, variance)


def selected(
    rows: Scaled, labels: np.ndarray, n_classes: int, n_voxels: int
) -> Iterator[np.ndarray]:
    """Yield the voxels that `voxels.select_voxels` selects for each permutation.

    Parameters
    ----------
    rows : Scaled
    labels : ndarray of int, (permutations, n)
        Of the training rows.
    n_classes, n_voxels : int

    Yields
    ------
    ndarray of int, (min(n_voxels, voxels),)
    """
    total = rows.train.shape[1]
    chunk = max(1, SUMS_SIZE // (n_classes * total))
    for start in range(0, len(labels), chunk):
        _, sums = class_sums(rows.train, labels[start : start + chunk], n_classes)
        between = np.einsum("pkv,pkv->pv", sums, sums) / rows.variance
        yield from (top_voxels(score, n_voxels) for score in between)


def class_sums(
    train: np.ndarray, labels: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum rows by class for every permutation, divided by the root of the class's size.

    Parameters
    ----------
    train : ndarray, (n, voxels)
    labels : ndarray of int, (permutations, n)

    Returns
    -------
    counts : ndarray of int, (permutations, classes)
    scaled : ndarray, (permutations, classes, voxels)
        Their squares sum over classes to the sum of squares between classes.
    """
    n_permutations, n_rows = labels.shape
    cells = labels + n_classes * np.arange(n_permutations)[:, None]
    counts = np.bincount(cells.ravel(), minlength=n_permutations * n_classes)
    rows = np.argsort(labels, axis=1, kind="stable").ravel()
    ends = np.concatenate([[0], np.cumsum(counts)])
    weights = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts)
    chooser = sparse.csr_array((weights, rows, ends), shape=(len(counts), n_rows))
    return (
        counts.reshape(n_permutations, n_classes),
        (chooser @ train).reshape(n_permutations, n_classes, train.shape[1]),
    )
