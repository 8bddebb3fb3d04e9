"""Two trainings on the same radiographs, compared over patients and partitions into folds.

Predictions of a partition hang on how it fell: other networks learned from other patients. So all
partitions that both trainings were made on are averaged, and two things vary. Patients are
resampled, the same on both sides; as each was predicted by networks that learned from the others,
their variance counts n_test / n_train more. And partitions, each trained anew, differ by what is
left of their luck in the mean. Folds that both share give the corrected resampled t of Nadeau &
Bengio (2003, Mach. Learn. 52:239) as well, and the wider of both intervals holds. One partition
does not tell how others would come out.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.cxr.contrast_variance import over_folds, over_patients, student
from neuroloop.cxr.patient_bootstrap import patient_weights
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.cxr.radiograph_metrics import scores
from neuroloop.errors import NeuroLoopError

#: Metrics that are compared.
COMPARED = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")

#: Columns of a comparison.
COLUMNS = (
    *("metric", "difference", "ci_low", "ci_high", "p", "n", "patients", "left_out"),
    *("partitions", "smallest_effect"),
)


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
        ``ci_low``, ``ci_high``, two-sided ``p`` and ``smallest_effect`` (by `student`, of the
        variance `over_patients` or, where several partitions are the same on both sides,
        `over_folds`, whichever gives the wider interval), ``n`` radiographs, ``patients``,
        ``left_out`` (resamples that lack a class that the metric needs) and ``partitions``.

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
    of_folds = _differences_of_folds(pairs, classes, contrast) if len(pairs) > 1 else {}
    rows = []
    for name, value in values.items():
        among = np.ones(len(first.truth), dtype=bool)
        if name == "auc" and contrast:
            among = np.isin(first.truth, [list(classes).index(label) for label in contrast])
        patients = len(np.unique(first.patients[among]))
        draws = np.concatenate([part[name] for part in parts], axis=1).mean(axis=0)
        variance = over_patients(value[:, 0], draws, patients, tested_per_learned)
        if name in of_folds:
            by_folds = over_folds(of_folds[name], len(pairs))
            variance = max(variance, by_folds, key=lambda one: np.nan_to_num(one.half_width()))
        difference = float(value.mean())
        rows.append(
            {
                "metric": name,
                "difference": difference,
                **student(difference, variance)._asdict(),
                "n": int(among.sum()),
                "patients": patients,
                "left_out": int(np.isnan(draws).sum()),
                "partitions": len(pairs),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _differences_of_folds(
    pairs: Sequence[tuple[PredictionsTable, PredictionsTable]],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
) -> dict[str, np.ndarray]:
    """Differences inside every fold of every partition; none where folds are not the same."""
    made: dict[str, list[float]] = {}
    for a, b in pairs:
        if (a.folds != b.folds).any() or len(np.unique(a.folds)) < 2:
            return {}
        for fold in np.unique(a.folds):
            one, other = (
                scores(part, np.ones((1, part.n_patients)), classes, contrast)
                for part in (a.of_fold(fold), b.of_fold(fold))
            )
            for name in COMPARED:
                if (name, "") in one:
                    made.setdefault(name, []).append(float((one[name, ""] - other[name, ""])[0]))
    return {name: np.array(values) for name, values in made.items()}


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
