"""Faults of a session that its movies tell: onsets that are off, odd pixels and recordings.

Each is a sentence that a scientist can act on. None is refused: what looks like a fault may be how
an experiment was. So little is called one, but for numbers that noise does not make.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.recording_courses import SessionCourses
from neuroloop.calcium.triggered_average import Triggered

#: Errors by which a response or a pixel must be clear.
CLEAR = 5.0

#: Seconds after the onset by which a response must have risen to half of its height.
RISE = 0.3

#: A pixel this many times as bright as the brightest around it, and in errors, is hot.
HOT = 1.5

#: Ratio of a recording's brightness to most others' that is told, and of the last to the first
#: where brightness drifts, which takes so many recordings to tell.
UNLIKE, DRIFT, MANY = 3.0, 1.5, 10

#: Things that a sentence names.
NAMED = 5


def late_or_early(triggered: Triggered, selection: Selection, rate: float) -> list[str]:
    """Tell whether targets respond before the onset, or long after it.

    Parameters
    ----------
    triggered : Triggered
    selection : Selection
    rate : float
        Hz.
    """
    offsets = triggered.offsets
    values = _of_targets(triggered)
    if len(values) < 2:
        return []
    mean = np.nanmean(values, axis=0)
    # Light of the stimulation would be taken for a response at once.
    mean[(offsets >= 0) & (offsets < selection.skip)] = np.nan
    error = np.nanstd(values, axis=0, ddof=1) / np.sqrt(len(values))
    peak, lowest = int(np.nanargmax(mean)), float(np.nanmin(mean))
    height = float(mean[peak]) - lowest
    if not height > 2 * CLEAR * float(np.nanmax(error)):
        return []
    low = np.flatnonzero(mean[: peak + 1] < lowest + height / 2)
    risen = int(offsets[low[-1] + 1]) if len(low) else int(offsets[0])
    latest = max(selection.skip, int(np.ceil(RISE * rate)) - 1)
    where = f"targets' responses, of {len(values)} trials, reach half of their height"
    if risen < 0:
        return [
            f"{where} {_frames(-risen, rate)} before the onset: onsets are stated too late, by "
            f"about {-risen}, or another event comes before them; responses are in the baseline"
        ]
    if risen > latest:
        return [
            f"{where} {_frames(risen, rate)} after the onset: onsets are stated too early, by "
            f"about {risen}, or answers are slow; frames without a response count as stimulated"
        ]
    return []


def odd_pixels(courses: SessionCourses) -> list[str]:
    """Tell pixels that are far brighter than all around them, and those that never change."""
    image, deviation = courses.mean.astype(float), courses.deviation.astype(float)
    around = ndimage.maximum_filter(image, footprint=_RING, mode="reflect")
    noise = deviation / np.sqrt(max(courses.frames, 1))
    clear = image - around > CLEAR * np.hypot(noise, np.median(noise))
    hot = clear & (image - image.min() > HOT * (around - image.min()))
    stuck = (deviation == 0) & (np.median(deviation) > 0) & ~hot
    said = []
    for found, what, remedy in (
        (
            hot,
            "far brighter than all around it",
            "a hot pixel of the detector; where it lies in a cell it hides responses, and it sets "
            "the scale of raw frames",
        ),
        (stuck, "the same in every frame", "a dead or saturated pixel of the detector"),
    ):
        places = np.argwhere(found)
        if len(places):
            named = [f"row {row}, column {column}" for row, column in places]
            said.append(
                f"{len(places)} pixel{'s' * (len(places) > 1)} {what} ({_listed(named)}): {remedy}"
            )
    return said


def unlike_recordings(courses: SessionCourses) -> list[str]:
    """Tell recordings far brighter or darker than most, and brightness that drifts over them."""
    levels = brightness(courses)
    usual = float(levels.median())
    if not levels.min() > 0:
        return []
    far = levels[(levels > UNLIKE * usual) | (levels < usual / UNLIKE)]
    said = []
    if len(far):
        named = [f"{name} {level / usual:.2g} times" for name, level in far.items()]
        said.append(
            f"brightness of {len(far)} recording{'s' * (len(far) > 1)} is far from that of most "
            f"({_listed(named)}): laser, gain or focus changed; raw frames name these recordings"
        )
    order = np.arange(len(levels))
    if len(levels) >= MANY and not len(far):
        logs = np.log(levels.to_numpy())
        drift = np.exp(abs(np.polyfit(order, logs, 1)[0]) * order[-1])
        if drift > DRIFT and np.corrcoef(order, logs)[0, 1] ** 2 > 0.5:
            said.append(
                f"brightness drifts by a factor of {drift:.2g} from the first recording to the "
                "last: bleaching, focus or laser; raw frames tell when they were recorded"
            )
    return said


def brightness(courses: SessionCourses) -> pd.Series:
    """Median brightness of each recording, counts: of all cells."""
    return pd.Series({name: np.median(values) for name, values in courses.cells.items()})


#: The eight pixels around one.
_RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=bool)


def _of_targets(triggered: Triggered) -> np.ndarray:
    """Mean change of a trial's targets beyond that of the background, (trials, offsets)."""
    shown = triggered.stimulated.any(axis=1)
    own = [
        change[:, cells].mean(axis=1)
        for change, cells in zip(
            triggered.beyond_background()[shown], triggered.stimulated[shown], strict=True
        )
    ]
    return np.array(own).reshape(len(own), len(triggered.offsets))


def _frames(count: int, rate: float) -> str:
    return f"{count} frame{'s' * (count > 1)} ({count / rate:.2g} s)"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")
