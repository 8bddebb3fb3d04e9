"""Intervals over patients: how far a number of other patients may lie from that of these.

Percentiles of resamples are too narrow where patients are few, and have no width where all
radiographs were named right, however few they are.
"""

import numpy as np
from scipy import special

#: Patients with a radiograph that was named wrong below whom a loss has no interval.
FEWEST_WRONG = 10

#: Where the data give no interval.
NONE = (np.nan, np.nan)


def share_interval(
    value: float,
    draws: np.ndarray,
    n: int,
    patients: int,
    independent: int | None = None,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of a share, or of another number from 0 to 1, by the binomial distribution.

    The interval of Clopper & Pearson for as many independent radiographs as would have the same
    variance, at most those that there are, with Student's quantiles for the patients (Korn &
    Graubard 1998, Surv. Methodol. 24:193). A number whose resamples are all alike, as a share of 0
    or 1, counts as one of independent patients.

    Parameters
    ----------
    value : float
        From 0 to 1; NaN if it is not defined.
    draws : ndarray of float
        Its value in each resample; NaN where it is not defined.
    n, patients : int
        Radiographs that it speaks of, and their patients.
    independent : int, optional
        As how many patients it counts where resamples are all alike: of an AUC, those of the rarer
        class. By default all.
    level : float
        Coverage.

    Returns
    -------
    low, high : float
        NaN where the value is, or where there is a single patient.
    """
    if np.isnan(value) or patients < 2:
        return NONE
    variance, tail = patient_variance(draws, patients), (1 + level) / 2
    alike = value * (1 - value)
    most = patients if independent is None else independent
    effective = min(alike / variance, n) if alike > 0 and variance > 0 else min(most, n)
    narrow, wide = special.stdtrit(max(n - 1, 1), tail), special.stdtrit(patients - 1, tail)
    effective *= (narrow / wide) ** 2
    right = value * effective
    low = special.betaincinv(right, effective - right + 1, 1 - tail) if right > 0 else 0.0
    high = special.betaincinv(right + 1, effective - right, tail) if right < effective else 1.0
    return float(low), float(high)


def loss_interval(
    value: float, draws: np.ndarray, patients: int, level: float = 0.95
) -> tuple[float, float]:
    """Interval of a loss, which is above 0: Student's t of its logarithm (delta method)."""
    if not value > 0 or patients < 2:
        return NONE
    relative = np.sqrt(patient_variance(draws, patients)) / value
    factor = np.exp(special.stdtrit(patients - 1, (1 + level) / 2) * relative)
    return float(value / factor), float(value * factor)


def widened_percentiles(
    value: float, draws: np.ndarray, patients: int, level: float = 0.95
) -> tuple[float, float]:
    """Percentiles of resamples, as much further from the value as few patients ask for."""
    known = draws[~np.isnan(draws)]
    if not len(known) or patients < 2:
        return NONE
    tail = (1 + level) / 2
    wider = special.stdtrit(patients - 1, tail) / special.ndtri(tail)
    bounds = np.quantile(known, [1 - tail, tail])
    low, high = value + (bounds - value) * wider * np.sqrt(patients / (patients - 1))
    return float(low), float(high)


def patient_variance(draws: np.ndarray, patients: int) -> float:
    """Variance over resampled patients, for as many degrees of freedom as they leave."""
    return float(np.nanvar(draws)) * patients / (patients - 1)
