"""Accuracy as labels shift against the volumes: where it peaks, the labels fit the brain.

Labels that are a volume or several late or early, for a forgotten haemodynamic lag or a wrong
repetition time, decode worse but still above chance; nothing else in an analysis shows it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri.quick_decoding import scores_by_run

#: Shifts that are tried, in volumes.
SHIFTS = tuple(range(-3, 7))

#: Shifts beyond this (volumes) are told if they fit better.
TOLERATED = 1

#: Level of the test of all shifts together.
LEVEL = 0.005

#: Least gain of accuracy that is told.
LEAST_GAIN = 0.03

#: From this number on, runs are the units of the test; below it, events.
ENOUGH_RUNS = 6


class ShiftCurve(NamedTuple):
    """Accuracy at each shift.

    Attributes
    ----------
    shifts : tuple of int
        Volumes by which labels move to later volumes, beside what the config does.
    accuracy : ndarray of float, shape (shifts,)
        Of volumes, by leave-out of runs.
    chance : float
        Share of the most frequent category.
    better : int or None
        Shift that fits better than 0 beyond chance and lies more than `TOLERATED` volumes away.
    p : float
        Of the best of those shifts, corrected for their number.
    """

    shifts: tuple[int, ...]
    accuracy: np.ndarray
    chance: float
    better: int | None
    p: float


def shift_curve(series: np.ndarray, volumes: pd.DataFrame) -> ShiftCurve | None:
    """Decode volumes under labels that are shifted.

    Parameters
    ----------
    series : ndarray, shape (volumes, voxels)
        Cleaned volumes of all runs, rest included.
    volumes : DataFrame
        ``run``, ``category`` and ``event`` (its number in the run, 0 for rest) of each volume.

    Returns
    -------
    ShiftCurve or None
        None if there are fewer than two runs or categories.
    """
    shown = volumes["event"] > 0
    if volumes["run"].nunique() < 2 or volumes.loc[shown, "category"].nunique() < 2:
        return None
    by_run = volumes.groupby("run", sort=False)
    hits, accuracy = {}, []
    for shift in SHIFTS:
        event = by_run["event"].shift(shift).fillna(0).astype(int)
        category = by_run["category"].shift(shift)
        kept = (event > 0).to_numpy()
        labels = category[kept].astype(str)
        scores = scores_by_run(series[kept], labels.tolist(), volumes["run"][kept].tolist())
        classes = np.array(natural_sorted(set(labels)), dtype=object)
        right = classes[np.nanargmax(np.nan_to_num(scores), axis=1)] == labels.to_numpy()
        accuracy.append(float(right.mean()))
        hits[shift] = (
            pd.Series(right, dtype=float)
            .groupby([volumes["run"][kept].to_numpy(), event[kept].to_numpy()])
            .mean()
        )
    chance = float(volumes.loc[shown, "category"].value_counts(normalize=True).max())
    better, p = _better(hits, chance)
    return ShiftCurve(SHIFTS, np.array(accuracy), chance, better, p)


def _better(hits: dict[int, pd.Series], chance: float) -> tuple[int | None, float]:
    """Shift that is better than none and than chance, and the larger p of the two tests.

    Paired t tests over runs or events, corrected for the number of shifts.
    """
    candidates = [shift for shift in hits if abs(shift) > TOLERATED]
    best = max(candidates, key=lambda shift: float(hits[shift].mean()))
    gain = _units(hits[best] - hits[0])
    p = max(_above_zero(gain), _above_zero(_units(hits[best] - chance))) * len(candidates)
    told = p < LEVEL and gain.mean() >= LEAST_GAIN
    return (best if told else None), min(1.0, p)


def _units(values: pd.Series) -> pd.Series:
    """Means of runs, or the values of events where runs are few."""
    values = values.dropna()
    runs = values.groupby(level=0).mean()
    return runs if len(runs) >= ENOUGH_RUNS else values


def _above_zero(values: pd.Series) -> float:
    """One-sided p of a t test."""
    if len(values) < 3:
        return 1.0
    mean, error = float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5
    return float(student.sf(mean / error, len(values) - 1)) if error else float(mean <= 0)
