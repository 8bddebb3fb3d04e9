"""What was shown during each volume, by BIDS events files.

A shift of s seconds moves labels to later volumes: the volume at time t gets the label of time
t - s, as the haemodynamic response lags the stimulus. The time of a volume is the middle of its
acquisition, half a repetition time for the first of a run. Where a middle coincides with the edge
of an event, the volume belongs to the event that begins there.
"""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri import god
from neuroloop.fmri.event_rows import GLM, Choice, read_event_rows
from neuroloop.fmri.event_times import ROUNDING, TIE, Times, exact

log = logging.getLogger(__name__)

#: Jitter of times that is told, in seconds: less is rounding of the table.
TOLD = 1e-4

#: Jitter of times that are on no grid, in seconds, whose effect is told.
USUAL_JITTER = 0.02


def read_events(
    paths: Sequence[StrPath],
    volumes: Sequence[int],
    trs: Sequence[float],
    shift: float = 0.0,
    choice: Choice | None = None,
    intake: Intake | None = None,
) -> pd.DataFrame:
    """Label volumes by BIDS events files, one per run.

    Parameters
    ----------
    paths : sequence of path
        TSV with ``onset`` and ``duration`` (seconds), a column of categories and, if known,
        ``stimulus_id`` or ``stim_file``.
    volumes : sequence of int
        Volumes of each run.
    trs : sequence of float
        Repetition time of each run, seconds.
    shift : float
        Seconds.
    choice : Choice, optional
        Which rows are stimuli; by default all but those of ``trial_type`` rest.
    intake : Intake, optional
        What is recognised, and rows that are left out, are added.

    Returns
    -------
    DataFrame
        One row per volume: ``run`` (``training-1``, ...), ``category``, ``stimulus_id`` (the
        category if no image is given), ``event`` (its number, 0 for rest). Its ``attrs`` count
        the ``events_without_volumes``, which `shift` moved out of their runs.

    Raises
    ------
    NeuroLoopError
        If the numbers of files differ, a file cannot be used (see `read_event_rows`), or an event
        overlaps another or is too short to label a volume.
    """
    choice, intake = choice or Choice(), intake or Intake()
    if len(paths) != len(volumes):
        raise NeuroLoopError(
            f"{len(paths)} events files for {len(volumes)} BOLD runs: give one for each run"
        )
    lengths = [count * tr for count, tr in zip(volumes, trs, strict=True)]
    runs = read_event_rows(paths, lengths, trs, choice, intake)
    logged = [times for _, times in runs]
    taken, grid = exact(logged)
    _tell_times(logged, taken, grid, shift, intake)
    parts, meant, kept = [], [], []
    for number, ((rows, _), times, count) in enumerate(zip(runs, taken, volumes, strict=True), 1):
        _check_times(rows, times)
        part, whole, inside = _label_run(rows, times, count, shift, choice.rest[0])
        parts.append(part.assign(run=god.run_id("training", number)))
        meant.append(whole)
        kept.append(inside)
    table = pd.concat(parts, ignore_index=True)
    gone = tell_lost(np.concatenate(meant), np.concatenate(kept), shift, "events", intake)
    table.attrs = {"events_without_volumes": gone}
    return table


def _check_times(rows: pd.DataFrame, times: Times) -> None:
    """Raise a NeuroLoopError if an event is shorter than a volume, or overlaps another."""
    lengths = times.ends - times.onsets
    short = lengths < (1 - TIE - ROUNDING) * times.tr
    if short.any():
        raise NeuroLoopError(
            f"{rows['origin'][short.argmax()]} is shorter than a volume (TR {times.tr:g} s), as "
            f"are {int(short.sum())} of {len(short)} events there: {GLM}; or give the durations of "
            "their blocks"
        )
    before = np.maximum.accumulate(times.ends)[:-1]
    overlap = times.onsets[1:] < before - ROUNDING * times.tr
    if overlap.any():
        raise NeuroLoopError(
            f"{rows['origin'][overlap.argmax() + 1]} overlaps an event before it: a volume has one "
            "label: leave one kind out by the key drop, or choose by keep"
        )


def _label_run(
    rows: pd.DataFrame, times: Times, volumes: int, shift: float, rest: str
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Label one run; also count the volumes of each event before and after what the shift cuts."""
    category = np.full(volumes, rest, dtype=object)
    stimulus = category.copy()
    event = np.zeros(volumes, dtype=int)
    first, after = times.volumes(shift)
    if (empty := first == after).any():
        raise NeuroLoopError(
            f"{rows['origin'][empty.argmax()]} covers the middle of no volume (TR {times.tr:g} s): "
            f"{GLM}; or give the durations of their blocks"
        )
    start, stop = np.clip(first, 0, volumes), np.clip(after, 0, volumes)
    places = zip(start, stop, rows["category"], rows["image"], strict=True)
    for number, (begin, end, name, image) in enumerate(places, start=1):
        category[begin:end], stimulus[begin:end], event[begin:end] = name, image, number
    part = pd.DataFrame({"category": category, "stimulus_id": stimulus, "event": event})
    return part, after - first, stop - start


def _tell_times(
    logged: Sequence[Times],
    taken: Sequence[Times],
    grid: float | None,
    shift: float,
    intake: Intake,
) -> None:
    """Tell which times were moved, or that milliseconds decide some labels."""
    pairs = list(zip(logged, taken, strict=True))
    if grid is None:
        near = sum(
            _undecided(edges, run.tr, shift) for run in logged for edges in (run.onsets, run.ends)
        )
        if near:
            intake.recognise(
                f"times of events follow no regular grid: {near} edges lie within "
                f"{1000 * USUAL_JITTER:g} ms of where a volume changes its event"
            )
        return
    moved = np.concatenate([np.abs(run.onsets - at.onsets) for run, at in pairs])
    if moved.max(initial=0) <= TOLD:
        return
    edges = sum(
        int((one != other).sum())
        for run, at in pairs
        for one, other in zip(run.volumes(shift), at.volumes(shift), strict=True)
    )
    intake.recognise(
        f"onsets lie within {1000 * moved.max():.3g} ms of multiples of {grid:g} s and are taken "
        f"as these: {edges} edges of events fall on another volume than by the logged times"
    )


def _undecided(edges: np.ndarray, tr: float, shift: float) -> int:
    """Count edges within the usual jitter of a time at which a volume changes its event."""
    place = (edges + shift) / tr - 0.5 - TIE
    return int((np.abs(place - np.round(place)) * tr <= USUAL_JITTER).sum())


def tell_lost(meant: np.ndarray, kept: np.ndarray, shift: float, what: str, intake: Intake) -> int:
    """Tell which events or stretches lose volumes to the shift; return how many have none left."""
    if (kept == meant).all():
        return 0
    lost, gone = int((meant - kept).sum()), int((kept == 0).sum())
    log.info("%d labels shifted by %g s fall outside their runs", lost, shift)
    intake.drop(what, f"the shift of {shift:g} s moves them out of their runs", gone)
    half = int(((kept > 0) & (2 * kept <= meant)).sum())
    if half:
        intake.warn(
            f"{half} {what} lose half of their volumes or more, which the shift of {shift:g} s "
            "moves out of their runs"
        )
    return gone
