"""How well radiographs were named, with intervals over patients."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.cxr.patient_bootstrap import patient_weights, ratio, weighted_auc
from neuroloop.cxr.patient_intervals import (
    FEWEST_WRONG,
    NONE,
    loss_interval,
    share_interval,
    widened_percentiles,
)
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.errors import NeuroLoopError

#: Metrics of all radiographs, in the order of the table.
OVERALL = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "auc",
    "auc_ovr",
    "calibration_error",
    "log_loss",
    "brier",
)

#: Metrics of each class.
PER_CLASS = ("precision", "recall")

#: Metrics of which less is better, and which hang on the rare radiographs that are named wrong.
LOSSES = ("calibration_error", "log_loss", "brier")

#: A metric and its class; "" for all.
Key = tuple[str, str]


def scores(
    radiographs: PredictionsTable,
    weights: np.ndarray,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
) -> dict[Key, np.ndarray]:
    """Score radiographs that count as often as their patient does.

    Parameters
    ----------
    radiographs : PredictionsTable
    weights : ndarray of float64, shape (resamples, patients)
    classes : sequence of str
    contrast : (str, str) or None
        Without it there is no ``auc``.

    Returns
    -------
    dict of (metric, class) to ndarray, shape (resamples,)
        As in `radiograph_metrics`. NaN where a resample lacks a class (or for a precision, where
        none of its radiographs was named so) that the metric needs: means over classes are over
        those of `radiographs`, not of the resample.
    """
    k = len(classes)
    occurs = np.unique(radiographs.truth)
    sums = weights @ radiographs.patient_sums
    confusion = sums[:, : k * k].reshape(-1, k, k)
    surplus, n = sums[:, k * k : -3], sums[:, -1]
    right = np.diagonal(confusion, axis1=1, axis2=2)
    true, named = confusion.sum(axis=2), confusion.sum(axis=1)
    recall = ratio(right, true)
    f1 = np.where(true > 0, ratio(2 * right, true + named), np.nan)
    every = np.ones(len(radiographs.truth), dtype=bool)
    against_rest = [
        _auc(radiographs, weights, every, radiographs.probabilities[:, label], label)
        for label in occurs
    ]
    made: dict[Key, np.ndarray] = {
        ("accuracy", ""): right.sum(axis=1) / n,
        ("balanced_accuracy", ""): recall[:, occurs].mean(axis=1),
        ("macro_f1", ""): f1[:, occurs].mean(axis=1),
        ("auc_ovr", ""): np.mean(against_rest, axis=0),
        ("calibration_error", ""): np.abs(surplus).sum(axis=1) / n,
        ("log_loss", ""): sums[:, -3] / n,
        ("brier", ""): sums[:, -2] / n,
    }
    if contrast:
        made["auc", ""] = _contrast_auc(radiographs, weights, *_places(contrast, classes))
    precision = ratio(right, named)
    for label, name in enumerate(classes):
        made["precision", name], made["recall", name] = precision[:, label], recall[:, label]
    return made


def radiograph_metrics(
    predictions: pd.DataFrame,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    n_boot: int = 2000,
) -> pd.DataFrame:
    """Score predicted radiographs, with 95 % intervals over patients.

    Parameters
    ----------
    predictions : DataFrame
        A row a radiograph: ``radiograph, patient, label, fold`` and ``p_{class}``, probabilities.
    classes : sequence of str
        Order of the classes.
    contrast : (str, str) or None
        Two classes a and b whose distinction has an AUC of its own.
    seed : int
        Root seed.
    n_boot : int
        Resamples of patients.

    Returns
    -------
    DataFrame
        A row a metric (and class):

        ``metric`` : ``accuracy``; ``balanced_accuracy``, mean recall; ``macro_f1``, mean over
        classes of 2 right / (true + named); ``auc``, of class a against b by
        p_a / (p_a + p_b) among the radiographs of both, in each fold, and the mean over folds;
        ``auc_ovr``, mean over classes of the AUC of p_class against all others, likewise;
        ``calibration_error`` (`metrics.calibration_error`); ``log_loss``, nats; ``brier``, sum of
        squares over classes, from 0 to 2 (Brier 1950, Mon. Weather Rev. 78:1); ``precision`` and
        ``recall`` of each class. Means over classes are over those that occur among the
        radiographs. ``class`` : "" for all ``value``, ``ci_low``, ``ci_high`` : by
        `share_interval`, or of losses by `loss_interval`; of these, none where fewer than
        `FEWEST_WRONG` patients have a radiograph that was named wrong. A calibration error is that
        of as many radiographs, and resampling adds to it, so that its resamples are first moved
        down by what they have above the value on average, and then are `widened_percentiles`.
        ``n``, ``patients`` : radiographs that the number speaks of, and their patients ``chance`` :
        what the same namings have on average when permuted among the radiographs (of macro_f1,
        precision and recall), the share of the largest class (accuracy), one in the number of
        classes (balanced_accuracy), 0.5 (AUC), or NaN ``left_out`` : resamples in which it is not
        defined, as they lack a class

    Raises
    ------
    NeuroLoopError
        If predictions cannot be scored (`predictions_table`), are of fewer than two patients, or
        `contrast` names no class.
    """
    radiographs = predictions_table(predictions, classes)
    values = scores(radiographs, np.ones((1, radiographs.n_patients)), classes, contrast)
    parts = [
        scores(radiographs, weights, classes, contrast)
        for weights in patient_weights(radiographs.n_patients, n_boot, seed)
    ]
    chances = _chances(radiographs, classes)
    rows = []
    for key in _keys(classes, contrast):
        value = float(values[key][0])
        draws = np.concatenate([part[key] for part in parts])
        counted = radiographs_of(key, radiographs, classes, contrast)
        low, high = metric_interval(key[0], value, draws, radiographs, counted)
        rows.append(
            {
                "metric": key[0],
                "class": key[1],
                "value": value,
                "ci_low": low,
                "ci_high": high,
                "n": int(counted.sum()),
                "patients": _patients(radiographs, counted),
                "chance": chances.get(key, np.nan),
                "left_out": int(np.isnan(draws).sum()),
            }
        )
    return pd.DataFrame(rows)


def metric_interval(
    metric: str,
    value: float,
    draws: np.ndarray,
    radiographs: PredictionsTable,
    counted: np.ndarray,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of a metric over the patients of the radiographs that it speaks of.

    Parameters
    ----------
    metric : str
        As in `radiograph_metrics`.
    value : float
    draws : ndarray, shape (resamples,)
        Its value over resampled patients.
    radiographs : PredictionsTable
    counted : ndarray of bool, shape (n,)
        Radiographs that it speaks of (`radiographs_of`).
    level : float
        Coverage.

    Returns
    -------
    low, high : float
        NaN where there is none.
    """
    patients = _patients(radiographs, counted)
    if metric not in LOSSES:
        rarer = None
        if metric in ("auc", "auc_ovr"):
            labels = np.unique(radiographs.truth[counted])
            each = [_patients(radiographs, radiographs.truth == label) for label in labels]
            rarer = min(each, default=0)
        return share_interval(value, draws, int(counted.sum()), patients, rarer, level)
    if _patients(radiographs, radiographs.named != radiographs.truth) < FEWEST_WRONG:
        return NONE
    if metric == "calibration_error":
        moved = np.maximum(0, draws - draws.mean() + value)
        low, high = widened_percentiles(value, moved, patients, level)
        return max(0.0, low), high
    return loss_interval(value, draws, patients, level)


def _patients(radiographs: PredictionsTable, rows: np.ndarray) -> int:
    return len(np.unique(radiographs.patients[rows]))


def _keys(classes: Sequence[str], contrast: tuple[str, str] | None) -> list[Key]:
    overall = [(metric, "") for metric in OVERALL if metric != "auc" or contrast]
    return overall + [(metric, name) for metric in PER_CLASS for name in classes]


def _places(contrast: tuple[str, str], classes: Sequence[str]) -> tuple[int, int]:
    for name in contrast:
        if name not in classes:
            raise NeuroLoopError(
                f"contrast names {name}, but the classes are {', '.join(classes)}: name two of them"
            )
    return list(classes).index(contrast[0]), list(classes).index(contrast[1])


def _contrast_auc(
    radiographs: PredictionsTable, weights: np.ndarray, first: int, second: int
) -> np.ndarray:
    own, other = radiographs.probabilities[:, first], radiographs.probabilities[:, second]
    # Where both are 0, neither is likelier.
    score = np.nan_to_num(ratio(own, own + other), nan=0.5)
    among = np.isin(radiographs.truth, (first, second))
    return _auc(radiographs, weights, among, score, first)


def _auc(
    radiographs: PredictionsTable,
    weights: np.ndarray,
    among: np.ndarray,
    score: np.ndarray,
    label: int,
) -> np.ndarray:
    """Mean over folds of the AUC inside each: networks of two folds have scores of two scales.

    Pooled scores of networks that were trained apart make pairs that no network ever ranked
    (Parker, Guenter & Bedo 2007, BMC Bioinformatics 8:326).
    """
    of_fold = []
    for fold in np.unique(radiographs.folds):
        rows = among & (radiographs.folds == fold)
        positive = radiographs.truth[rows] == label
        if positive.any() and not positive.all():
            of_fold.append(weighted_auc(score[rows], positive, radiographs.patients[rows], weights))
    if not of_fold:
        return np.full(len(weights), np.nan)
    known = ~np.isnan(of_fold)
    return ratio(np.where(known, of_fold, 0).sum(axis=0), known.sum(axis=0))


def radiographs_of(
    key: Key,
    radiographs: PredictionsTable,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
) -> np.ndarray:
    """Radiographs that a metric speaks of, bool, shape (n,)."""
    metric, name = key
    if metric == "auc" and contrast:
        return np.isin(radiographs.truth, _places(contrast, classes))
    if metric in PER_CLASS:
        classed = radiographs.named if metric == "precision" else radiographs.truth
        return classed == list(classes).index(name)
    return np.ones(len(radiographs.truth), dtype=bool)


def _chances(radiographs: PredictionsTable, classes: Sequence[str]) -> dict[Key, float]:
    """Chance levels; those of permuted namings are means over all permutations, exactly."""
    n, k = radiographs.probabilities.shape
    true, named = (
        np.bincount(given, minlength=k) for given in (radiographs.truth, radiographs.named)
    )
    # A permutation leaves both margins, and names true * named / n radiographs of a class right.
    f1 = 2 * true * named / n / np.maximum(true + named, 1)
    return {
        ("accuracy", ""): float(true.max() / n),
        ("balanced_accuracy", ""): 1 / k,
        ("macro_f1", ""): float(f1[true > 0].mean()),
        ("auc", ""): 0.5,
        ("auc_ovr", ""): 0.5,
        **{("precision", name): float(true[label] / n) for label, name in enumerate(classes)},
        **{("recall", name): float(named[label] / n) for label, name in enumerate(classes)},
    }
