"""Two predictions of the same radiographs, compared over the same resampled patients."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.cxr.patient_bootstrap import patient_weights, percentile_interval, two_sided_p
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.cxr.radiograph_metrics import scores
from neuroloop.errors import NeuroLoopError

#: Metrics that are compared.
COMPARED = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "log_loss")

#: Columns of a comparison.
COLUMNS = ("metric", "difference", "ci_low", "ci_high", "p", "n", "patients", "left_out")


def compare(
    predictions_a: pd.DataFrame,
    predictions_b: pd.DataFrame,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    n_boot: int = 2000,
) -> pd.DataFrame:
    """Subtract the metrics of one prediction from those of another (paired cluster bootstrap).

    Parameters
    ----------
    predictions_a, predictions_b : DataFrame
        As in `radiograph_metrics`: the same radiographs, in any order.
    classes : sequence of str
    contrast : (str, str) or None
        Without it there is no ``auc``.
    seed : int
        Root seed; both are scored over the same resampled patients, those of `radiograph_metrics`.
    n_boot : int
        Resamples of patients.

    Returns
    -------
    DataFrame
        A row for each of `COMPARED`: ``metric``, ``difference`` (a less b), ``ci_low`` and
        ``ci_high`` (95 % percentiles), ``p`` (two-sided, twice (1 + resamples on the rarer side of
        zero) / (1 + resamples)), ``n`` radiographs, ``patients``, ``left_out`` (resamples that lack
        a class that the metric needs).

    Raises
    ------
    NeuroLoopError
        If the radiographs differ, or have other labels or patients, or cannot be scored.
    """
    first, second = (predictions_table(table, classes) for table in (predictions_a, predictions_b))
    _check_same(first, second)

    def differences(weights: np.ndarray) -> dict[str, np.ndarray]:
        a, b = (scores(radiographs, weights, classes, contrast) for radiographs in (first, second))
        return {name: a[name, ""] - b[name, ""] for name in COMPARED if (name, "") in a}

    values = differences(np.ones((1, first.n_patients)))
    parts = [differences(each) for each in patient_weights(first.n_patients, n_boot, seed)]
    rows = []
    for name, value in values.items():
        draws = np.concatenate([part[name] for part in parts])
        low, high = percentile_interval(draws)
        among = np.ones(len(first.truth), dtype=bool)
        if name == "auc" and contrast:
            among = np.isin(first.truth, [list(classes).index(label) for label in contrast])
        rows.append(
            {
                "metric": name,
                "difference": float(value[0]),
                "ci_low": low,
                "ci_high": high,
                "p": two_sided_p(draws),
                "n": int(among.sum()),
                "patients": len(np.unique(first.patients[among])),
                "left_out": int(np.isnan(draws).sum()),
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
