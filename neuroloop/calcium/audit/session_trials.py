"""Trials of a session as a reader gets them, and light, motion and surroundings of their frames.

What a reader sees of a frame is compared within its trial (`dff`), which takes out all that the
frames of a recording share. Where recordings hold several patterns, what trials share may tell them
apart as well, so that frames are also looked at as they were recorded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.surrogate_labels import holds_several
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import distances
from neuroloop.calcium.session_readers import frames_of
from neuroloop.files.array_rows import RowSpool
from neuroloop.statistics.folds import Split

#: Places far from all cells are farther from a centre than this many radii, and than the area's
#: exclusion radius; where fewer than `FEWEST` pixels are, the farthest `FEWEST`, if they are still
#: a radius away from every rim.
RADII, FEWEST = 3.0, 64

#: Frames as they were recorded, beside the inputs of readers.
RECORDED = "recorded"

#: Blocks that a frame is averaged over, at most: a mark shows in small ones, a haze in large ones.
BLOCKS = (1024, 256, 64)


@dataclass(frozen=True, eq=False)
class Trials:
    """Trials of one kind of frames, in the order of the table.

    Attributes
    ----------
    table : DataFrame
        ``trial_row, recording, trial, pattern, group, onset_frame`` of each trial.
    rows : ndarray of int, shape (trials, frames)
        Rows of frames.tsv, by offset.
    splits : sequence of Split
        Places of trials, as the reader's frames are split.
    several : bool
        Whether recordings hold several patterns.
    """

    table: pd.DataFrame
    rows: np.ndarray
    splits: Sequence[Split]
    several: bool


def trials_of(store: FrameStore, kind: str, reader: Mapping[str, Any]) -> Trials:
    """Trials of a kind of frames, with the reader's splits of them."""
    rows, splits = frames_of(store, kind, reader)
    first = rows.drop_duplicates("trial_row")
    place = pd.Series(np.arange(len(first)), index=first["trial_row"])
    of_row = place.loc[rows["trial_row"]].to_numpy()
    table = first.assign(onset_frame=first["frame"] - first["offset"])
    columns = ["trial_row", "recording", "trial", "pattern", "group", "onset_frame"]
    ordered = rows.sort_values(["trial_row", "offset"], kind="stable")
    return Trials(
        table[columns].reset_index(drop=True),
        ordered["row"].to_numpy().reshape(len(first), -1),
        [Split(np.unique(of_row[one.train]), np.unique(of_row[one.test])) for one in splits],
        holds_several(table),
    )


def far_pixels(
    cells: pd.DataFrame, shape: tuple[int, int], exclusion_radius: float
) -> tuple[np.ndarray, float]:
    """Pixels far from all cells, where no response is, nor the neuropil or haze of one.

    Parameters
    ----------
    cells : DataFrame
        cells.tsv.
    shape : (int, int)
    exclusion_radius : float
        The area's, pixels.

    Returns
    -------
    far : ndarray of bool, shape (height, width)
        None where cells leave no place.
    distance : float
        From the centre of any cell, pixels.
    """
    centres = cells[["row", "column"]].to_numpy()
    away = reduce(np.minimum, (distances(shape, row, column) for row, column in centres))
    radius = float(cells["radius"].max())
    wanted = max(exclusion_radius, RADII * radius)
    within_reach = float(np.sort(away, axis=None)[-min(FEWEST, away.size)])
    distance = min(wanted, within_reach)
    if distance < 2 * radius:
        return np.zeros(shape, dtype=bool), distance
    return away >= distance, distance


class Blocks(NamedTuple):
    """Square blocks of the pixels that count.

    Attributes
    ----------
    block : ndarray of int, shape (pixels,)
        Number of each pixel's block; blocks without a pixel have none.
    sizes : ndarray of int, shape (blocks,)
    """

    block: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, pixels: np.ndarray, most: int) -> Self:
        """Part a frame into at most so many blocks."""
        height, width = pixels.shape
        side = int(np.ceil(np.sqrt(height * width / most)))
        rows, columns = np.indices(pixels.shape) // side
        block = np.unique((rows * width + columns)[pixels], return_inverse=True)[1]
        return cls(block, np.bincount(block))

    def means(self, chosen: np.ndarray) -> np.ndarray:
        """Mean of each block, of the values of the pixels that count."""
        return np.asarray(np.bincount(self.block, chosen) / self.sizes)


def as_seen(store: FrameStore, rows: np.ndarray, view: str) -> np.ndarray:
    """Frames by one of the reader's inputs, or as they were recorded, over the baseline image.

    Parameters
    ----------
    store : FrameStore
    rows : ndarray of int, shape (n,)
    view : str
        Of `frame_store.INPUTS`, or `RECORDED`.

    Returns
    -------
    ndarray of float32, shape (n, height, width)
    """
    if view == RECORDED:
        return np.asarray(store.counts(rows).astype(np.float32) / store.baseline - 1)
    return store.read(rows, view)


def views_of(trials: Trials, input: str) -> list[str]:
    """What is looked at: what the reader sees, and if recordings hold several patterns, counts."""
    return [input, RECORDED] if trials.several else [input]


def light_and_places(
    store: FrameStore,
    trials: Trials,
    view: str,
    pixels: np.ndarray,
    folder: Path | None = None,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Light of each trial's mean frame, and what blocks of it have beyond that.

    Parameters
    ----------
    store : FrameStore
    trials : Trials
    view : str
        See `as_seen`.
    pixels : ndarray of bool, shape (height, width)
        Those that count.
    folder : Path, optional
        Where mean frames wait (see `trial_means`).

    Returns
    -------
    light : ndarray of float64, shape (trials, 1)
    places : list of ndarray of float64, shape (trials, blocks)
        Of each size of blocks (`BLOCKS`).
    """
    parted = [Blocks.of(pixels, most) for most in BLOCKS]
    light = np.empty((len(trials.rows), 1))
    places = [np.empty((len(light), len(one.sizes))) for one in parted]
    for trial, mean in trial_means(store, trials, view, folder):
        chosen = mean[pixels]
        # Pixel after pixel, as over many frames at once: the same to the last bit.
        light[trial] = np.add.accumulate(chosen)[-1] / len(chosen)
        for made, blocks in zip(places, parted, strict=True):
            made[trial] = blocks.means(chosen) - light[trial]
    return light, places


def trial_means(
    store: FrameStore, trials: Trials, view: str, folder: Path | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Mean over each trial's frames, with the trial's number, one after the other.

    As they were recorded, less the mean of the recording, which holds several patterns: until that
    is known, they wait on disk, since those of a session may be larger than memory.

    Parameters
    ----------
    store, trials, view
        See `light_and_places`.
    folder : Path, optional
        On a disk that has room for a frame a trial in double precision (see `RowSpool`).
    """
    means = (as_seen(store, rows, view).mean(axis=0, dtype=np.float64) for rows in trials.rows)
    if view != RECORDED:
        yield from enumerate(means)
        return
    spool = RowSpool(folder)
    spool.check_room(len(trials.rows), 8 * store.baseline.size)
    for one in means:
        spool.add(one)
    kept = spool.rows()
    codes = np.unique(trials.table["recording"], return_inverse=True)[1]
    for code in range(codes.max() + 1):
        first, *others = np.flatnonzero(codes == code).tolist()
        mean = kept[first]
        for trial in others:
            mean += kept[trial]
        mean /= 1 + len(others)
        for trial in (first, *others):
            yield trial, kept[trial] - mean


def less_recording(values: np.ndarray, trials: Trials) -> np.ndarray:
    """Numbers of trials less their mean over the trials of the recording."""
    codes = np.unique(trials.table["recording"], return_inverse=True)[1]
    made = values.copy()
    for code in range(codes.max() + 1):
        made[codes == code] -= values[codes == code].mean(axis=0)
    return made
