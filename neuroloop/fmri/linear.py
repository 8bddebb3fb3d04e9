"""Fitting linear decoders: fold by fold, and to permuted labels.

A decoder is an entry of `decoders`. `ridge` and `logistic` are balanced: without information they
predict all classes equally often, however many training rows these have. A class with fewer
training rows in a fold has more test rows, so that favouring the commonest training classes would
put accuracy below chance. Their scores are those for equally frequent classes.
"""

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.nested import inner_groups
from neuroloop.fmri.scores import checked
from neuroloop.fmri.units import following
from neuroloop.fmri.voxels import prepare
from neuroloop.jobs.progress import progress
from neuroloop.statistics.folds import Split


def fit_linear(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    splits: Sequence[Split],
    n_classes: int,
    n_voxels: int | None = None,
    blocks: np.ndarray | None = None,
    stimuli: np.ndarray | None = None,
    **settings: Any,
) -> list[np.ndarray]:
    """Score the test rows of every split; selection, scaling and fit see only its training rows.

    Parameters
    ----------
    name : str
        A linear decoder, e.g. ``"ridge"``.
    x : ndarray, (n, voxels)
        Activity.
    y : ndarray of int, (n,)
        Class indices. Nothing is learned from those of test rows.
    groups : ndarray of str, (n,)
        Run of each row.
    splits : sequence of Split
    n_classes : int
        Classes of the data set.
    n_voxels : int, optional
        Voxels to select, see `voxels.prepare`; all by default.
    blocks, stimuli : ndarray of str, (n,), optional
        Block and image of each row, for folds inside the training set (see `inner_groups`). By
        default rows of one class that follow one another in a run are a block.
    **settings
        Settings of the decoder.

    Returns
    -------
    list of ndarray, (test rows, n_classes) float64

    Raises
    ------
    NeuroLoopError
        If no linear decoder has that name, it lacks such a setting, or a split learns from a block
        or an image that it tests.
    """
    decoder, scale, params = linear_decoder(name, settings)
    blocks = following(groups, y) if blocks is None else blocks
    scores = []
    for split in progress(splits, f"{name} fits"):
        kept = x.shape[1] if n_voxels is None else n_voxels
        train, test = prepare(x[split.train], y[split.train], x[split.test], kept, scale)
        inner = inner_groups(split, y, groups, blocks, stimuli)
        rows = (train, y[split.train], inner[split.train], test)
        scores.append(decoder.decode(*rows, n_classes, **params))
    return scores


def predictions(
    name: str,
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    split: Split,
    n_classes: int,
    n_voxels: int,
    **settings: Any,
) -> Iterator[np.ndarray]:
    """Yield the predicted classes of the test rows for every permutation of the labels.

    Uses the decoder's ``permuted_predictions`` if it has one, which takes the same arguments after
    the name, with ``scale`` among the settings, and yields the same as one fit after another.

    Parameters
    ----------
    labels : ndarray of int, (permutations, n)
        Class indices.
    groups : ndarray of str, (n,)
        See `inner_groups`; those of test rows are ignored.
    split : Split
    name, x, n_classes, n_voxels, **settings
        See `fit_linear`.

    Yields
    ------
    ndarray of int, (test rows,)

    Raises
    ------
    NeuroLoopError
        If the scores of a fit cannot be used (see `scores`).
    """
    decoder, scale, params = linear_decoder(name, settings)
    arguments = (x, labels, groups, split, n_classes, n_voxels)
    if hasattr(decoder, "permuted_predictions"):
        return decoder.permuted_predictions(*arguments, scale=scale, **params)
    return one_by_one(name, decoder, *arguments, scale, params)


def linear_decoder(
    name: str, settings: dict[str, Any] | None = None
) -> tuple[ModuleType, bool, dict[str, Any]]:
    """Look up a linear decoder, whether it scales voxels, and its other settings."""
    entry = registry.entry("decoder", name)
    if not hasattr(entry, "decode"):
        known = ", ".join(registry.having("decoder", "decode"))
        raise NeuroLoopError(f"decoder {name!r} is not linear: take one of {known}")
    params = registry.values("decoder", name, settings or {})
    return entry, params.pop("scale"), params


def one_by_one(
    name: str,
    decoder: ModuleType,
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    split: Split,
    n_classes: int,
    n_voxels: int,
    scale: bool,
    params: dict[str, Any],
) -> Iterator[np.ndarray]:
    """Yield the predicted classes for every permutation, by one fit after another."""
    expected = (len(split.test), n_classes)
    x_train, x_test, groups_train = x[split.train], x[split.test], groups[split.train]
    for y in labels[:, split.train]:
        train, test = prepare(x_train, y, x_test, n_voxels, scale)
        scores = decoder.decode(train, y, groups_train, test, n_classes, **params)
        yield checked(scores, expected, f"decoder {name!r}, permuted labels").argmax(axis=1)
