"""Folds inside a training set, used to choose regularisation and temperature."""

from collections.abc import Iterable, Iterator

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.units import joined
from neuroloop.statistics import folds
from neuroloop.statistics.folds import Split


def inner_groups(
    split: Split,
    y: np.ndarray,
    runs: np.ndarray,
    blocks: np.ndarray | None = None,
    stimuli: np.ndarray | None = None,
    apart: bool = False,
) -> np.ndarray:
    """Return the groups that folds inside a training set must not split.

    These are runs, as in the outer folds, runs that share an image in one group. If that leaves one
    group, or the outer folds cut through runs, they are units of blocks and images (see `units`).

    Parameters
    ----------
    split : Split
        The training set, and the rows to predict from it.
    y, runs : ndarray, (rows,)
        Class and run of all rows.
    blocks, stimuli : ndarray of str, (rows,), optional
        By default every row is its own block. Stimuli are empty where unknown.
    apart : bool
        Whether the folds are to leave out the images that they test, as `folds.splits` does. Then
        runs that share images may be parted, and the images of a class that is a single unit.

    Returns
    -------
    ndarray of str, (rows,)
        Names are meaningful only in the training rows.

    Raises
    ------
    NeuroLoopError
        If the split learns from a block or an image that it tests.
    """
    runs, train = np.asarray(runs).astype(str), split.train
    shown = np.full(len(runs), "") if stimuli is None else np.asarray(stimuli).astype(str)
    _check_apart(split, blocks, "block")
    _check_apart(split, shown, "image")
    groups = np.full(len(runs), "", dtype="U20")
    if len(np.unique(runs[train])) > 1 and not np.isin(runs[train], runs[split.test]).any():
        if apart:
            return runs
        groups[train] = joined(runs[train], shown[train])
        if len(np.unique(groups[train])) > 1:
            return groups
    block = joined(train if blocks is None else np.asarray(blocks)[train])
    unit = joined(block, shown[train])
    groups[train] = block if apart and _fewest(unit, y[train]) == 1 else unit
    return groups


def _check_apart(split: Split, names: np.ndarray | None, what: str) -> None:
    """Refuse a split that learns from what it tests."""
    if names is None:
        return
    both = np.intersect1d(np.asarray(names)[split.train], np.asarray(names)[split.test])
    both = both[both.astype(str) != ""]
    if len(both):
        unnamed = " (by default rows of one class that follow one another are one)"
        raise NeuroLoopError(
            f"rows of {what} {str(both[0])!r} are both learned and tested in a fold, and they are "
            f"alike, whatever the data say: give rows of one {what} to one fold, or name {what}s "
            f"otherwise{unnamed if what == 'block' else ''}"
        )


def inner_folds(
    groups: np.ndarray, labels: Iterable[object], n_folds: int, strict: bool = True
) -> np.ndarray:
    """Assign training rows to folds: whole groups, balanced if every group has one class.

    Parameters
    ----------
    groups : ndarray of str, (n,)
        See `inner_groups`. If there is only one, every row becomes a group.
    labels : iterable, (n,)
        Class of each training row.
    n_folds : int
        Number of folds, limited to the number of groups, or of groups of the smallest class.
    strict : bool
        If False, a class of a single group is accepted. The fold that holds it cannot learn it.

    Returns
    -------
    ndarray of int, (n,)
        The same at every call: groups of one class are assigned by a generator of fixed seed.

    Raises
    ------
    NeuroLoopError
        If every group has one class, and a class has one group.
    """
    groups = np.asarray(groups)
    names = np.array([str(label) for label in labels])
    n_groups = len(set(groups.tolist()))
    if n_groups == 1:
        groups = np.arange(len(groups))
    pairs = set(zip(names.tolist(), groups.tolist(), strict=True))
    if len(pairs) > len(set(groups.tolist())):
        return folds.group_folds(map(str, groups), min(n_folds, n_groups))
    fewest = _fewest(groups, names)
    if fewest < 2 and strict:
        lone = next(name for name in names.tolist() if len(set(groups[names == name].tolist())) < 2)
        raise NeuroLoopError(
            f"a fold learns class {lone!r} from one block or image, and the "
            "folds inside it, which choose the temperature or the penalty, need two: use more "
            "folds, hold out fewer images, or leave that class out"
        )
    if fewest < 2:
        names, fewest = np.repeat("any", len(names)), len(set(groups.tolist()))
    generator = np.random.default_rng(0)
    return folds.stratified_folds(names, min(n_folds, fewest), generator, groups.tolist())


def inner_folds_each(groups: np.ndarray, labels: np.ndarray, n_folds: int) -> Iterator[np.ndarray]:
    """Yield `inner_folds` for every permutation of the labels, not strict.

    Where a group has rows of two classes, folds do not follow the labels: these are made once.

    Parameters
    ----------
    groups : ndarray of str, (n,)
    labels : ndarray of int, (permutations, n)
    n_folds : int

    Yields
    ------
    ndarray of int, (n,)
    """
    _, first, group = np.unique(groups, return_index=True, return_inverse=True)
    mixed = (labels != labels[:, first[group]]).any(axis=1) & (len(first) > 1)
    common = None
    for y, any_mixed in zip(labels, mixed, strict=True):
        if not any_mixed:
            yield inner_folds(groups, y, n_folds, strict=False)
            continue
        if common is None:
            common = inner_folds(groups, y, n_folds, strict=False)
        yield common


def _fewest(groups: np.ndarray, labels: np.ndarray) -> int:
    """Count the groups of the class that has the fewest."""
    pairs = set(zip(labels.tolist(), groups.tolist(), strict=True))
    return min(np.unique([str(label) for label, _ in pairs], return_counts=True)[1], default=0)
