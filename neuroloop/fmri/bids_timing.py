"""When volumes were acquired, as BIDS JSON files say it beside the repetition time."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.fmri.event_times import TIE

#: Difference of two times, in seconds, that counts as rounding.
TOLERANCE = 1e-3

#: What the JSON files of a BOLD file say: value and file by key, of the nearest file that has it.
Stated = Mapping[str, tuple[Any, Path]]


def even_step(stated: Stated, volumes: int, uneven: bool = False) -> float | None:
    """Find the time from one volume to the next in ``VolumeTiming``.

    Parameters
    ----------
    stated : mapping of str to (value, Path)
    volumes : int
        Volumes of the BOLD file.
    uneven : bool
        Whether volumes at uneven times are passed over, since nothing is labelled by their times.

    Returns
    -------
    float or None
        Seconds; None without ``VolumeTiming``.

    Raises
    ------
    NeuroLoopError
        If it is no list of a time a volume from 0 on, or volumes are not evenly spaced.
    """
    if "VolumeTiming" not in stated:
        return None
    value, file = stated["VolumeTiming"]
    times = _times(value, file, "VolumeTiming")
    if len(times) != volumes or len(times) < 2:
        raise NeuroLoopError(
            f"{file}: VolumeTiming has {len(times)} times, but the image {volumes} volumes: give "
            "the time of each volume, or RepetitionTime"
        )
    steps = np.diff(times)
    if abs(times[0]) > TOLERANCE or steps.min() <= 0:
        raise NeuroLoopError(
            f"{file}: VolumeTiming begins at {times[0]:g} s with steps of {steps.min():g} s and "
            "more: give rising times from the first volume, which is at 0, as events count theirs"
        )
    if np.ptp(steps) > TOLERANCE:
        if uneven:
            return None
        raise NeuroLoopError(
            f"{file}: by VolumeTiming volumes follow one another after {steps.min():g} to "
            f"{steps.max():g} s, but events are laid on volumes that are evenly spaced: resample "
            "the run to even times and correct the file, or label each volume by a list (labels, "
            "with nifti.repetition_time)"
        )
    return float(steps.mean())


def tell_acquisition(runs: Sequence[tuple[Stated, float]], intake: Intake) -> None:
    """Tell when in the repetition time volumes were acquired, if the files say so.

    Parameters
    ----------
    runs : sequence of (mapping, float)
        What the files say of each run, and its repetition time, seconds.
    intake : Intake
        It is warned where the middle of what was acquired lies more than `TIE` of a volume from the
        middle of the volume, by which events are laid on volumes: as in sparse designs, or after a
        slice-time correction to the first slice.

    Raises
    ------
    NeuroLoopError
        If times are no numbers, or longer than the repetition time.
    """
    found: dict[tuple[float, str, float], list[Path]] = {}
    for stated, tr in runs:
        if (middle := _middle(stated, tr)) is not None:
            seconds, key = middle
            found.setdefault((round(seconds, 3), key, tr), []).append(stated[key][1])
    for (seconds, key, tr), files in found.items():
        where = f"{key} of {files[0]}" + (f" and {len(files) - 1} more" if files[1:] else "")
        intake.recognise(f"volumes stand for {seconds:g} s after their start, by {where}")
        late = seconds - tr / 2
        if abs(late) > TIE * tr:
            intake.warn(
                f"what was acquired lies {abs(late):g} s {'after' if late > 0 else 'before'} the "
                f"middle of a volume (TR {tr:g} s), by {where}, but labels go by that middle: make "
                f"nifti.shift {abs(late):g} s {'less' if late > 0 else 'more'} than the "
                "haemodynamic lag"
            )


def _middle(stated: Stated, tr: float) -> tuple[float, str] | None:
    """Seconds from a volume's start to the middle of its acquisition, and the key that says so.

    A corrected image stands for one time. A duration of more than a volume is that of the run, as
    some converters write it.
    """
    slices = _slices(stated, tr)
    if stated.get("SliceTimingCorrected", (False,))[0] is True:
        time = _seconds(stated, "StartTime")
        return (time, "StartTime") if time is not None and 0 <= time <= tr else None
    length = _seconds(stated, "AcquisitionDuration")
    if length is not None and 0 < length <= tr + TOLERANCE:
        return length / 2, "AcquisitionDuration"
    pause = _seconds(stated, "DelayTime")
    if pause is not None:
        if not 0 <= pause < tr:
            raise NeuroLoopError(
                f"{stated['DelayTime'][1]}: DelayTime is {pause:g} s, but a volume lasts {tr:g} s: "
                "give seconds, or correct the TR"
            )
        return (tr - pause) / 2, "DelayTime"
    if slices is None or len(slices) < 2:
        return None
    return float(slices[-1] + np.median(np.diff(slices))) / 2, "SliceTiming"


def _slices(stated: Stated, tr: float) -> np.ndarray | None:
    """Times at which slices are acquired, each once and in order."""
    if "SliceTiming" not in stated:
        return None
    value, file = stated["SliceTiming"]
    times = np.unique(_times(value, file, "SliceTiming"))
    if times[0] < 0 or times[-1] > tr + TOLERANCE:
        raise NeuroLoopError(
            f"{file}: SliceTiming reaches from {times[0]:g} to {times[-1]:g} s, but a volume lasts "
            f"{tr:g} s: give seconds from the volume's start, or correct the TR"
        )
    return times


def _seconds(stated: Stated, key: str) -> float | None:
    if key not in stated:
        return None
    value, file = stated[key]
    return float(_times([value], file, key)[0])


def _times(value: object, file: Path, key: str) -> np.ndarray:
    numbers = value if isinstance(value, list) else [value]
    for each in numbers or [None]:
        if isinstance(each, bool) or not isinstance(each, int | float) or not math.isfinite(each):
            raise NeuroLoopError(f"{file}: {key} holds {each!r}, no number of seconds: correct it")
    return np.array(numbers, dtype=float)
