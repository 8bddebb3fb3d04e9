"""Null distributions of decoding accuracy from label permutation.

The exchangeable unit is the block: samples of one block follow one another in time and have one
category, so labels move with whole blocks, and within runs, since runs differ in drift and order
(Etzel 2017, MVPA significance testing when just above chance, and related properties of permutation
tests; Nichols & Holmes 2002, Hum. Brain Mapp. 15:1). p values come from `statistics.permutation_p`.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.folds import Split
from scripts.lib.core.progress import progress
from scripts.lib.fmri import decoders, ridge
from scripts.lib.fmri.voxels import prepare

#: Decoders that fit many permutations of a split at once. Each takes what `_one_by_one` takes
#: after the decoder, and yields the same predictions.
BATCHED: dict[str, Callable[..., Iterator[np.ndarray]]] = {"ridge": ridge.permuted_predictions}


def permute_blocks(
    y: np.ndarray, blocks: np.ndarray, runs: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Exchange the labels of the blocks of every run.

    Parameters
    ----------
    y : ndarray of int, (n,)
        Class of each row, one a block.
    blocks, runs : ndarray of str, (n,)
        Block and run of each row; a block lies in one run.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray of int, (n,)
        The same number of blocks of every class in every run as `y` has.

    Raises
    ------
    NeuroLoopError
        If a block has rows of two classes or runs, or if no run has two blocks that differ.
    """
    return permutations(y, blocks, runs, generator, 1)[0]


def permutations(
    y: np.ndarray, blocks: np.ndarray, runs: np.ndarray, generator: np.random.Generator, n: int
) -> np.ndarray:
    """Return `n` independent permutations as of `permute_blocks`, (n, rows)."""
    y = np.asarray(y)
    names, first, block_of_row = np.unique(blocks, return_index=True, return_inverse=True)
    run_names, run_of_row = np.unique(runs, return_inverse=True)
    label, run = y[first], run_of_row[first]
    mixed = (y != label[block_of_row]) | (run_of_row != run[block_of_row])
    if mixed.any():
        name = str(names[block_of_row[mixed][0]])
        raise NeuroLoopError(
            f"block {name!r} has rows of more than one category or run, so that its label "
            "cannot be permuted: mend the column block"
        )
    if all(len(np.unique(label[run == index])) < 2 for index in range(len(run_names))):
        raise NeuroLoopError(
            "no run has blocks of two categories, so that there is nothing to permute: "
            "mend the columns run and block"
        )
    by_run = np.argsort(run, kind="stable")
    # Blocks in a random order, but run after run: place i gets the label of the i-th of them.
    shuffled = np.argsort(run[by_run] + generator.random((n, len(names))), axis=1)
    permuted = np.empty((n, len(names)), dtype=y.dtype)
    permuted[:, by_run] = label[by_run][shuffled]
    return permuted[:, block_of_row]


def label_null(
    predictions: np.ndarray,
    y: np.ndarray,
    blocks: np.ndarray,
    runs: np.ndarray,
    generator: np.random.Generator,
    n: int,
) -> np.ndarray:
    """Null of a decoder that is not trained again: fixed predictions against permuted labels.

    It asks whether predictions and labels go together within runs, given this one fit.

    Parameters
    ----------
    predictions : ndarray of int, (rows,)
        Classes that were predicted out of fold.
    y, blocks, runs, generator
        See `permute_blocks`; predicted rows only.
    n : int
        Number of permutations.

    Returns
    -------
    ndarray, (n,) float64
        Accuracies.
    """
    return (permutations(y, blocks, runs, generator, n) == predictions).mean(axis=1)


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
    n_voxels: int,
    scale: bool = True,
    **params: Any,
) -> np.ndarray:
    """Null of a linear decoder: selection, scaling and fit are repeated on permuted labels.

    Rows that no split trains on are permuted too. Calibration is left out, since a temperature
    does not change which class is predicted.

    Parameters
    ----------
    name : str
        Key of `decoders.LINEAR`. One in `BATCHED` takes its fast path.
    x : ndarray, (rows, voxels)
        Activity.
    y, blocks, runs, generator
        See `permute_blocks`; all rows. `runs` are also the groups that the decoder gets.
    splits : sequence of Split
        As the decoder was trained.
    n_classes, n_voxels, scale, **params
        See `decoders.fit_linear`.
    n : int
        Number of permutations.

    Returns
    -------
    ndarray, (n,) float64
        Accuracies over all test rows, against the permuted labels.
    """
    labels = permutations(y, blocks, runs, generator, n)
    decoder = decoders.find(name)
    hits = np.zeros(n, dtype=np.int64)
    for split in splits:
        args = (x, labels, runs, split, n_classes, n_voxels, scale)
        batched = BATCHED.get(name)
        fits = batched(*args, **params) if batched else _one_by_one(decoder, *args, **params)
        for index, predicted in enumerate(progress(fits, f"permutations, {name}", n)):
            hits[index] += (predicted == labels[index, split.test]).sum()
    return hits / sum(len(split.test) for split in splits)


def _one_by_one(
    decoder: decoders.Decoder,
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    split: Split,
    n_classes: int,
    n_voxels: int,
    scale: bool = True,
    **params: Any,
) -> Iterator[np.ndarray]:
    """Yield the predicted classes of the test rows for every row of `labels` (n, rows)."""
    x_train, x_test, groups_train = x[split.train], x[split.test], groups[split.train]
    for y in labels[:, split.train]:
        train, test = prepare(x_train, y, x_test, n_voxels, scale)
        yield decoder(train, y, groups_train, test, n_classes, **params).argmax(axis=1)
