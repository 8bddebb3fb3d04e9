"""Trials of a session as a reader gets them, and light, motion and surroundings of their frames.

What a reader sees of a frame is compared within its trial (`dff`), which takes out all that the
frames of a recording share. Where recordings hold several patterns, what trials share may tell them
apart as well, so that frames are also looked at as they were recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.surrogate_labels import holds_several
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.masks import distances
from neuroloop.calcium.session_readers import frames_of
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
    away = np.min(
        [distances(shape, row, column) for row, column in cells[["row", "column"]].to_numpy()],
        axis=0,
    )
    radius = float(cells["radius"].max())
    wanted = max(exclusion_radius, RADII * radius)
    within_reach = float(np.sort(away, axis=None)[-min(FEWEST, away.size)])
    distance = min(wanted, within_reach)
    if distance < 2 * radius:
        return np.zeros(shape, dtype=bool), distance
    return away >= distance, distance


def block_means(images: np.ndarray, pixels: np.ndarray, most: int) -> np.ndarray:
    """Means of images over square blocks.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
    pixels : ndarray of bool, shape (height, width)
        Those that count.
    most : int
        Blocks of a frame, at most.

    Returns
    -------
    ndarray of float64, shape (n, blocks)
        Of blocks that hold a pixel.
    """
    height, width = pixels.shape
    side = int(np.ceil(np.sqrt(height * width / most)))
    rows, columns = np.indices(pixels.shape) // side
    block = np.unique((rows * width + columns)[pixels], return_inverse=True)[1]
    often = np.bincount(block)
    chosen = images[:, pixels]
    return np.stack([np.bincount(block, one) / often for one in chosen])


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


def light_of(means: np.ndarray, pixels: np.ndarray) -> list[np.ndarray]:
    """Light of images, of shape (trials, 1), for `leak_test`."""
    return [means[:, pixels].mean(axis=1)[:, None]]


def places_of(means: np.ndarray, pixels: np.ndarray) -> list[np.ndarray]:
    """Blocks of pixels of images, less their light: (trials, blocks), of each size of blocks."""
    light = means[:, pixels].mean(axis=1)[:, None]
    return [block_means(means, pixels, most) - light for most in BLOCKS]


def trial_means(store: FrameStore, trials: Trials, view: str) -> np.ndarray:
    """Mean over each trial's frames, shape (trials, height, width).

    As they were recorded, less the mean of the recording, which holds several patterns.
    """
    means = np.stack(
        [as_seen(store, rows, view).mean(axis=0, dtype=np.float64) for rows in trials.rows]
    )
    return less_recording(means, trials) if view == RECORDED else means


def less_recording(values: np.ndarray, trials: Trials) -> np.ndarray:
    """Numbers of trials less their mean over the trials of the recording."""
    codes = np.unique(trials.table["recording"], return_inverse=True)[1]
    made = values.copy()
    for code in range(codes.max() + 1):
        made[codes == code] -= values[codes == code].mean(axis=0)
    return made
