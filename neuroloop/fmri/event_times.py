"""Times of events on the clock of the scanner, with jitter of some milliseconds removed.

Logged times deviate from the design by milliseconds. Labels must not depend on that: a volume whose
middle is close to an event's edge is a tie (`first_volume`), and times of a design on a regular
grid are taken as those of the grid (`exact`); otherwise jitter would decide those that fall where
ties end. Times of no grid stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Part of a volume within which its middle and an event's edge count as coinciding.
TIE = 0.1

#: Seconds by which a logged time may deviate from the design; that of an end adds up from two.
JITTER = 0.045

#: Grids of designs that do not follow the scanner, seconds.
GRIDS = (1.0, 0.5, 0.25, 0.1)

#: Share of the times that lie close to a grid if the design is on it; others were late for once.
ON_GRID = 0.9

#: Rounding error of a time, in volumes.
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Times:
    """When the events of a run began and ended.

    Attributes
    ----------
    onsets, ends : ndarray of float, shape (events,)
        Seconds from the start of the first volume, in the order of the onsets.
    tr : float
        Repetition time of the run, seconds.
    """

    onsets: np.ndarray
    ends: np.ndarray
    tr: float

    def volumes(self, shift: float) -> tuple[np.ndarray, np.ndarray]:
        """First volume of each event, and the first after it, by the shift (seconds)."""
        first, after = (
            np.array([first_volume(time + shift, self.tr) for time in times], dtype=int)
            for times in (self.onsets, self.ends)
        )
        return first, after


def first_volume(time: float, tr: float) -> int:
    """Return the first volume whose middle does not lie before a time.

    Parameters
    ----------
    time : float
        Seconds from the start of the first volume, which may be negative.
    tr : float
        Repetition time, seconds.

    Returns
    -------
    int
        Counted from 0. A middle before `time` by at most `TIE` of a volume counts as being at it.
    """
    return int(np.ceil(time / tr - 0.5 - TIE - ROUNDING))


def exact(runs: Sequence[Times]) -> tuple[list[Times], float | None]:
    """Remove jitter from the events of a subject's runs, which are of one design.

    Parameters
    ----------
    runs : sequence of Times
        As logged.

    Returns
    -------
    runs : list of Times
        Onsets, and separately ends (or durations, if more of them are), taken as those of the
        coarsest grid that nearly all of them, in all runs, are close to: the repetition time, its
        half, or one of `GRIDS`. A time that is not close to it, and all of them if there is no such
        grid, stay. An end less than `TIE` of a volume from the next onset is set to that onset:
        whatever the gap or overlap between two events, no volume is lost or assigned twice.
    grid : float or None
        Seconds of the grid that onsets are on, in the first run; None if they are on none.
    """
    onsets, grid, _ = _on_grid([run.onsets for run in runs], runs)
    ends, _, share = _on_grid([run.ends for run in runs], runs)
    durations, _, regular = _on_grid([run.ends - run.onsets for run in runs], runs)
    if grid is not None and regular > share:
        ends = [start + length for start, length in zip(onsets, durations, strict=True)]
    starts = zip(onsets, ends, runs, strict=True)
    return [_join(Times(start, end, run.tr)) for start, end, run in starts], grid


def _join(run: Times) -> Times:
    ends = run.ends.copy()
    close = np.abs(run.onsets[1:] - ends[:-1]) <= TIE * run.tr
    ends[:-1][close] = run.onsets[1:][close]
    return Times(run.onsets, ends, run.tr)


def _on_grid(
    times: Sequence[np.ndarray], runs: Sequence[Times]
) -> tuple[list[np.ndarray], float | None, float]:
    """Move the times of all runs onto the coarsest grid that nearly all, a share, are close to."""
    trs = np.array([run.tr for run in runs])
    steps = [trs, trs / 2, *(np.full(len(runs), grid) for grid in GRIDS)]
    for grids in sorted(steps, key=lambda step: -step.max(initial=0)):
        nearest = [np.round(each / grid) * grid for each, grid in zip(times, grids, strict=True)]
        close = [
            np.abs(each - at) <= min(JITTER, grid / 4) + ROUNDING
            for each, at, grid in zip(times, nearest, grids, strict=True)
        ]
        share = float(np.concatenate(close).mean()) if any(map(len, close)) else 0.0
        if share < ON_GRID:
            continue
        moved = [
            np.where(near, at, each) for near, at, each in zip(close, nearest, times, strict=True)
        ]
        return moved, float(grids[0]), share
    return [each.copy() for each in times], None, 0.0
