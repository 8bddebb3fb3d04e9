"""Stimulus-triggered averages: targets, other cells, and where no cell is, frame by frame.

They are of the light as it is: nothing is subtracted from a cell but what it had before the onset.
So light of the stimulation shows in all three, and a wrong onset as a response at a wrong place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.influence import too_near
from neuroloop.calcium.recording_courses import SessionCourses

#: Seconds before and after an onset that are averaged at most, beyond the frames that are used.
REACH = 5.0

#: Averages, in the order of the figure.
TARGETS, OTHERS, BACKGROUND, REST = "targets", "other cells", "where no cell is", "no stimulation"


@dataclass(frozen=True, eq=False)
class Average:
    """Mean over trials and its 95 % interval, by frame; relative to the frames before the onset.

    Attributes
    ----------
    mean, low, high : ndarray of float64, shape (offsets,)
        NaN where no trial has the frame.
    trials : int
    cells : int
        Different cells in it; 0 of the background.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    trials: int
    cells: int


@dataclass(frozen=True, eq=False)
class Triggered:
    """What cells and background do around the onsets of a session.

    Attributes
    ----------
    offsets : ndarray of int, shape (offsets,)
        Frames from the onset, ascending.
    trials : DataFrame
        ``recording, trial, onset_frame, pattern``.
    stimulated : ndarray of bool, shape (trials, cells)
    near : ndarray of bool, shape (trials, cells)
        Whether a cell is none of the trial's targets, but nearer to one than `exclusion_radius`.
    change : ndarray of float64, shape (trials, offsets, cells)
        Relative to the mean of the trial's baseline; NaN past the ends of a movie.
    background : ndarray of float64, shape (trials, offsets)
    """

    offsets: np.ndarray
    trials: pd.DataFrame
    stimulated: np.ndarray
    near: np.ndarray
    change: np.ndarray
    background: np.ndarray

    def beyond_background(self) -> np.ndarray:
        """Change of cells less that of the background, where there is one."""
        behind = self.background[..., None]
        made: np.ndarray = self.change - np.where(np.isfinite(behind), behind, 0)
        return made

    def averages(self) -> dict[str, Average]:
        """Averages by their names; those of nothing are left out."""
        shown = self.stimulated.any(axis=1)
        others = np.array(~(self.stimulated | self.near))
        others[~shown] = False
        rest = np.zeros_like(others)
        rest[~shown] = True
        chosen: dict[str, np.ndarray] = {TARGETS: self.stimulated, OTHERS: others, REST: rest}
        made = {
            name: _average(_over_cells(self.change, cells), int(cells.any(axis=0).sum()))
            for name, cells in chosen.items()
            if cells.any()
        }
        if shown.any() and np.isfinite(self.background).any():
            made[BACKGROUND] = _average(self.background[shown], 0)
        return {name: made[name] for name in (TARGETS, OTHERS, BACKGROUND, REST) if name in made}


def trigger(
    courses: SessionCourses,
    cells: pd.DataFrame,
    rates: Mapping[str, float],
    selection: Selection,
    exclusion_radius: float,
) -> Triggered:
    """Cut the courses of a session into trials.

    Parameters
    ----------
    courses : SessionCourses
    cells : DataFrame
        ``cell, row, column``.
    rates : mapping of str to float
        Frame rate of each recording, Hz.
    selection : Selection
        Which frames are the baseline.
    exclusion_radius : float
        Light aimed at a cell reaches those nearer than this, pixels.
    """
    trials = courses.trials
    offsets = _offsets(trials, max(rates.values()), selection)
    stimulated = stimulated_cells(trials["pattern"].tolist(), cells["cell"].tolist())
    near = (
        stimulated.astype(int) @ too_near(cells, exclusion_radius).astype(int) > 0
    ) & ~stimulated
    baseline = np.isin(offsets, selection.baseline_offsets)
    light = np.stack(
        [
            _cut(np.column_stack([courses.cells[name], courses.background[name]]), onset + offsets)
            for name, onset in zip(trials["recording"], trials["onset_frame"], strict=True)
        ]
    )
    before = light[:, baseline].mean(axis=1, keepdims=True)
    change = np.divide(light, before, out=np.full(light.shape, np.nan), where=before > 0) - 1
    return Triggered(offsets, trials, stimulated, near, change[..., :-1], change[..., -1])


def _offsets(trials: pd.DataFrame, rate: float, selection: Selection) -> np.ndarray:
    """Frames that are used and as many around them as fit between two onsets."""
    apart = trials.groupby("recording")["onset_frame"].diff().min()
    around = int(min(REACH * rate, apart / 2 if apart > 0 else np.inf))
    return np.arange(-max(selection.before, around), max(selection.stimulated, around) + 1)


def _cut(light: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Frames of a recording, shape (frames, columns); NaN where it has none."""
    inside = (frames >= 0) & (frames < len(light))
    return np.where(inside[:, None], light[np.clip(frames, 0, len(light) - 1)], np.nan)


def _over_cells(change: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Mean over the chosen cells of each trial that has any, shape (trials, offsets)."""
    rows = chosen.any(axis=1)
    weights = chosen[rows] / chosen[rows].sum(axis=1, keepdims=True)
    values = np.where(chosen[rows][:, None], change[rows], 0)
    made: np.ndarray = np.einsum("tok,tk->to", values, weights)
    return made


def _average(values: np.ndarray, cells: int) -> Average:
    """Mean over trials, with an interval by Student's t."""
    count = np.isfinite(values).sum(axis=0)
    known = np.where(np.isfinite(values), values, 0)
    mean = np.divide(known.sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)
    squares = np.where(np.isfinite(values), (values - mean) ** 2, 0).sum(axis=0)
    error = np.full(len(count), np.nan)
    several = count > 1
    error[several] = np.sqrt(squares[several] / (count - 1)[several] / count[several])
    wide = error * special.stdtrit(np.maximum(count - 1, 1), 0.975)
    return Average(mean, mean - wide, mean + wide, len(values), cells)
