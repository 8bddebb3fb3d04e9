"""Soft labels from arrays of activity, in one call."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.soft_labels import by_stimulus, check_rows, out_of_fold
from neuroloop.fmri.units import following
from neuroloop.statistics import folds
from neuroloop.statistics.folds import fold_of_rows
from neuroloop.statistics.units import check_whole


class SoftLabels(NamedTuple):
    """Result of `decode_arrays`.

    Attributes
    ----------
    soft_labels : ndarray of float32, (rows, classes)
        Rows sum to 1.
    logits : ndarray of float32, (rows, classes)
    rows : list of str
        Stimulus of each row; without stimuli the row number in the activity.
    classes : list of str
        Class of each column, in natural order.
    accuracy : float
        Share of the rows of activity whose class got the highest logit.
    """

    soft_labels: np.ndarray
    logits: np.ndarray
    rows: list[str]
    classes: list[str]
    accuracy: float


def decode_arrays(
    x: ArrayLike,
    labels: ArrayLike,
    runs: ArrayLike,
    *,
    stimuli: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
    decoder: str = "ridge",
    n_voxels: int | None = None,
    n_folds: int | None = None,
    calibration_folds: int = 3,
    **settings: Any,
) -> SoftLabels:
    """Decode activity out of fold, and calibrate the scores.

    Row i of all arrays is one sample: they are joined by position. Series and data frames of pandas
    must have the same index in the same order.

    Parameters
    ----------
    x : array, (n, voxels)
        Activity, one row per volume, block or trial.
    labels : array, (n,)
        Class of each row, by name or number.
    runs : array, (n,)
        Run of each row: folds are whole runs.
    stimuli : array, (n,), optional
        Image of each row. Images tested in a fold are left out of its training set, whatever the
        run, and soft labels are means over the rows of an image.
    blocks : array, (n,), optional
        What rows are alike because they follow one another, e.g. the volumes of a block: folds
        inside the training set, which choose the temperature and penalties, keep them whole. By
        default rows of one class that follow one another in a run.
    decoder : str
        A linear decoder.
    n_voxels : int, optional
        Voxels to select inside each training fold; all by default.
    n_folds : int, optional
        Folds; by default as many as runs, but at most 10.
    calibration_folds : int
        Folds inside each training fold, from which the temperature is chosen.
    **settings
        Settings of the decoder.

    Returns
    -------
    SoftLabels

    Raises
    ------
    NeuroLoopError
        If the arrays do not match, folds split a block, or a fold cannot learn a class.
    """
    _check_index({"x": x, "labels": labels, "runs": runs, "stimuli": stimuli, "blocks": blocks})
    x, names = _numbers(x), _texts(labels, "labels")
    run = np.array(_texts(runs, "runs"))
    shown = np.full(len(names), "") if stimuli is None else np.array(_texts(stimuli, "stimuli"))
    if n_voxels is not None and n_voxels < 1:
        raise NeuroLoopError(f"n_voxels is {n_voxels}: select at least one, or None for all")
    classes = natural_sorted(set(names))
    y = np.array([classes.index(name) for name in names], dtype=np.int64)
    check_rows(x, y, run, shown, len(classes))
    if len(set(names)) == 1:
        raise NeuroLoopError(
            f"labels has one class, {names[0]!r}, and a decoder needs 2 classes: give others"
        )
    if len(set(run.tolist())) == 1:
        raise NeuroLoopError(
            f"runs has one run, {str(run[0])!r}, and folds are whole runs: name the run "
            "of each row, or parts of one that are far apart in time"
        )
    count = min(len(set(run.tolist())), 10) if n_folds is None else n_folds
    splits = folds.splits(folds.group_folds(run.tolist(), count), stimuli=shown.tolist())
    block = following(run, y) if blocks is None else np.array(_texts(blocks, "blocks"))
    whole = fold_of_rows(splits, len(y))
    check_whole(whole, block.tolist(), "block", "give its rows one run, or correct blocks")
    fit = partial(fit_linear, decoder, n_voxels=n_voxels, blocks=block, stimuli=shown, **settings)
    found = out_of_fold(
        x, y, run, shown, splits, len(classes), fit, calibration_folds, block, decoder, classes
    )
    ids = shown if stimuli is not None else np.arange(len(y)).astype(str)
    rows = list(dict.fromkeys(ids.tolist()))
    logits, soft_labels = by_stimulus(found.logits, ids.tolist(), rows)
    accuracy = float((found.logits.argmax(axis=1) == y).mean())
    return SoftLabels(soft_labels, logits, rows, classes, accuracy)


def _numbers(x: ArrayLike) -> np.ndarray:
    """Activity as numbers that a decoder can square."""
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise NeuroLoopError("x has rows of different lengths: give a matrix of numbers") from error
    if array.dtype.kind not in "fiub":
        raise NeuroLoopError(
            f"x holds {array.dtype}, not numbers: give a matrix such as x.astype(float)"
        )
    return array


def _check_index(arrays: dict[str, Any]) -> None:
    """Refuse arrays of pandas whose rows are named otherwise, since rows join by position."""
    named = {name: given for name, given in arrays.items() if hasattr(given, "iloc")}
    indices = {name: given.index.tolist() for name, given in named.items()}
    for name, index in indices.items():
        first = next(iter(indices))
        if index != indices[first]:
            raise NeuroLoopError(
                f"{name} and {first} have different indices, but rows are joined by position: "
                "bring them into one order, or give arrays without an index (to_numpy)"
            )


def _texts(values: ArrayLike, name: str) -> list[str]:
    """One text per row; none may be missing."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise NeuroLoopError(f"{name} must have one value per row, not the shape {array.shape}")
    found = array.tolist()
    missing = [row for row, value in enumerate(found) if value in (None, "") or value != value]
    if missing:
        raise NeuroLoopError(
            f"{name} of {len(missing)} rows are missing, the first that of row {missing[0]}: leave "
            "these rows out of all arrays"
        )
    return [str(value) for value in found]
