"""Volumes of a block: those that are labelled, those of its stimulus, and the rest before it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuroloop.fmri.audit.blocks import Blocks
from neuroloop.fmri.scan import Scan

#: Most volumes of rest before a block that are read.
BEFORE = 2

#: Period, in seconds, from which on fluctuations are no one block's.
SLOWEST = 128.0

#: Where slow fluctuations are fitted together with responses: their shortest period, in times from
#: onset to onset, and in seconds.
ONSETS, FASTEST = 3.0, 20.0


@dataclass(frozen=True, eq=False)
class Windows:
    """Volumes of each block, by their numbers in the scan.

    Attributes
    ----------
    labelled : list of ndarray of int
        Volumes that have the block's label.
    shown : list of ndarray of int
        Volumes during its stimulus: as many, earlier by the shift of labels.
    rest : list of ndarray of int
        Volumes before its onset during which nothing was shown; none where there is no such.
    """

    labelled: list[np.ndarray]
    shown: list[np.ndarray]
    rest: list[np.ndarray]

    @classmethod
    def of(cls, blocks: Blocks, scan: Scan, unit: str, shift: float) -> "Windows":
        """Find the volumes of blocks.

        Parameters
        ----------
        blocks : Blocks
            Of samples that are numbered in the order of volumes, or of events.
        scan : Scan
        unit : {"volume", "block"}
            What a sample is: a volume that shows a stimulus, or an event.
        shift : float
            Seconds by which labels were moved to later volumes.
        """
        of_sample = _samples(scan, unit)
        names = blocks.problem.rows["sample"].tolist()
        labelled = [
            np.concatenate([of_sample[int(names[row][1:])] for row in np.flatnonzero(mine)])
            for mine in (blocks.of_row == block for block in range(len(blocks.first)))
        ]
        runs = scan.volumes["run"].to_numpy(dtype=str)
        step = float(scan.volumes.groupby("run")["start"].diff().median())
        lag = round(shift / step) if step > 0 else 0
        shows = _shows(scan.volumes["event"].to_numpy() > 0, runs, lag)
        shown = [_within(volumes - lag, runs, runs[volumes[0]]) for volumes in labelled]
        rest = [_rest(volumes.min() - lag, shows, runs, runs[volumes[0]]) for volumes in labelled]
        return cls(labelled, shown, rest)


def _samples(scan: Scan, unit: str) -> list[np.ndarray]:
    """Volumes of each sample, in the order of samples."""
    shown = np.flatnonzero(scan.volumes["event"].to_numpy() > 0)
    if unit == "volume":
        return [np.array([volume]) for volume in shown]
    table = scan.volumes.iloc[shown]
    return [shown[rows] for rows in table.groupby(["run", "event"], sort=False).indices.values()]


def _shows(event: np.ndarray, runs: np.ndarray, lag: int) -> np.ndarray:
    """Whether something was shown during each volume: labels moved back by the lag."""
    shows = np.zeros(len(event), dtype=bool)
    for run in dict.fromkeys(runs.tolist()):
        here = np.flatnonzero(runs == run)
        shows[here[: len(here) - lag]] = event[here[lag:]]
    return shows


def _within(volumes: np.ndarray, runs: np.ndarray, run: str) -> np.ndarray:
    inside = (volumes >= 0) & (volumes < len(runs))
    kept = volumes[inside]
    return np.asarray(kept[runs[kept] == run])


def _rest(onset: int, shows: np.ndarray, runs: np.ndarray, run: str) -> np.ndarray:
    found: list[int] = []
    for volume in range(onset - 1, -1, -1):
        if runs[volume] != run or shows[volume] or len(found) == BEFORE:
            break
        found.append(volume)
    return np.array(found, dtype=int)


def detrended(course: np.ndarray, runs: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Take the mean, a line and fluctuations slower than `SLOWEST` out of each run.

    Parameters
    ----------
    course : ndarray, (volumes, columns)
    runs : ndarray of str, (volumes,)
    seconds : ndarray, (volumes,)
        From the start of the run.
    """
    made = np.zeros(course.shape)
    for run in dict.fromkeys(runs.tolist()):
        here = np.flatnonzero(runs == run)
        design = _slow(seconds[here], SLOWEST)
        part = course[here].astype(np.float64)
        made[here] = part - design @ np.linalg.lstsq(design, part, rcond=None)[0]
    return made


def _slow(seconds: np.ndarray, slowest: float) -> np.ndarray:
    """Mean, line and cosines of a run's fluctuations slower than a period, (volumes, columns)."""
    count = len(seconds)
    lasts = float(np.ptp(seconds)) * count / max(count - 1, 1)
    cosines = np.arange(1, int(2 * lasts / slowest) + 1)
    place = (np.arange(count) + 0.5) / count
    return np.column_stack([np.ones(count), place, np.cos(np.pi * cosines * place[:, None])])


def amplitudes(
    course: np.ndarray, runs: np.ndarray, seconds: np.ndarray, windows: Sequence[np.ndarray]
) -> np.ndarray:
    """How much a course differs in each window, fitted together with what is slow.

    Fluctuations slower than `ONSETS` times the time from one window to the next are fitted: as that
    is done together with the windows, none of these is taken for slow, as `detrended` may.

    Parameters
    ----------
    course : ndarray, (volumes, columns)
    runs : ndarray of str, (volumes,)
    seconds : ndarray, (volumes,)
        From the start of the run.
    windows : sequence of ndarray of int
        Volumes of each, which are of one run.

    Returns
    -------
    ndarray, (windows, columns)
        0 where a window is empty.
    """
    made = np.zeros((len(windows), course.shape[1]))
    for run in dict.fromkeys(runs.tolist()):
        here = np.flatnonzero(runs == run)
        mine = [at for at, one in enumerate(windows) if len(one) and runs[one[0]] == run]
        if not mine:
            continue
        starts = np.sort([float(seconds[windows[at]].min()) for at in mine])
        apart = float(np.median(np.diff(starts))) if len(mine) > 1 else SLOWEST
        inside = np.column_stack([np.isin(here, windows[at]) for at in mine])
        slow = _slow(seconds[here], min(SLOWEST, max(ONSETS * apart, FASTEST)))
        design = np.column_stack([inside, slow]).astype(np.float64)
        fitted = np.linalg.lstsq(design, course[here].astype(np.float64), rcond=None)[0]
        made[mine] = fitted[: len(mine)]
    return made


def before_onset(
    series: np.ndarray, rest: Sequence[np.ndarray], seconds: np.ndarray, blocks: Blocks
) -> np.ndarray:
    """Pattern of the rest before each block, without what came before and slow drifts.

    Fitted to rest alone: a fit to whole runs, as `detrended` makes, spreads the response to a block
    over the volumes before it. The response to the block before, by its class, is fitted together
    with a mean and a line of each run, so that neither carries it to other blocks.

    Parameters
    ----------
    series : ndarray, (volumes, columns)
    rest : list of ndarray of int, (blocks,)
        `Windows.rest`.
    seconds : ndarray, (volumes,)
        From the start of the run.
    blocks : Blocks

    Returns
    -------
    ndarray, (blocks, columns)
        0 where a block has no rest before it.
    """
    patterns = means(series, rest).astype(np.float64)
    known = np.array([len(volumes) > 0 for volumes in rest])
    start = np.array([float(seconds[volumes].mean()) if len(volumes) else 0.0 for volumes in rest])
    columns = []
    for run in dict.fromkeys(blocks.runs.tolist()):
        here = (blocks.runs == run) & known
        columns += [here, np.where(here, start - start[here].mean() if here.any() else 0.0, 0.0)]
    before = _classes_before(blocks)
    columns += [before == name for name in np.unique(before[known])[1:]]
    design = np.column_stack(columns).astype(np.float64)[known]
    design /= np.maximum(np.abs(design).max(axis=0), 1e-300)
    patterns[known] -= design @ np.linalg.lstsq(design, patterns[known], rcond=None)[0]
    return patterns


def _classes_before(blocks: Blocks) -> np.ndarray:
    """Class of the block before each in its run, -1 for the first."""
    before = np.full(len(blocks.y), -1)
    for run in dict.fromkeys(blocks.runs.tolist()):
        here = np.flatnonzero(blocks.runs == run)
        before[here[1:]] = blocks.y[here[:-1]]
    return before


def means(course: np.ndarray, windows: Sequence[np.ndarray]) -> np.ndarray:
    """Mean course of each window, (windows, columns); 0 where a window is empty."""
    return np.stack(
        [
            course[volumes].mean(axis=0) if len(volumes) else np.zeros(course.shape[1])
            for volumes in windows
        ]
    )
