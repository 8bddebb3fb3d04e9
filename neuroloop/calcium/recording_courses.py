"""Light of every cell and of the background in every frame of a session, noted as movies pass by.

Frames that are kept lie around onsets as the table states them. Whether the table states them right
is told by the others too: by responses that come before an onset, or of cells that no one aimed at.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_store import read_rows
from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.odd_pixels import PixelWatch
from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import outside
from neuroloop.files.formats import StrPath

#: Pixels between the background and the rim of any cell, where so many are left.
GAP, ENOUGH = 2.0, 100

#: Pixels of the background that are looked at, at most.
PIXELS = 4096

#: Names, units and axes of what is stored with the frames of a session.
UNITS = {"courses": "counts", "lengths": "frames", "first": "counts", "mean": "counts"}
UNITS |= {"odd": "recording_row, row, column, kind"}
AXES = {
    "courses": ("frame of each recording in turn", "cells and background"),
    "lengths": ("recording_row",),
    "first": ("height", "width"),
    "mean": ("height", "width"),
    "odd": ("odd pixel", "recording, place and kind"),
}


class CourseRecorder:
    """Notes the light of cells and background of each frame, and what pixels do over time."""

    def __init__(
        self, cells: pd.DataFrame, shape: tuple[int, int], lengths: Mapping[str, int]
    ) -> None:
        """Choose pixels.

        Parameters
        ----------
        cells : DataFrame
            ``row, column, radius``.
        shape : (int, int)
            Height and width of a frame.
        lengths : mapping of str to int
            Frames of each recording, in order.
        """
        parts = [np.flatnonzero(mask) for mask in cell_masks(cells, shape)]
        behind = background_pixels(cells, shape)
        self._dark = not len(behind)
        parts.append(behind if len(behind) else np.zeros(1, dtype=int))
        self._pixels = np.concatenate(parts)
        self._sizes = np.array([len(part) for part in parts])
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._lengths = np.array(list(lengths.values()))
        self._first_frame = np.cumsum(self._lengths) - self._lengths
        total = int(self._lengths.sum())
        self._courses = np.full((total, len(parts)), np.nan, dtype=np.float32)
        self._first = np.zeros(shape, dtype=np.float32)
        self._watch = PixelWatch(shape, len(lengths))

    def add(self, recording_row: int, index: int, raw: np.ndarray, frame: np.ndarray) -> None:
        """Note a frame: as the movie has it, and aligned if it is."""
        at = int(self._first_frame[recording_row]) + index
        light = frame.reshape(-1)[self._pixels]
        self._courses[at] = np.add.reduceat(light, self._starts, dtype=np.float64) / self._sizes
        if at == 0:
            self._first[:] = raw
        self._watch.add(recording_row, raw)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was noted, as it is stored: see `SessionCourses`."""
        if self._dark:
            self._courses[:, -1] = np.nan
        mean, odd = self._watch.result()
        return {
            "courses": self._courses,
            "lengths": self._lengths.astype(np.int64),
            "first": self._first,
            "mean": mean.astype(np.float32),
            "odd": odd,
        }


def background_pixels(cells: pd.DataFrame, shape: tuple[int, int]) -> np.ndarray:
    """Places (in a frame laid flat) that lie off all cells; `PIXELS` of them at most, spread out.

    Returns
    -------
    ndarray of int
        Empty where cells cover all of the frame.
    """
    for gap in (GAP, 0.0):
        grown = cells.assign(radius=cells["radius"] + gap)
        free = np.flatnonzero(~cell_masks(grown, shape).any(axis=0))
        if len(free) >= ENOUGH:
            break
    return free[np.linspace(0, len(free) - 1, min(len(free), PIXELS)).astype(int)]


@dataclass(frozen=True, eq=False)
class SessionCourses:
    """What was noted of a session.

    Attributes
    ----------
    cells, background : dict of str to ndarray
        Of each recording: (frames, cells), and (frames,), mean counts; NaN without background.
    trials : DataFrame
        ``recording, trial, onset_frame, pattern`` of each trial.
    first, mean : ndarray of float32, shape (height, width)
        First frame, and mean over all; none is aligned.
    odd : ndarray of int64, shape (pixels, 4)
        See `odd_pixels.PixelWatch.result`.
    """

    cells: dict[str, np.ndarray]
    background: dict[str, np.ndarray]
    trials: pd.DataFrame
    first: np.ndarray
    mean: np.ndarray
    odd: np.ndarray

    @property
    def frames(self) -> int:
        """Frames of the session."""
        return sum(map(len, self.cells.values()))


def read_courses(frames: StrPath, table: StrPath) -> SessionCourses:
    """Read what was noted of a session.

    Parameters
    ----------
    frames, table : path
        frames.h5 and frames.tsv.

    Raises
    ------
    NeuroLoopError
        If they are missing or damaged, or do not belong together.
    """
    import h5py

    rows = read_rows(table)
    remedy = "delete it and run again"
    with outside(frames, "a file of frames", remedy), h5py.File(frames, "r") as file:
        courses, lengths = file["courses"][()], file["lengths"][()]
        images = {name: file[name][()] for name in ("first", "mean", "odd")}
    names = rows.drop_duplicates("recording_row")["recording"].tolist()
    if len(names) != len(lengths):
        raise NeuroLoopError(
            f"{frames} has {len(lengths)} recordings, {table} {len(names)}: delete both and run "
            "again"
        )
    parts = dict(zip(names, np.split(courses, np.cumsum(lengths)[:-1]), strict=True))
    trials = rows.drop_duplicates("trial_row")
    trials = trials.assign(onset_frame=trials["frame"] - trials["offset"])
    columns = ["recording", "trial", "onset_frame", "pattern"]
    return SessionCourses(
        {name: part[:, :-1].astype(np.float64) for name, part in parts.items()},
        {name: part[:, -1].astype(np.float64) for name, part in parts.items()},
        trials[columns].reset_index(drop=True),
        **images,
    )
