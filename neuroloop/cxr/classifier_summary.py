"""Scores of all classifiers of a set of radiographs, and what they are compared with."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from neuroloop.cxr.ensemble import average_predictions
from neuroloop.cxr.radiograph_comparison import COLUMNS, compare
from neuroloop.cxr.radiograph_metrics import radiograph_metrics


class Run(NamedTuple):
    """Which training: data case, classifier, what its split keeps whole."""

    case: str
    classifier: str
    split: str


def scores_of_runs(
    runs: Mapping[Run, pd.DataFrame],
    external: Mapping[tuple[str, str, str], pd.DataFrame],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Metrics of every training, on its own radiographs and on those of other sets.

    Parameters
    ----------
    runs : mapping of Run to DataFrame
        Predictions of every training.
    external : mapping of (case, classifier, set of radiographs) to DataFrame
        Predictions on other sets.
    classes : sequence of str
    contrast : (str, str) or None
        Classes whose distinction has an AUC of its own.
    seed : int
        Root seed.
    bootstraps : int
        Resamples of patients.

    Returns
    -------
    DataFrame
        ``case``, ``classifier``, ``split``, ``shown`` and the columns of `radiograph_metrics`.
    """
    scores = [
        radiograph_metrics(rows, classes, contrast, seed, bootstraps).assign(
            **run._asdict(), shown=shown
        )
        for run, predicted in runs.items()
        for shown, rows in predicted.groupby("shown", sort=False)
    ]
    scores += [
        radiograph_metrics(rows, classes, contrast, seed, bootstraps).assign(
            case=case, classifier=classifier, split=f"external {other}", shown="whole"
        )
        for (case, classifier, other), rows in external.items()
    ]
    leading = [*Run._fields, "shown"]
    metrics = pd.concat(scores, ignore_index=True)
    return metrics[leading + [name for name in metrics if name not in leading]]


def averaged(
    runs: Mapping[Run, pd.DataFrame],
    ensembles: Sequence[Sequence[str]],
    classes: Sequence[str],
) -> dict[Run, pd.DataFrame]:
    """Mean probabilities of each ensemble, named by its members, in every case that all have."""
    cases = dict.fromkeys(run.case for run in runs)
    return {
        Run(case, " + ".join(members), "patient"): average_predictions(
            [runs[Run(case, member, "patient")] for member in members], classes
        )
        for case in cases
        for members in ensembles
        if all(Run(case, member, "patient") in runs for member in members)
    }


def whole(predicted: pd.DataFrame) -> pd.DataFrame:
    """Rows of radiographs that are shown whole."""
    return predicted[predicted["shown"] == "whole"].reset_index(drop=True)


def compare_runs(
    runs: Mapping[Run, pd.DataFrame],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    baseline: Sequence[str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Every training less the baseline, and less itself when patients are kept whole.

    Returns
    -------
    DataFrame
        ``kind``: ``baseline`` or ``leak``; the training, what it is compared with, and the columns
        of `compare`. No rows where there is a single training.
    """
    pairs = []
    for run in runs:
        honest = run._replace(split="patient")
        if run.split == "image" and honest in runs:
            pairs.append(("leak", run, honest))
        if run.split == "patient" and baseline and run[:2] != tuple(baseline):
            pairs.append(("baseline", run, Run(baseline[0], baseline[1], "patient")))
    made = [
        compare(whole(runs[one]), whole(runs[other]), classes, contrast, seed, bootstraps).assign(
            kind=kind, **one._asdict(), against=", ".join(other)
        )
        for kind, one, other in pairs
    ]
    columns = ["kind", *Run._fields, "against", *COLUMNS]
    return pd.concat(made, ignore_index=True)[columns] if made else pd.DataFrame(columns=columns)
