"""Two trainings on the same radiographs, compared over patients and partitions into folds.

Predictions of a partition hang on how it fell: other networks learned from other patients. So all
partitions that both trainings were made on are averaged, and two things vary. Patients are
resampled, the same on both sides; as each was predicted by networks that learned from the others,
their variance counts n_test / n_train more (the correction of Nadeau & Bengio 2003, Mach. Learn.
52:239, with patients as units in place of folds). And partitions, each trained anew, differ by what
is left of their luck in the mean. One partition does not tell how others would come out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.cxr.patient_bootstrap import patient_weights
from neuroloop.cxr.patient_intervals import patient_variance
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.cxr.radiograph_metrics import scores
from neuroloop.errors import NeuroLoopError

#: Metrics that are compared.
COMPARED = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")

#: Columns of a comparison.
COLUMNS = (
    *("metric", "difference", "ci_low", "ci_high", "p", "n", "patients", "left_out"),
    *("partitions", "detectable"),
)

#: Power of the smallest difference that would have been seen.
POWER = 0.8


class Test(NamedTuple):
    """Student's t of a difference.

    Attributes
    ----------
    ci_low, ci_high : float
        95 % interval.
    p : float
        Two-sided, against no difference.
    detectable : float
        Difference that `POWER` of studies like this one would find at p of 0.05.
    """

    ci_low: float
    ci_high: float
    p: float
    detectable: float


def student(value: float, variance: float, freedom: float, level: float = 0.95) -> Test:
    """Interval, p and smallest detectable difference of a value with a variance.

    Parameters
    ----------
    value, variance : float
    freedom : float
        Degrees of freedom of the variance.
    level : float
        Coverage of the interval.

    Returns
    -------
    Test
        Without numbers where the variance is 0 or not known, unless the value is 0 too.
    """
    if not variance > 0:
        same = (0.0, 0.0, 1.0, 0.0) if value == 0 and variance == 0 else (np.nan,) * 4
        return Test(*same)
    error, critical = np.sqrt(variance), special.stdtrit(freedom, (1 + level) / 2)
    p = 2 * special.stdtr(freedom, -abs(value) / error)
    detectable = (critical + special.stdtrit(freedom, POWER)) * error
    half = critical * error
    return Test(float(value - half), float(value + half), float(p), float(detectable))


def compare(
    predictions_a: Sequence[pd.DataFrame],
    predictions_b: Sequence[pd.DataFrame],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    n_boot: int = 2000,
    tested_per_learned: float = 0.0,
) -> pd.DataFrame:
    """Subtract the metrics of one training from those of another.

    Parameters
    ----------
    predictions_a, predictions_b : sequence of DataFrame
        Of each partition, as in `radiograph_metrics`: the same radiographs, in any order.
        Partitions that only one has are passed over.
    classes : sequence of str
    contrast : (str, str) or None
        Without it there is no ``auc``.
    seed : int
        Root seed; both are scored over the same resampled patients, those of `radiograph_metrics`.
    n_boot : int
        Resamples of patients.
    tested_per_learned : float
        Patients that a network is tested on, for each that it learned from: 1 / (folds - 1). 0 for
        networks that are not trained anew.

    Returns
    -------
    DataFrame
        A row for each of `COMPARED`: ``metric``, ``difference`` (a less b, mean over partitions),
        ``ci_low``, ``ci_high`` and two-sided ``p`` (by `student`: the variance over patients times
        1 + `tested_per_learned`, plus that over partitions by their number; degrees of freedom by
        Satterthwaite 1946, Biometrics Bull. 2:110), ``n`` radiographs, ``patients``, ``left_out``
        (resamples that lack a class that the metric needs), ``partitions`` and ``detectable``.

    Raises
    ------
    NeuroLoopError
        If the radiographs differ, or have other labels or patients, or cannot be scored.
    """
    pairs = [
        (predictions_table(a, classes), predictions_table(b, classes))
        for a, b in zip(predictions_a, predictions_b, strict=False)
    ]
    for pair in pairs:
        _check_same(*pair)
    first = pairs[0][0]

    def differences(weights: np.ndarray) -> dict[str, np.ndarray]:
        """Of each partition, shape (partitions, resamples)."""
        scored = [[scores(one, weights, classes, contrast) for one in pair] for pair in pairs]
        return {
            name: np.array([a[name, ""] - b[name, ""] for a, b in scored])
            for name in COMPARED
            if (name, "") in scored[0][0]
        }

    values = differences(np.ones((1, first.n_patients)))
    parts = [differences(each) for each in patient_weights(first.n_patients, n_boot, seed)]
    rows = []
    for name, value in values.items():
        among = np.ones(len(first.truth), dtype=bool)
        if name == "auc" and contrast:
            among = np.isin(first.truth, [list(classes).index(label) for label in contrast])
        patients = len(np.unique(first.patients[among]))
        draws = np.concatenate([part[name] for part in parts], axis=1).mean(axis=0)
        over_patients = patient_variance(draws, patients) * (1 + tested_per_learned)
        over_partitions = float(value.var(ddof=1)) / len(value) if len(value) > 1 else 0.0
        variance = over_patients + over_partitions
        spent = over_patients**2 / (patients - 1) + over_partitions**2 / max(len(value) - 1, 1)
        tested = student(float(value.mean()), variance, variance**2 / spent if spent else np.inf)
        rows.append(
            {
                "metric": name,
                "difference": float(value.mean()),
                "ci_low": tested.ci_low,
                "ci_high": tested.ci_high,
                "p": tested.p,
                "n": int(among.sum()),
                "patients": patients,
                "left_out": int(np.isnan(draws).sum()),
                "partitions": len(pairs),
                "detectable": tested.detectable,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _check_same(first: PredictionsTable, second: PredictionsTable) -> None:
    """Refuse to pair radiographs that are not the same."""
    only = sorted(set(first.radiographs.tolist()) ^ set(second.radiographs.tolist()))
    if only:
        raise NeuroLoopError(
            f"{len(only)} radiographs are in one of two predictions only, first {only[0]}: compare "
            "predictions of the same radiographs"
        )
    for what, a, b in (
        ("label", first.truth, second.truth),
        ("patient", first.patients, second.patients),
    ):
        if (a != b).any():
            radiograph = first.radiographs[np.flatnonzero(a != b)[0]]
            raise NeuroLoopError(
                f"radiograph {radiograph} has another {what} in the other prediction: make both "
                f"from one table"
            )
