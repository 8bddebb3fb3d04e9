"""How far a difference of two trainings would move with other patients and other partitions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from neuroloop.cxr.patient_intervals import patient_variance

#: Power of the smallest difference that would have been seen.
POWER = 0.8


class Variance(NamedTuple):
    """Variance of a mean difference, with its degrees of freedom."""

    value: float
    freedom: float

    def half_width(self, level: float = 0.95) -> float:
        """Half of an interval by Student's t."""
        return float(special.stdtrit(self.freedom, (1 + level) / 2) * np.sqrt(self.value))


class Test(NamedTuple):
    """Student's t of a difference.

    Attributes
    ----------
    ci_low, ci_high : float
        95 % interval.
    p : float
        Two-sided, against no difference.
    smallest_effect : float
        Difference that `POWER` of studies like this one would find at a p of 0.05.
    """

    ci_low: float
    ci_high: float
    p: float
    smallest_effect: float


def student(value: float, variance: Variance) -> Test:
    """Interval, p and smallest smallest_effect difference of a mean difference.

    Returns
    -------
    Test
        Without numbers where the variance is 0 or not known, unless the value is 0 too.
    """
    if not variance.value > 0:
        same = (0.0, 0.0, 1.0, 0.0) if value == 0 and variance.value == 0 else (np.nan,) * 4
        return Test(*same)
    error, half = np.sqrt(variance.value), variance.half_width()
    p = 2 * special.stdtr(variance.freedom, -abs(value) / error)
    smallest_effect = half + special.stdtrit(variance.freedom, POWER) * error
    return Test(float(value - half), float(value + half), float(p), float(smallest_effect))


def over_patients(
    values: np.ndarray, draws: np.ndarray, patients: int, tested_per_learned: float
) -> Variance:
    """Variance over patients, and what the luck of partitions leaves in their mean.

    Each patient is tested by networks that learned from the others, so that the variance over
    patients counts n_test / n_train more, as that over folds does by Nadeau & Bengio (2003, Mach.
    Learn. 52:239). The degrees of freedom are by Satterthwaite (1946, Biometrics Bull. 2:110).

    Parameters
    ----------
    values : ndarray, shape (partitions,)
        Difference on each partition.
    draws : ndarray, shape (resamples,)
        Mean difference in each resample of the patients.
    patients : int
    tested_per_learned : float
        n_test / n_train; 0 where networks are not trained anew.
    """
    of_patients = patient_variance(draws, patients) * (1 + tested_per_learned)
    of_partitions = float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
    return added([(of_patients, patients - 1), (of_partitions, max(len(values) - 1, 1))])


def over_folds(values: np.ndarray, partitions: int) -> Variance:
    """Variance of the corrected resampled t over the folds of repeated cross-validation.

    (1 / J + n_test / n_train) s^2 over the differences of J folds (Nadeau & Bengio 2003, Mach.
    Learn. 52:239, equation 9), with J - 1 degrees of freedom (Bouckaert & Frank 2004, PAKDD, 3).

    Parameters
    ----------
    values : ndarray, shape (J,)
        NaN of a fold that lacks a class.
    partitions : int
        Partitions that the folds are of.
    """
    known = values[~np.isnan(values)]
    tested_per_learned = 1 / (len(values) / partitions - 1)
    if len(known) < 2:
        return Variance(np.nan, 1)
    factor = 1 / len(known) + tested_per_learned
    return Variance(factor * float(known.var(ddof=1)), len(known) - 1)


def added(parts: Sequence[tuple[float, float]]) -> Variance:
    """Sum of independent variances, each with its degrees of freedom (Satterthwaite)."""
    total = sum(value for value, _ in parts)
    spent = sum(value**2 / freedom for value, freedom in parts)
    return Variance(total, total**2 / spent if spent > 0 else np.inf)
