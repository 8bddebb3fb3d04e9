"""What a classifier is worth at a threshold: ROC curves, sensitivity and specificity.

A threshold that is chosen on the radiographs on which it is then scored looks better than it is. So
the threshold of a fold is found on the radiographs of the other folds, each named by a network that
never saw it, and is scored on the fold's own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.statistics.intervals import cluster_interval
from neuroloop.statistics.units import scope, varied

#: Sensitivity, or specificity, that a threshold is to reach.
REACHED = 0.95

#: Operating points, in words.
LIKELIEST = "likeliest class"
SENSITIVE = f"sensitivity {100 * REACHED:.0f} %"
SPECIFIC = f"specificity {100 * REACHED:.0f} %"
POINTS = (LIKELIEST, SENSITIVE, SPECIFIC)

#: Columns of the table.
COLUMNS = (
    *("case", "classifier", "class", "against", "point", "threshold", "auc"),
    *("sensitivity", "sensitivity_low", "sensitivity_high"),
    *("specificity", "specificity_low", "specificity_high"),
    *("n_class", "n_others", "patients", "unit", "scope"),
)


class Roc(NamedTuple):
    """A ROC curve: shares of the others, and of the class, that are named the class."""

    false: np.ndarray
    true: np.ndarray

    @property
    def area(self) -> float:
        """Area under the curve; NaN of an empty one."""
        return float(np.trapezoid(self.true, self.false)) if len(self.true) else np.nan


def asked(classes: Sequence[str], contrast: tuple[str, str] | None) -> list[str]:
    """Classes that are told from all others: of two only the one that is looked for.

    Parameters
    ----------
    classes : sequence of str
    contrast : (str, str) or None
        Of two classes the first of these is looked for, else the last of `classes`: the other's
        sensitivity is its specificity.
    """
    if len(classes) > 2:
        return list(classes)
    return [contrast[0] if contrast else classes[-1]]


def roc(radiographs: PredictionsTable, label: int) -> Roc:
    """ROC curve of a class against all others: the mean of those of the folds.

    Networks of two folds have scores of two scales, so that curves are averaged at each share of
    false ones (vertical averaging, Fawcett 2006, Pattern Recogn. Lett. 27:861). Its area is the
    mean of the folds' areas.

    Parameters
    ----------
    radiographs : PredictionsTable
    label : int
        Number of the class.

    Returns
    -------
    Roc
        Empty where no fold has both.
    """
    folds = [radiographs.of_fold(fold) for fold in np.unique(radiographs.folds)]
    curves = [
        _curve(one.probabilities[:, label], one.truth == label)
        for one in folds
        if 0 < (one.truth == label).sum() < len(one.truth)
    ]
    if not curves:
        return Roc(np.empty(0), np.empty(0))
    places = np.unique(np.concatenate([curve.false for curve in curves]))
    ends = np.mean([_ends(curve, places) for curve in curves], axis=0)
    return Roc(np.repeat(places, 2), ends.ravel())


def _curve(score: np.ndarray, positive: np.ndarray) -> Roc:
    """ROC curve of one network's scores; equal scores are one step."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    true, false = np.cumsum(positive[order])[last], np.cumsum(~positive[order])[last]
    return Roc(np.append(0, false / false[-1]), np.append(0, true / true[-1]))


def _ends(curve: Roc, places: np.ndarray) -> np.ndarray:
    """Lowest and highest point of a curve at each place, shape (places, 2)."""
    between = np.interp(places, curve.false, curve.true)
    first = np.searchsorted(curve.false, places, side="left")
    last = np.searchsorted(curve.false, places, side="right") - 1
    knots = first <= last
    low = np.where(knots, curve.true[np.minimum(first, len(curve.true) - 1)], between)
    return np.stack([low, np.where(knots, curve.true[last], between)], axis=1)


def named_at(radiographs: PredictionsTable, label: int, point: str) -> tuple[np.ndarray, float]:
    """Which radiographs are named a class at an operating point, and the mean of the thresholds.

    Parameters
    ----------
    radiographs : PredictionsTable
    label : int
    point : str
        One of `POINTS`.

    Returns
    -------
    named : ndarray of bool, shape (n,)
    threshold : float
        Mean over folds; NaN of the likeliest class, which has none.
    """
    if point == LIKELIEST:
        return radiographs.named == label, np.nan
    score, positive = radiographs.probabilities[:, label], radiographs.truth == label
    named, thresholds = np.zeros(len(score), dtype=bool), []
    folds = np.unique(radiographs.folds)
    for fold in folds:
        own = radiographs.folds == fold
        threshold = _threshold(score[~own], positive[~own], point)
        thresholds.append(threshold)
        named[own] = score[own] >= threshold
    known = np.isfinite(thresholds)
    return named, float(np.mean(np.array(thresholds)[known])) if known.any() else np.nan


def _threshold(score: np.ndarray, positive: np.ndarray, point: str) -> float:
    """The threshold that reaches what is asked for, and gives away least of the other."""
    if point == SENSITIVE:
        of_class = np.sort(score[positive])
        return float(of_class[len(of_class) - _least(len(of_class))]) if len(of_class) else -np.inf
    others = np.sort(score[~positive])
    if not len(others):
        return np.inf
    return float(np.nextafter(others[_least(len(others)) - 1], np.inf))


def _least(n: int) -> int:
    """Fewest of n that reach the share."""
    return int(np.ceil(REACHED * n - 1e-9))


def operating_points(
    predictions: Mapping[tuple[str, str], pd.DataFrame],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
) -> pd.DataFrame:
    """Sensitivity and specificity of each classifier, class and point.

    Parameters
    ----------
    predictions : mapping of (case, classifier) to DataFrame
        A row a radiograph, as in `radiograph_metrics`.
    classes : sequence of str
    contrast : (str, str) or None
        See `asked`.

    Returns
    -------
    DataFrame
        `COLUMNS`. Intervals are 95 % ones over patients (`cluster_interval`), thresholds taken as
        they are; ``threshold`` is the mean over folds. A class or its others without radiographs
        have no numbers; of a single fold, which has no others, there is the likeliest class alone.
    """
    rows: list[dict[str, Any]] = []
    for (case, classifier), table in predictions.items():
        radiographs = predictions_table(table, classes)
        for name in asked(classes, contrast):
            label = list(classes).index(name)
            against = next(one for one in classes if one != name) if len(classes) == 2 else "rest"
            of: dict[str, Any] = {
                "case": case,
                "classifier": classifier,
                "class": name,
                "against": against,
            }
            of["auc"] = roc(radiographs, label).area
            several = len(np.unique(radiographs.folds)) > 1
            for point in POINTS if several else [LIKELIEST]:
                rows.append(of | {"point": point} | _scored(radiographs, label, point))
    told = {"unit": varied(["patient"]), "scope": scope(["patient"], ["network", "site"])}
    return pd.DataFrame(rows).assign(**told).reindex(columns=list(COLUMNS))


def _scored(radiographs: PredictionsTable, label: int, point: str) -> dict[str, float]:
    """Sensitivity and specificity at a point, each with its interval over patients."""
    named, threshold = named_at(radiographs, label, point)
    positive = radiographs.truth == label
    made: dict[str, float] = {"threshold": threshold, "patients": radiographs.n_patients}
    for measure, among, right, counted in (
        ("sensitivity", positive, named, "n_class"),
        ("specificity", ~positive, ~named, "n_others"),
    ):
        made[counted] = int(among.sum())
        if among.any():
            patients = radiographs.patients[among].astype(str)
            found = cluster_interval(right[among], patients)
            ends = [np.nan if end is None else end for end in (found.ci_low, found.ci_high)]
            made |= {measure: found.value, f"{measure}_low": ends[0], f"{measure}_high": ends[1]}
    return made
