"""A small fixed decoder, for looking at data before they are analysed: no result rests on it.

Ridge regression on the classes' indicators, on the voxels of the training folds that differ most
between classes. Nothing is chosen, so that it takes a second.
"""

from collections.abc import Sequence

import numpy as np

from neuroloop.files.natural_order import natural_sorted
from neuroloop.statistics.folds import group_folds

#: Voxels that are selected in each training fold.
VOXELS = 300

#: Ridge penalty as a multiple of the number of training rows, for voxels of variance 1.
PENALTY = 0.5

#: Most folds of runs.
FOLDS = 8


def scores_by_run(x: np.ndarray, labels: Sequence[str], runs: Sequence[str]) -> np.ndarray:
    """Score every row by a decoder that has not seen its run.

    Parameters
    ----------
    x : ndarray, shape (rows, voxels)
    labels, runs : sequence of str
        Class and run of each row.

    Returns
    -------
    ndarray of float, shape (rows, classes)
        Classes in natural order. A row whose fold leaves fewer than two classes has NaN.
    """
    classes = {name: index for index, name in enumerate(natural_sorted(set(labels)))}
    target = np.array([classes[name] for name in labels])
    folds = group_folds(runs, min(FOLDS, len(set(runs))))
    scores = np.full((len(x), len(classes)), np.nan)
    for fold in range(folds.max() + 1):
        test = folds == fold
        if len(set(target[~test])) > 1:
            scores[test] = _ridge(x[~test], target[~test], x[test], len(classes))
    return scores


def _ridge(x: np.ndarray, target: np.ndarray, other: np.ndarray, classes: int) -> np.ndarray:
    """Fit on `x` and score `other`, shape (rows of other, classes)."""
    x, other = x.astype(np.float64), other.astype(np.float64)
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    deviation[deviation == 0] = np.inf
    x, other = (x - mean) / deviation, (other - mean) / deviation
    indicator = np.eye(classes)[target]
    counts = indicator.sum(axis=0)
    between = ((indicator.T @ x) ** 2 / np.maximum(counts, 1)[:, None]).sum(axis=0)
    chosen = np.sort(np.argsort(-between, kind="stable")[:VOXELS])
    x, other = x[:, chosen], other[:, chosen]
    gram = x.T @ x + PENALTY * len(x) * np.eye(len(chosen))
    return other @ np.linalg.solve(gram, x.T @ (indicator - counts / len(x))) + counts / len(x)
