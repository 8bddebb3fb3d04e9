"""Traces of cells: mean of a disc less the neuropil around it, as dF/F of single trials."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import cell_masks, distances
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table

#: Part of the ring's mean that is taken off a disc's (Chen et al. 2013, Nature 499:295).
NEUROPIL_FACTOR = 0.7
#: Pixels between a cell's rim and its ring, those of the ring itself, and how many it needs.
GAP, WIDTH, LEAST = 1.0, 4.0, 20
#: Frames that are read at once.
BATCH = 64


@dataclass(frozen=True, eq=False)
class Courses:
    """dF/F of every cell around the onsets of a session's trials.

    Attributes
    ----------
    dff : ndarray of float64, shape (trials, offsets, cells)
        Trials as the rows of `trials`, cells as in the table of cells.
    offsets : ndarray of int, shape (offsets,)
        Frames from the onset, ascending. The baseline's frames are missing: their mean is 0.
    trials : DataFrame
        ``recording, trial, pattern, group`` of each trial, in the order of ``trial_row``.
    """

    dff: np.ndarray
    offsets: np.ndarray
    trials: pd.DataFrame


def neuropil_rings(
    cells: pd.DataFrame,
    shape: tuple[int, int],
    gap: float = GAP,
    width: float = WIDTH,
    least: int = LEAST,
) -> np.ndarray:
    """Pixels around each cell that belong to no cell.

    Parameters
    ----------
    cells : DataFrame
        ``cell, row, column, radius``; pixels.
    shape : (int, int)
        Height and width of a frame.
    gap : float
        Every cell, the own one and others, is left out up to this distance from its rim, pixels.
    width : float
        Of the ring, pixels. A ring of fewer than `least` pixels is widened until it has them.
    least : int

    Returns
    -------
    ndarray of bool, shape (cells, height, width)

    Raises
    ------
    NeuroLoopError
        If so many pixels are not free in the whole frame.
    """
    free = ~cell_masks(cells.assign(radius=cells["radius"] + gap), shape).any(axis=0)
    if free.sum() < least:
        raise NeuroLoopError(
            f"{int(free.sum())} pixels of {shape[0]} x {shape[1]} lie {gap:g} pixels off every "
            f"cell, {least} are needed for the neuropil: lower the gap or the radii"
        )
    rings = np.zeros((len(cells), *shape), dtype=bool)
    for ring, cell in zip(rings, cells.to_dict("records"), strict=True):
        apart = distances(shape, cell["row"], cell["column"]) - cell["radius"] - gap
        reach = max(width, np.partition(apart[free], least - 1)[least - 1])
        ring[:] = free & (apart <= reach)
    return rings


def trace_weights(
    cells: pd.DataFrame, shape: tuple[int, int], factor: float = NEUROPIL_FACTOR
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of pixels in a cell's trace: one over the disc, minus `factor` over its ring.

    Parameters
    ----------
    cells : DataFrame
        ``cell, row, column, radius``; pixels.
    shape : (int, int)
        Height and width of a frame.
    factor : float
        Part of the neuropil's mean that is taken off.

    Returns
    -------
    corrected, disc : ndarray of float32, shape (height * width, cells)
        Weights of disc less neuropil, and of the disc's mean alone.

    Raises
    ------
    NeuroLoopError
        If a cell covers no pixel, or a ring finds none.
    """
    masks, rings = cell_masks(cells, shape), neuropil_rings(cells, shape)
    for cell, size in zip(cells["cell"], masks.sum(axis=(1, 2)), strict=True):
        if not size:
            raise NeuroLoopError(f"cell {cell} covers no pixel: enlarge its radius")
    disc, corrected = np.empty((2, len(cells), masks[0].size), dtype=np.float32)
    for number, (mask, ring) in enumerate(zip(masks, rings, strict=True)):
        disc[number] = (mask / mask.sum()).ravel()
        around = (ring / ring.sum()).ravel().astype(np.float32)
        corrected[number] = disc[number] - np.float32(factor) * around
    return corrected.T, disc.T


def cell_courses(
    store: FrameStore, cells: pd.DataFrame, factor: float = NEUROPIL_FACTOR
) -> Courses:
    """Compute dF/F of every cell in every stored frame.

    ``(C - C_before) / (B * brightness)``: C is disc less neuropil, C_before the same of the trial's
    own frames before the stimulus (its baseline and, as they lie there too, its control frames),
    B the mean of the disc in the session's baseline image, and the brightness that of the trial's
    baseline over the session's. So a trial is measured against itself, but what it is divided by
    is hardly noisy, and is never near 0 where little but neuropil is seen.

    Parameters
    ----------
    store : FrameStore
        The session's frames; read in batches.
    cells : DataFrame
        The table of cells.
    factor : float
        See `trace_weights`.

    Returns
    -------
    Courses

    Raises
    ------
    NeuroLoopError
        If a cell or a ring has no pixel, or trials have unlike frames.
    """
    corrected, disc = trace_weights(cells, store.shape, factor)
    rows = store.rows.sort_values(["trial_row", "offset"])
    trials = rows.drop_duplicates("trial_row")
    offsets = np.sort(rows["offset"].unique())
    if len(rows) != len(trials) * len(offsets):
        raise NeuroLoopError(f"{store.path}: trials have unlike numbers of frames: remake it")
    of_frame = np.concatenate(
        [
            store.counts(part).reshape(len(part), -1).astype(np.float32) @ corrected
            for part in _parts(rows["row"].to_numpy())
        ]
    ).reshape(len(trials), len(offsets), len(cells))
    order = trials["trial_row"].to_numpy()
    before = np.concatenate(
        [store.before(part).reshape(len(part), -1) @ corrected for part in _parts(order)]
    )
    level = store.baseline.reshape(-1) @ disc * store.brightness[order][:, None]
    values = (of_frame - before[:, None]).astype(np.float64) / level[:, None]
    names = ["recording", "trial", "pattern", "group"]
    return Courses(values, offsets, trials[names].reset_index(drop=True))


def rebase(courses: Courses, baseline_frames: int) -> Courses:
    """Take control frames into the baseline too, so that less of its noise is in a response.

    Parameters
    ----------
    courses : Courses
        With the mean of `baseline_frames` frames at 0.
    baseline_frames : int
        Number of frames of the baseline (`frame_plan.Selection.baseline`).
    """
    control = courses.dff[:, courses.offsets < 0]
    shift = control.sum(axis=1, keepdims=True) / (control.shape[1] + baseline_frames)
    return Courses(courses.dff - shift, courses.offsets, courses.trials)


def direct_course(courses: Courses, stimulated: np.ndarray) -> np.ndarray:
    """Mean course of cells in their own stimulation, highest value 1; 0 before the onset.

    Parameters
    ----------
    courses : Courses
    stimulated : ndarray of bool, shape (trials, cells)

    Returns
    -------
    ndarray of float64, shape (offsets,)

    Raises
    ------
    NeuroLoopError
        If no stimulated cell answers.
    """
    mean = courses.dff.transpose(0, 2, 1)[stimulated].mean(axis=0)
    mean = np.where(courses.offsets < 0, 0, mean)
    if not mean.max() > 0:
        raise NeuroLoopError(
            "no stimulated cell gets brighter than before: check onset frames and cells"
        )
    return mean / mean.max()


def trial_responses(courses: Courses, template: np.ndarray) -> np.ndarray:
    """Fit the amplitude of a course to each trial and cell, by least squares.

    Parameters
    ----------
    courses : Courses
    template : ndarray, shape (offsets,)
        Course with the highest value 1 (`direct_course`), so that amplitudes are in peak dF/F.

    Returns
    -------
    ndarray of float64, shape (trials, cells)
    """
    return np.einsum("tok,o->tk", courses.dff, template) / (template @ template)


def _parts(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]


def read_trials(path: StrPath) -> pd.DataFrame:
    """Read the table of trials that stands beside traces.

    Raises
    ------
    NeuroLoopError
        If it cannot be used.
    """
    return read_table(path, {"recording": str, "trial": int, "pattern": str, "group": str})
