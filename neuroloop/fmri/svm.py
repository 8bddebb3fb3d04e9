"""Linear support vector machines, one class against one, on a shared kernel.

The optimum of every pair of classes is found exactly (see `svm_pair`), so that the decoder and its
null are one and the same estimator, with no tolerance that could tell them apart. The kernel XX' of
the training rows is sorted by class once for all pairs; where no voxel is selected by the labels it
is made once for all permutations.
"""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

from neuroloop.fmri.permuted_voxels import scaled, selected
from neuroloop.fmri.scores import with_missing
from neuroloop.fmri.svm_pair import definite, solve
from neuroloop.statistics.folds import Split


def scores(
    train: np.ndarray, y: np.ndarray, test: np.ndarray, n_classes: int, C: float
) -> np.ndarray:
    """Score test rows by the votes of all pairs of classes.

    Parameters
    ----------
    train, test : ndarray, (n, voxels) and (m, voxels)
    y : ndarray of int, (n,)
        Classes of the training rows.
    n_classes : int
    C : float
        Weight of the hinge loss.

    Returns
    -------
    ndarray, (m, n_classes) float64
        Votes, plus a fraction below 1/2 from the sums of the decision values, as scikit-learn's
        ``decision_function_shape="ovr"``; two classes get minus and plus half the decision value.
        See `scores.with_missing` for classes that `y` lacks.
    """
    weights, bias = machines(definite(train @ train.T), y, C)
    return with_missing(voted(test @ (train.T @ weights) + bias), np.unique(y), n_classes)


def machines(kernel: np.ndarray, y: np.ndarray, C: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the machines of all pairs of classes.

    Parameters
    ----------
    kernel : ndarray, (n, n)
        See `svm_pair.definite`.
    y : ndarray of int, (n,)
    C : float

    Returns
    -------
    coefficients : ndarray, (n, pairs)
        Of the training rows; the first class of a pair is positive.
    bias : ndarray, (pairs,)
    """
    order = np.argsort(y, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.unique(y, return_counts=True)[1])])
    members = [slice(*both) for both in pairwise(ends)]
    pairs = list(combinations(members, 2))
    by_class = kernel[order].take(order, axis=1)
    coefficients, bias = np.zeros((len(y), len(pairs))), np.empty(len(pairs))
    for index, (first, second) in enumerate(pairs):
        size, total = (
            first.stop - first.start,
            first.stop - first.start + second.stop - second.start,
        )
        part = np.empty((total, total))
        part[:size, :size], part[size:, size:] = by_class[first, first], by_class[second, second]
        part[:size, size:], part[size:, :size] = by_class[first, second], by_class[second, first]
        found = solve(part, np.where(np.arange(total) < size, 1.0, -1.0), C)
        coefficients[np.r_[order[first], order[second]], index] = found.coefficients
        bias[index] = found.bias
    return coefficients, bias


def voted(decision: np.ndarray) -> np.ndarray:
    """Make scores of classes from the decisions of their pairs.

    Parameters
    ----------
    decision : ndarray, (m, pairs)
        Positive for the first class of a pair.

    Returns
    -------
    ndarray, (m, classes)
    """
    if decision.shape[1] == 1:
        return np.concatenate([decision, -decision], axis=1) / 2
    n_classes = round((1 + np.sqrt(1 + 8 * decision.shape[1])) / 2)
    first, second = np.array(list(combinations(range(n_classes), 2))).T
    favours = np.eye(n_classes)[first] - np.eye(n_classes)[second]
    sums = decision @ favours
    votes = np.where(decision >= 0, 0.5, -0.5) @ favours + (n_classes - 1) / 2
    made: np.ndarray = votes + sums / (3 * (np.abs(sums) + 1))
    return made


def permuted_predictions(
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    split: Split,
    n_classes: int,
    n_voxels: int,
    scale: bool = True,
    C: float = 1.0,
) -> Iterator[np.ndarray]:
    """Yield the predicted classes of the test rows for every permutation.

    Parameters
    ----------
    x : ndarray, (rows, voxels)
        Activity.
    labels : ndarray of int, (permutations, rows)
        Class indices.
    groups : ndarray of str, (rows,)
        Not used.
    split : Split
        Training and test rows.
    n_classes : int
        Classes of the data set.
    n_voxels, scale
        See `voxels.prepare`.
    C
        See `scores`.

    Yields
    ------
    ndarray of int, (test rows,)
    """
    rows = scaled(x, split, scale)
    permuted = labels[:, split.train]
    if n_voxels >= x.shape[1]:
        kernel = definite(rows.train @ rows.train.T)
        for y in permuted:
            yield _predicted(rows.train, kernel, y, rows.test, C)
        return
    for y, kept in zip(permuted, selected(rows, permuted, n_classes, n_voxels), strict=True):
        train, test = rows.train.take(kept, axis=1), rows.test.take(kept, axis=1)
        yield _predicted(train, definite(train @ train.T), y, test, C)


def _predicted(
    train: np.ndarray, kernel: np.ndarray, y: np.ndarray, test: np.ndarray, C: float
) -> np.ndarray:
    """Predict the classes of test rows."""
    coefficients, bias = machines(kernel, y, C)
    votes = voted(test @ (train.T @ coefficients) + bias)
    named: np.ndarray = np.unique(y)[votes.argmax(axis=1)]
    return named
