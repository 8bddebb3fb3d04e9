"""Folds for cross-validation and the rows that each fold may learn from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of one fold.

    Attributes
    ----------
    train : ndarray of int, shape (n_train,)
        Rows that may be learned from, ascending.
    test : ndarray of int, shape (n_test,)
        Rows that are predicted, ascending.
    """

    train: np.ndarray
    test: np.ndarray


def group_folds(groups: Iterable[str], n_folds: int) -> np.ndarray:
    """Put whole groups into folds.

    Groups in natural order are dealt to folds as neighbours, and the numbers of groups of two
    folds differ by one at most. As many folds as groups: leave one group out.

    Parameters
    ----------
    groups : iterable of str
        Group of each row, e.g. its run.
    n_folds : int
        Number of folds.

    Returns
    -------
    ndarray of int, shape (n,)
        Fold of each row, from 0.

    Raises
    ------
    NeuroLoopError
        If there are fewer than two folds, or more folds than groups.
    """
    of_row = list(map(str, groups))
    names = natural_sorted(set(of_row))
    _check_count(n_folds, len(names), "groups")
    fold_of = {name: i * n_folds // len(names) for i, name in enumerate(names)}
    return np.array([fold_of[name] for name in of_row], dtype=np.int64)


def stratified_folds(
    labels: Iterable[str],
    n_folds: int,
    generator: np.random.Generator,
    units: Iterable[object] | None = None,
) -> np.ndarray:
    """Put rows that have no groups into folds, each class spread evenly over the folds.

    The rows of each class are shuffled and dealt in turn, one class going on where the one before
    it stopped: the rows that two folds hold of a class, and in all, differ by one at most. With
    `units` that holds of units, and the rows of a unit go to one fold.

    Parameters
    ----------
    labels : iterable of str
        Class of each row.
    n_folds : int
        Number of folds.
    generator : numpy.random.Generator
        Shuffles the rows within their class.
    units : iterable, optional
        What the row must not be parted from, e.g. its block; a unit has one class.

    Returns
    -------
    ndarray of int, shape (n,)
        Fold of each row, from 0.

    Raises
    ------
    NeuroLoopError
        If there are fewer than two folds, or more folds than rows of the smallest class.
    """
    of_row = list(map(str, labels))
    unit_of_row = range(len(of_row)) if units is None else list(units)
    of_unit = dict(zip(reversed(unit_of_row), reversed(of_row), strict=True))
    position = {unit: index for index, unit in enumerate(dict.fromkeys(unit_of_row))}
    members: dict[str, list[int]] = {name: [] for name in natural_sorted(set(of_row))}
    for unit, index in position.items():
        members[of_unit[unit]].append(index)
    smallest = min(members, key=lambda name: len(members[name]), default="")
    what = "rows" if units is None else "blocks or images"
    _check_count(n_folds, len(members.get(smallest, [])), f"{what} of class {smallest!r}")
    dealt = np.concatenate([generator.permutation(some) for some in members.values()])
    folds = np.empty(len(position), dtype=np.int64)
    folds[dealt] = np.arange(len(dealt)) % n_folds
    return folds[[position[unit] for unit in unit_of_row]]


def splits(
    folds: np.ndarray,
    keep: np.ndarray | None = None,
    stimuli: Iterable[str] | None = None,
) -> list[Split]:
    """Return what each fold predicts and what it may learn from.

    A fold predicts all of its rows. It learns from the rows of the other folds, less those that
    `keep` forbids, less those of a stimulus that it predicts: an image on both sides is a leak,
    whatever the run it was shown in.

    Parameters
    ----------
    folds : ndarray of int, shape (n,)
        Fold of each row.
    keep : ndarray of bool, shape (n,), optional
        False where no fold may learn from the row, e.g. because its image is held out for testing
        students. Such rows are still predicted.
    stimuli : iterable of str, optional
        Stimulus of each row; an empty name says that it is not known, and matches no other row.

    Returns
    -------
    list of Split
        One for each fold, in ascending order of the folds. A training set may be empty or lack a
        class: see `check_training`.
    """
    folds = np.asarray(folds)
    allowed = np.ones(len(folds), dtype=bool) if keep is None else np.asarray(keep, dtype=bool)
    shown = np.array([""] * len(folds) if stimuli is None else list(stimuli), dtype=str)
    if not folds.shape == allowed.shape == shown.shape:
        raise ValueError(
            f"folds, keep and stimuli differ in shape: {folds.shape}, {allowed.shape}, "
            f"{shown.shape}"
        )
    made = []
    for fold in np.unique(folds):
        test = folds == fold
        seen = np.isin(shown, shown[test]) & (shown != "")
        made.append(Split(np.flatnonzero(~test & allowed & ~seen), np.flatnonzero(test)))
    return made


def fold_of_rows(made: Sequence[Split], n: int) -> np.ndarray:
    """Fold that tests each of `n` rows, -1 where none does, shape (n,)."""
    folds = np.full(n, -1)
    for fold, split in enumerate(made):
        folds[split.test] = fold
    return folds


def check_training(
    made: Sequence[Split],
    labels: Iterable[str],
    keep: np.ndarray | None = None,
    stimuli: Iterable[str] | None = None,
) -> None:
    """Check that every fold can learn every class.

    Parameters
    ----------
    made : sequence of Split
        From `splits`.
    labels : iterable of str
        Class of each row.
    keep, stimuli : optional
        As given to `splits`: they tell why a class is missing.

    Raises
    ------
    NeuroLoopError
        If the training rows of a fold lack a class that some row has.
    """
    of_row = np.array([str(label) for label in labels])
    every = set(of_row.tolist())
    for fold, split in enumerate(made):
        missing = natural_sorted(every - set(of_row[split.train].tolist()))
        if missing:
            named = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
            left = np.setdiff1d(np.flatnonzero(of_row == missing[0]), split.test)
            advice = _advice(of_row == missing[0], left, keep, stimuli)
            raise NeuroLoopError(
                f"fold {fold} has {len(split.train)} training rows and none of {len(missing)} of "
                f"{len(every)} classes ({named}): {advice}"
            )


def _advice(
    of_class: np.ndarray,
    left: np.ndarray,
    keep: np.ndarray | None,
    stimuli: Iterable[str] | None,
) -> str:
    """What to do about a class that a fold cannot learn, whose rows of other folds are `left`."""
    if not len(left):
        return (
            "no other fold shows that class: use more folds, or leave the class out if a single "
            "run or block shows it"
        )
    held_out = ~np.asarray(keep)[left] if keep is not None else np.zeros(len(left), bool)
    if held_out.all():
        return "its images in other folds are held out: hold out fewer images"
    names = np.array([""] * len(of_class) if stimuli is None else list(stimuli), dtype=str)
    images = sorted(set(names[of_class].tolist()))
    if len(images) == 1 and images[0]:
        return (
            f"all its samples show one image, {images[0]!r}, so that the class cannot be told "
            "from it: show more images; if the ids name classes, not images, say that images are "
            "unknown (docs/fmri.md)"
        )
    again = "its images in other folds are shown in this fold too: set fold_by: stimulus, which "
    again += "deals whole images"
    return f"{again}, and hold out fewer images" if held_out.any() else again


def _check_count(n_folds: int, most: int, what: str) -> None:
    if not 2 <= n_folds <= most:
        raise NeuroLoopError(
            f"{n_folds} folds cannot be made of {most} {what}: ask for at least 2 folds and at "
            "most as many as there are"
        )
