"""Null distributions of balanced accuracy from label permutation.

`units` defines what is exchanged: labels move with whole blocks, or with whole images if an image
is shown in several blocks, within runs (Etzel 2017, MVPA significance testing when just above
chance, and related properties of permutation tests; Nichols & Holmes 2002, Hum. Brain Mapp. 15:1).
p values come from `statistics.permutation_p`.

The statistic is balanced accuracy. A class whose units have more rows than those of others keeps
these rows in the data but not in a permutation, so that always predicting it would beat a null of
plain accuracies without any information; its balanced accuracy is always 1 / classes. If all
classes have equally many rows, the two are the same.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.linear import predictions
from neuroloop.fmri.nested import inner_groups
from neuroloop.fmri.units import permutation_units
from neuroloop.jobs.progress import progress
from neuroloop.statistics.folds import Split, fold_of_rows

#: By how much the null of fixed predictions is too narrow at most (see `label_null`).
FOLDS_TEACH_EACH_OTHER = float(np.sqrt(2))


def permutations(
    y: np.ndarray,
    blocks: np.ndarray,
    runs: np.ndarray,
    generator: np.random.Generator,
    n: int,
    stimuli: np.ndarray | None = None,
    folds: np.ndarray | None = None,
) -> np.ndarray:
    """Permute the labels of units that are exchangeable.

    Parameters
    ----------
    y, blocks, runs, stimuli, folds
        See `units.permutation_units`.
    generator : numpy.random.Generator
    n : int
        Number of independent permutations; with 0 no error is raised.

    Returns
    -------
    ndarray of int, (n, rows)
        With as many units of each class in each stratum as in `y`.

    Raises
    ------
    NeuroLoopError
        If a block or an image has rows of two classes, or if nothing can be exchanged.
    """
    found = permutation_units(y, blocks, runs, stimuli, folds)
    if found.impossible and n:
        raise NeuroLoopError(f"{found.impossible}: fix the columns run, block and stimulus_id")
    stratum, label = found.stratum, found.label
    ordered = np.argsort(stratum, kind="stable")
    # Units in random order, but stratum after stratum: position i gets the label of the i-th.
    shuffled = np.argsort(stratum[ordered] + generator.random((n, len(label))), axis=1)
    permuted = np.empty((n, len(label)), dtype=label.dtype)
    permuted[:, ordered] = label[ordered][shuffled]
    return permuted[:, found.unit]


def label_null(
    predictions: np.ndarray,
    y: np.ndarray,
    blocks: np.ndarray,
    runs: np.ndarray,
    generator: np.random.Generator,
    n: int,
    stimuli: np.ndarray | None = None,
    folds: np.ndarray | None = None,
) -> np.ndarray:
    """Compute the null of a decoder without retraining: fixed predictions, permuted labels.

    In each fold predictions know nothing of its labels. But what fold a taught is tested in fold b,
    and what b taught in a: in decoders that are linear in their labels, such as nearest means,
    both are one and the same sum over pairs of their rows. Counted twice, it doubles the variance
    of the accuracy, and permutations that keep the predictions do not show that: up to 12 % of p
    on noise were below 0.05, however many units there are. So deviations from the mean are widened
    by `FOLDS_TEACH_EACH_OTHER`. Networks, whose training adds noise of its own, are less alike from
    fold to fold, so that their p is rather too large.

    Parameters
    ----------
    predictions : ndarray of int, (rows,)
        Classes predicted out of fold.
    y, blocks, runs, generator, stimuli, folds
        See `permutations`; predicted rows only.
    n : int
        Number of permutations.

    Returns
    -------
    ndarray, (n,) float64
        Balanced accuracies, widened; between 0 and 1.
    """
    labels = permutations(y, blocks, runs, generator, n, stimuli, folds)
    null = balanced_accuracies(labels, predictions)
    mean = null.mean() if n else 0.0
    return np.clip(mean + FOLDS_TEACH_EACH_OTHER * (null - mean), 0.0, 1.0)


def balanced_accuracies(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Average the share of correctly predicted rows over the classes that occur.

    Parameters
    ----------
    labels : ndarray of int, (n, rows)
        True classes, of `n` permutations.
    predictions : ndarray of int, (n, rows) or (rows,)

    Returns
    -------
    ndarray, (n,) float64
        As `metrics.balanced_accuracy` gives for each permutation.
    """
    n, n_classes = len(labels), labels.max(initial=0) + 1
    cells = (labels + n_classes * np.arange(n)[:, None]).ravel()
    hits = (labels == predictions).ravel()
    rows = np.bincount(cells, minlength=n * n_classes).reshape(n, n_classes)
    right = np.bincount(cells, weights=hits, minlength=n * n_classes).reshape(n, n_classes)
    return (right / np.maximum(rows, 1)).sum(axis=1) / np.maximum((rows > 0).sum(axis=1), 1)


def retrained_null(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    blocks: np.ndarray,
    runs: np.ndarray,
    splits: Sequence[Split],
    n_classes: int,
    generator: np.random.Generator,
    n: int,
    n_voxels: int | None = None,
    stimuli: np.ndarray | None = None,
    known: np.ndarray | None = None,
    **settings: Any,
) -> np.ndarray:
    """Compute the null of a linear decoder, repeating selection, scaling and fit.

    Labels of rows that no split trains on are permuted too. Calibration is left out, since a
    temperature does not change the predicted class.

    Parameters
    ----------
    name : str
        A linear decoder.
    x : ndarray, (rows, voxels)
        Activity.
    y, blocks, runs, generator, stimuli
        See `permutations`; all rows. Labels stay in their fold if folds cut through runs.
    splits : sequence of Split
        As the decoder was trained.
    n_classes, n_voxels, **settings
        See `linear.fit_linear`.
    n : int
        Number of permutations.
    known : ndarray, (any number,) float64, optional
        What this returned for fewer or more permutations and all else alike, the generator too:
        only what is missing is computed.

    Returns
    -------
    ndarray, (n,) float64
        Balanced accuracies over all test rows, against the permuted labels.

    Raises
    ------
    NeuroLoopError
        As in `permutations` and `linear.predictions`.
    """
    made = np.empty(0) if known is None else known[:n]
    folds = fold_of_rows(splits, len(y))
    labels = permutations(y, blocks, runs, generator, n, stimuli, folds)[len(made) :]
    if not len(labels):
        return made
    predictions_of = np.full_like(labels, -1)
    kept = x.shape[1] if n_voxels is None else n_voxels
    for split in splits:
        groups = inner_groups(split, y, runs, blocks, stimuli)
        fits = predictions(name, x, labels, groups, split, n_classes, kept, **settings)
        for index, predicted in enumerate(progress(fits, f"permutations, {name}", len(labels))):
            predictions_of[index, split.test] = predicted
    tested = np.concatenate([split.test for split in splits])
    missing = balanced_accuracies(labels[:, tested], predictions_of[:, tested])
    return np.concatenate([made, missing])
