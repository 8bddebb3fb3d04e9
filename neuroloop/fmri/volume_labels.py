"""What was shown during each volume: from BIDS events, or from a list with a label per volume.

A shift of s seconds moves labels to later volumes: the volume at time t gets the label of time
t - s, as the haemodynamic response lags the stimulus. The time of a volume is the middle of its
acquisition, half a repetition time for the first of a run. Where a middle coincides with the edge
of an event, the volume belongs to the event that begins there.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table
from neuroloop.fmri import god
from neuroloop.fmri.event_times import TIE, exact, first_volume

log = logging.getLogger(__name__)

#: Columns of an events file that name the image, in order of preference.
STIMULUS_COLUMNS = ("stimulus_id", "stim_file")


def read_events(
    paths: Sequence[StrPath],
    volumes: Sequence[int],
    tr: float,
    shift: float = 0.0,
    rest: str = "rest",
) -> pd.DataFrame:
    """Label volumes by BIDS events files, one per run.

    Parameters
    ----------
    paths : sequence of path
        TSV with ``onset`` and ``duration`` (seconds), ``trial_type`` (the category) and, if known,
        ``stimulus_id`` or ``stim_file``.
    volumes : sequence of int
        Volumes of each run.
    tr : float
        Repetition time, seconds.
    shift : float
        Seconds.
    rest : str
        Category of volumes outside every event.

    Returns
    -------
    DataFrame
        One row per volume: ``run`` (``training-1``, ...), ``category``, ``stimulus_id`` (the
        category if no image is given), ``event`` (its number, 0 for rest). Its ``attrs`` count
        the ``events_without_volumes``, which `shift` moved out of their runs.

    Raises
    ------
    NeuroLoopError
        If the numbers of files differ, a file cannot be used, or an event ends after its run,
        overlaps another, is too short to cover the middle of a volume, or has a name that differs
        from that of rest only in letter case.
    """
    if len(paths) != len(volumes):
        raise NeuroLoopError(
            f"{len(paths)} events files for {len(volumes)} BOLD runs: give one for each run"
        )
    parts, gone = [], 0
    for number, (path, count) in enumerate(zip(paths, volumes, strict=True), start=1):
        part, without = _label_run(path, count, tr, shift, rest)
        parts.append(part.assign(run=god.run_id("training", number)))
        gone += without
    table = pd.concat(parts, ignore_index=True)
    table.attrs = {"events_without_volumes": gone}
    return table


def _label_run(
    path: StrPath, volumes: int, tr: float, shift: float, rest: str
) -> tuple[pd.DataFrame, int]:
    """Label one run; also count the events that are left without volumes by the shift."""
    table = read_table(path, {"onset": float, "duration": float, "trial_type": str})
    image_column = next((name for name in STIMULUS_COLUMNS if name in table), "trial_type")
    _check_rest(table["trial_type"], path, "trial_type ", rest)
    table = table[~table["trial_type"].isin([rest, "n/a"])].sort_values("onset", kind="stable")
    origins = [
        f"{path}: event {name} at {onset:g} s for {duration:g} s"
        for name, onset, duration in zip(
            table["trial_type"], table["onset"], table["duration"], strict=True
        )
    ]
    _check_times(table, origins, volumes, tr)
    onsets = table["onset"].to_numpy()
    onsets, ends = exact(onsets, onsets + table["duration"].to_numpy(), tr)
    category = np.full(volumes, rest, dtype=object)
    stimulus = category.copy()
    event = np.zeros(volumes, dtype=int)
    meant, kept = np.zeros(len(table), dtype=int), np.zeros(len(table), dtype=int)
    rows = zip(onsets, ends, table["trial_type"], table[image_column], origins, strict=True)
    for number, (onset, end, name, image, origin) in enumerate(rows, start=1):
        first, last = (first_volume(time + shift, tr) for time in (onset, end))
        if first == last:
            raise NeuroLoopError(
                f"{origin} covers the middle of no volume (TR {tr:g} s): events this short need a "
                "GLM, whose estimates go in as BData, or the durations of their blocks"
            )
        covered = slice(max(first, 0), max(last, 0))
        if event[covered].any():
            raise NeuroLoopError(f"{origin} overlaps the previous event: a volume has one label")
        meant[number - 1], kept[number - 1] = last - first, len(category[covered])
        category[covered], event[covered] = name, number
        stimulus[covered] = name if image in ("n/a", "") else image
    return (
        pd.DataFrame({"category": category, "stimulus_id": stimulus, "event": event}),
        _tell_lost(path, meant, kept, shift),
    )


def _tell_lost(path: StrPath, meant: np.ndarray, kept: np.ndarray, shift: float) -> int:
    """Log which events lose volumes to the shift; return how many have none left."""
    if (kept == meant).all():
        return 0
    lost, gone = int((meant - kept).sum()), int((kept == 0).sum())
    log.info("%s: %d labels shifted by %g s fall outside the run", path, lost, shift)
    if gone:
        log.warning("%s: %d events have no volume left, shifted by %g s", path, gone, shift)
    half = int(((kept > 0) & (2 * kept <= meant)).sum())
    if half:
        log.warning(
            "%s: %d events lose half of their volumes or more, shifted by %g s", path, half, shift
        )
    return gone


def _check_rest(categories: pd.Series, path: StrPath, what: str, rest: str) -> None:
    """Raise a NeuroLoopError if a category differs from rest only in letter case."""
    for name in categories.dropna().unique():
        if name != rest and name.strip().casefold() == rest.strip().casefold():
            raise NeuroLoopError(
                f"{path}: {what}{name} and the key rest ({rest}) differ only in letter case, and "
                f"{name} would become a category: spell them alike"
            )


def _check_times(table: pd.DataFrame, origins: Sequence[str], volumes: int, tr: float) -> None:
    """Raise a NeuroLoopError if an event has no duration or is not within the run."""
    for onset, duration, origin in zip(table["onset"], table["duration"], origins, strict=True):
        if duration == 0 or np.isnan(duration):
            raise NeuroLoopError(
                f"{origin}: impulses label no volume: remove the row if it shows no stimulus; "
                "otherwise it needs a GLM, whose estimates go in as BData, or the duration of its "
                "block"
            )
        if not (onset >= -TIE * tr and duration > 0 and onset + duration <= (volumes + TIE) * tr):
            raise NeuroLoopError(
                f"{origin} is not within the run, which lasts {volumes * tr:g} s ({volumes} "
                "volumes): fix the events or the TR, or take out the row if the scan stopped "
                "before its end"
            )


def read_label_list(
    path: StrPath,
    volumes: Sequence[int],
    tr: float,
    shift: float = 0.0,
    rest: str = "rest",
) -> pd.DataFrame:
    """Label volumes by a text file with one line per volume: label and run, separated by blanks.

    Parameters
    ----------
    path : path
        One line for each volume of all files, in order. A header ``labels chunks`` is skipped.
        Without a second column every BOLD file is a run.
    volumes : sequence of int
        Volumes of each BOLD file.
    tr, shift, rest
        As for `read_events`: a label is an event that lasts as long as its volume.

    Returns
    -------
    DataFrame
        As `read_events` returns it, with the file's run names; an event is a stretch of one label.

    Raises
    ------
    NeuroLoopError
        If the file is missing, lines differ in form or number, a run is not contiguous or extends
        past the end of a BOLD file, or a label differs from that of rest only in letter case.
    """
    lines = _read_lines(path)
    if len(lines) != sum(volumes):
        raise NeuroLoopError(
            f"{path} labels {len(lines)} volumes, but the BOLD files have {sum(volumes)}: "
            "there must be one line per volume"
        )
    if len({len(line) for line in lines}) != 1 or len(lines[0]) > 2:
        raise NeuroLoopError(f"{path}: each line must be a label, or a label and a run")
    files = np.repeat(np.arange(1, len(volumes) + 1), volumes)
    runs = [line[1] for line in lines] if len(lines[0]) == 2 else files.astype(str).tolist()
    table = pd.DataFrame({"category": [line[0] for line in lines], "run": runs})
    unknown = table.index[table["run"].str.lower().isin(["nan", "n/a"])]
    if len(unknown):
        raise NeuroLoopError(
            f"{path}: volume {unknown[0] + 1} has no run ({table['run'][unknown[0]]}): give each "
            "volume one"
        )
    starts = table["run"] != table["run"].shift()
    again = table.loc[starts, "run"][table.loc[starts, "run"].duplicated()]
    if len(again):
        raise NeuroLoopError(
            f"{path}: run {again.iloc[0]} recurs at line {again.index[0] + 1}: the volumes of "
            "a run must be consecutive"
        )
    _check_ends(table["run"], volumes, path)
    _check_rest(table["category"], path, "label ", rest)
    shown = table["category"] != rest
    table["event"] = (starts | table["category"].ne(table["category"].shift())).cumsum() * shown
    by_run = table.groupby("run", sort=False)[["category", "event"]]
    moved = by_run.shift(first_volume(shift, tr))
    category, event = moved["category"].fillna(rest), moved["event"].fillna(0).astype(int)
    meant = table.loc[shown, "event"].value_counts(sort=False)
    kept = event.value_counts().reindex(meant.index, fill_value=0)
    run = [god.run_id("training", name) for name in table["run"]]
    table = pd.DataFrame(
        {"category": category, "stimulus_id": category, "event": event, "run": run}
    )
    table.attrs = {
        "events_without_volumes": _tell_lost(path, meant.to_numpy(), kept.to_numpy(), shift)
    }
    return table


def _read_lines(path: StrPath) -> list[list[str]]:
    """Split each line that is not empty into words, leaving out the header."""
    try:
        lines = [line.split() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: put the labels there or change the key") from None
    except UnicodeDecodeError as error:
        raise NeuroLoopError(f"{path} is not a text file ({error})") from error
    lines = [line for line in lines if line]
    if lines and [word.lower() for word in lines[0]] in (["labels", "chunks"], ["label", "run"]):
        lines = lines[1:]
    return lines


def _check_ends(runs: pd.Series, volumes: Sequence[int], path: StrPath) -> None:
    """Raise a NeuroLoopError if a run extends past the end of a BOLD file."""
    files = np.repeat(np.arange(1, len(volumes) + 1), volumes)
    for name, rows in runs.groupby(runs, sort=False).groups.items():
        first, last = files[rows[0]], files[rows[-1]]
        if first != last:
            raise NeuroLoopError(
                f"{path}: run {name} begins in BOLD file {first} and ends in file {last}: a file "
                f"holds whole runs (volumes of the files: {', '.join(map(str, volumes))})"
            )
