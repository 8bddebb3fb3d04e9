"""Faults of a session that its movies tell: onsets that are off, odd pixels and recordings.

Each is a sentence that a scientist can act on. None is refused: what looks like a fault may be how
an experiment was. So little is called one, but for numbers that noise does not make.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.odd_pixels import EVERYWHERE, HOTTER, STILL
from neuroloop.calcium.recording_courses import SessionCourses
from neuroloop.calcium.triggered_average import Triggered

#: Probability that noise puts a frame of a response on the wrong side of half of its height.
FALSE = 0.01

#: Recordings of a pattern that are compared; where there are fewer, it is their trials.
UNITS = 6

#: Seconds after the onset by which a response must have risen to half of its height.
RISE = 0.3

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
    values, what = _of_targets(triggered)
    count = np.isfinite(values).sum(axis=0)
    known = count > 1
    if not known.any():
        return []
    mean, error = np.full((2, len(offsets)), np.nan)
    mean[known] = np.nanmean(values[:, known], axis=0)
    error[known] = np.nanstd(values[:, known], axis=0, ddof=1) / np.sqrt(count[known])
    # Light of the stimulation would be taken for a response at once.
    mean[(offsets >= 0) & (offsets < selection.skip)] = np.nan
    if not np.isfinite(mean).any():
        return []
    peak, lowest = int(np.nanargmax(mean)), float(np.nanmin(mean))
    height = float(mean[peak]) - lowest
    clear = special.stdtrit(count[known].min() - 1, 1 - FALSE / len(offsets))
    if not height > 2 * clear * float(np.nanmax(error)):
        return []
    low = np.flatnonzero(mean[: peak + 1] < lowest + height / 2)
    risen = int(offsets[low[-1] + 1]) if len(low) else int(offsets[0])
    latest = int(np.ceil(RISE * rate)) - 1
    where = f"targets' responses, of {len(values)} {what}, reach half of their height"
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
    names = list(courses.cells)
    said = []
    for kind, what, remedy in (
        (
            HOTTER,
            "far brighter than all around it",
            "a hot pixel of the detector; where it lies in a cell it hides responses, and it sets "
            "the scale of raw frames",
        ),
        (STILL, "the same in every frame", "a dead or saturated pixel of the detector"),
    ):
        places: dict[tuple[int, int], list[int]] = {}
        for recording, row, column, _ in courses.odd[courses.odd[:, 3] == kind].tolist():
            places.setdefault((row, column), []).append(recording)
        if not places:
            continue
        named = [
            f"row {row}, column {column}" + _where(rows, names)
            for (row, column), rows in places.items()
        ]
        told = f"{len(places)} pixel{'s' * (len(places) > 1)} {what} ({_listed(named)}): {remedy}"
        some = any(EVERYWHERE not in rows for rows in places.values())
        said.append(told + "; in some recordings only, it names these to a network" * some)
    return said


def _where(rows: Sequence[int], names: Sequence[str]) -> str:
    """In which recordings, where it is not all of them."""
    if EVERYWHERE in rows:
        return ""
    if len(rows) == 1:
        return f" of {names[rows[0]]}"
    return f" of {names[rows[0]]} and {len(rows) - 1} more of {len(names)} recordings"


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


def _of_targets(triggered: Triggered) -> tuple[np.ndarray, str]:
    """Mean change of targets beyond that of the background, (units, offsets), and what units are.

    They are recordings of a pattern, whose trials share what is theirs, if these are enough.
    """
    shown = np.flatnonzero(triggered.stimulated.any(axis=1))
    change = triggered.beyond_background()
    own = np.array([change[row][:, triggered.stimulated[row]].mean(axis=1) for row in shown])
    own = own.reshape(len(shown), len(triggered.offsets))
    keys = triggered.trials.iloc[shown].groupby(["recording", "pattern"], sort=False).indices
    if len(keys) < UNITS:
        return own, "trials"
    return np.array([_mean_of_known(own[rows]) for rows in keys.values()]), "recordings"


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    """Mean over rows without NaN; NaN where there is none."""
    known = np.isfinite(values)
    sums, count = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(sums, count, out=np.full(len(count), np.nan), where=count > 0)


def _frames(count: int, rate: float) -> str:
    return f"{count} frame{'s' * (count > 1)} ({count / rate:.2g} s)"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")
