"""Scores of all classifiers of a set of radiographs, with what their intervals speak of."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.ensemble import average_predictions
from neuroloop.cxr.new_sites import scores_of_sites
from neuroloop.cxr.radiograph_metrics import radiograph_metrics
from neuroloop.statistics.units import scope, varied


class Run(NamedTuple):
    """Which training: data case, classifier, what its split keeps whole."""

    case: str
    classifier: str
    split: str


#: Predictions on another set of radiographs, by case, classifier and set.
External = Mapping[tuple[str, str, str], pd.DataFrame]

#: What a score's interval over patients speaks of.
OF_PATIENTS = {"unit": varied(["patient"]), "scope": scope(["patient"], ["network", "site"])}


def scores_of_runs(
    runs: Mapping[Run, pd.DataFrame],
    external: External,
    sites: Mapping[str, str],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Metrics of every training, on its own radiographs and on those of other sets.

    Parameters
    ----------
    runs : mapping of Run to DataFrame
        Predictions of every training; ``repeat`` numbers its partitions, of which the first is
        scored.
    external : mapping of (case, classifier, set of radiographs) to DataFrame
        Predictions on other sets.
    sites : mapping of str to str
        Site of each radiograph, where they are known.
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
        ``case``, ``classifier``, ``split`` (``patient``, ``image``; ``site``, the mean over sites
        that were left out, and ``site NAME`` of each; ``external NAME``), ``shown``, the columns of
        `radiograph_metrics`, and ``unit``, ``scope``, ``family`` and ``q``, which are of no test.
    """
    parts = []
    for run, predicted in runs.items():
        first = predicted[predicted["repeat"] == 0]
        if run.split == "site":
            own = whole(predicted)
            parts.append(
                scores_of_sites(
                    own, own["radiograph"].map(sites), classes, contrast, seed, bootstraps
                ).assign(case=run.case, classifier=run.classifier, shown="whole")
            )
            continue
        for shown, rows in first.groupby("shown", sort=False):
            made = radiograph_metrics(rows, classes, contrast, seed, bootstraps)
            parts.append(made.assign(**run._asdict(), shown=shown, **OF_PATIENTS))
    for (case, classifier, other), rows in external.items():
        made = radiograph_metrics(rows, classes, contrast, seed, bootstraps)
        run = Run(case, classifier, f"external {other}")
        parts.append(made.assign(**run._asdict(), shown="whole", **OF_PATIENTS))
    leading = [*Run._fields, "shown"]
    metrics = pd.concat(parts, ignore_index=True).assign(family="", q=np.nan)
    return metrics[leading + [name for name in metrics if name not in leading]]


def averaged(
    runs: Mapping[Run, pd.DataFrame],
    ensembles: Sequence[Sequence[str]],
    classes: Sequence[str],
) -> dict[Run, pd.DataFrame]:
    """Mean probabilities of each ensemble, named by its members, in every case that all have.

    Of partitions that only some members were trained on there is none.
    """
    made = {}
    for case in dict.fromkeys(run.case for run in runs):
        for members in ensembles:
            named = [Run(case, member, "patient") for member in members]
            if not all(run in runs for run in named):
                continue
            repeats = set.intersection(*(set(runs[run]["repeat"]) for run in named))
            made[Run(case, " + ".join(members), "patient")] = pd.concat(
                [
                    average_predictions(
                        [runs[run][runs[run]["repeat"] == repeat] for run in named], classes
                    )
                    for repeat in sorted(repeats)
                ],
                ignore_index=True,
            )
    return made


def whole(predicted: pd.DataFrame) -> pd.DataFrame:
    """Rows of the first partition's radiographs, shown whole."""
    return partitions(predicted)[0]


def partitions(predicted: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows of radiographs that are shown whole, by partition."""
    shown = predicted[predicted["shown"] == "whole"]
    return [rows.reset_index(drop=True) for _, rows in shown.groupby("repeat")]
