"""Times of events on the clock of the scanner, free of jitter of some milliseconds.

Logged times miss the design by milliseconds. A label must not hang on that: a volume whose middle
is close to an event's edge is a tie (`first_volume`), and times that lie about a regular grid are
taken to lie on it (`exact`), or else those that fall where ties end would be decided by the jitter.
"""

from collections.abc import Sequence

import numpy as np

#: Part of a volume within which its middle and an event's edge fall together.
TIE = 0.1

#: Seconds by which a logged time may miss that of the design: that of an end adds up from two.
JITTER = 0.045

#: Grids of designs that do not follow the scanner, seconds.
GRIDS = (1.0, 0.5, 0.25, 0.1)

#: What rounding may add to a time, volumes.
ROUNDING = 1e-6


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
        Counted from 0. A middle before `time` by no more than `TIE` of a volume counts as at it.
    """
    return int(np.ceil(time / tr - 0.5 - TIE - ROUNDING))


def exact(onsets: np.ndarray, ends: np.ndarray, tr: float) -> tuple[np.ndarray, np.ndarray]:
    """Take jitter out of the events of a run.

    Parameters
    ----------
    onsets, ends : ndarray of float, shape (events,)
        Seconds, in the order of the onsets.
    tr : float
        Repetition time, seconds.

    Returns
    -------
    onsets, ends : ndarray of float, shape (events,)
        Onsets, and by themselves ends, on the coarsest grid that all of them lie about (the
        repetition time, its half, or one of `GRIDS`), as they are if they lie about none. An end
        less than `TIE` of a volume from the onset that follows is that onset: whatever the gap or
        the overlap between two events, no volume is lost or given twice.
    """
    grids = sorted((tr, tr / 2, *GRIDS), reverse=True)
    onsets, ends = _on_grid(onsets, grids), _on_grid(ends, grids)
    joined = np.abs(onsets[1:] - ends[:-1]) <= TIE * tr
    ends[:-1][joined] = onsets[1:][joined]
    return onsets, ends


def _on_grid(times: np.ndarray, grids: Sequence[float]) -> np.ndarray:
    for grid in grids:
        nearest = np.round(times / grid) * grid
        if (np.abs(times - nearest) <= min(JITTER, grid / 4)).all():
            return nearest
    return times.copy()
