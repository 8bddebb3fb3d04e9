"""Times of events on the clock of the scanner, with jitter of some milliseconds removed.

Logged times deviate from the design by milliseconds. Labels must not depend on that: a volume whose
middle is close to an event's edge is a tie (`first_volume`), and times close to a regular grid are
moved onto it (`exact`); otherwise jitter would decide those that fall where ties end.
"""

from collections.abc import Sequence

import numpy as np

#: Part of a volume within which its middle and an event's edge count as coinciding.
TIE = 0.1

#: Seconds by which a logged time may deviate from the design; that of an end adds up from two.
JITTER = 0.045

#: Grids of designs that do not follow the scanner, seconds.
GRIDS = (1.0, 0.5, 0.25, 0.1)

#: Rounding error of a time, in volumes.
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
        Counted from 0. A middle before `time` by at most `TIE` of a volume counts as being at it.
    """
    return int(np.ceil(time / tr - 0.5 - TIE - ROUNDING))


def exact(onsets: np.ndarray, ends: np.ndarray, tr: float) -> tuple[np.ndarray, np.ndarray]:
    """Remove jitter from the events of a run.

    Parameters
    ----------
    onsets, ends : ndarray of float, shape (events,)
        Seconds, in the order of the onsets.
    tr : float
        Repetition time, seconds.

    Returns
    -------
    onsets, ends : ndarray of float, shape (events,)
        Onsets, and separately ends, moved onto the coarsest grid that all of them are close to (the
        repetition time, its half, or one of `GRIDS`), unchanged if there is none. An end less than
        `TIE` of a volume from the next onset is set to that onset: whatever the gap or overlap
        between two events, no volume is lost or assigned twice.
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
