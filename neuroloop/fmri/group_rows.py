"""What several subjects say together: of themselves, and of the people whom they stand for.

These are two kinds of inference. That the mean over these subjects beats its null says that some of
them carry the information, and nothing of other people; how people differ says that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuroloop.statistics.intervals import group_interval, permutation_p
from neuroloop.statistics.prevalence import fewest_people, prevalence
from neuroloop.statistics.units import scope, varied

#: Numbers of metrics.json that the table repeats.
COLUMNS = (
    "accuracy",
    "ci_low",
    "ci_high",
    "p",
    "chance",
    "n",
    "balanced_accuracy",
    "top5_accuracy",
    "log_loss",
    "calibration_error",
    "pairwise_identification",
)

#: Subject of the rows that speak of these subjects alone.
MEAN = "mean"

#: Subject of the rows that speak of people.
GROUP = "group"


def mean_row(
    metrics: Sequence[Mapping[str, Any]], nulls: Sequence[np.ndarray]
) -> tuple[dict[str, Any], np.ndarray]:
    """Mean over subjects who are fixed: other runs of the same people.

    Its interval follows from those of the subjects, which are independent: the distance of a bound
    is the root of the sum of squares of theirs, over their number (Donner & Zou 2012, Stat. Methods
    Med. Res. 21:347). p compares the mean of balanced accuracies with the mean over subjects of the
    permutations, one of each at a time.

    Parameters
    ----------
    metrics : sequence of mapping
        metrics.json of each subject.
    nulls : sequence of ndarray, each (permutations,)
        Balanced accuracies on permuted labels; empty where there is no null, and then there is no
        p.

    Returns
    -------
    row : dict
        Columns of decoding.tsv.
    null : ndarray, (permutations,)
        Of the mean; empty where a subject has none.
    """
    row = {"subject": MEAN, **_means(metrics), "reason": "", "prevalence_low": None}
    accuracy = row["accuracy"]
    low, high = (np.array([one[name] for one in metrics]) for name in ("ci_low", "ci_high"))
    own = np.array([one["accuracy"] for one in metrics])
    row["ci_low"] = max(0.0, accuracy - float(np.linalg.norm(own - low)) / len(own))
    row["ci_high"] = min(1.0, accuracy + float(np.linalg.norm(high - own)) / len(own))
    units = list(dict.fromkeys(one["unit"] for one in metrics))
    speaks = list(dict.fromkeys(one["scope"] for one in metrics))
    row |= {"unit": "; ".join(units), "scope": " / ".join(speaks)}
    if not all(map(len, nulls)):
        row |= {"p": None, "null_mean": None, "smallest_effect": None, "permutations": None}
        return row | {"reason": "a subject has no null"}, np.empty(0)
    null = np.mean(nulls, axis=0)
    row["p"] = permutation_p(row["balanced_accuracy"], null)
    row["permutations"] = len(null)
    row["null_mean"] = float(null.mean())
    row["smallest_effect"] = float(np.quantile(null, 0.95) - null.mean())
    return row, null


def people_row(
    metrics: Sequence[Mapping[str, Any]], nulls: Sequence[np.ndarray]
) -> tuple[dict[str, Any], np.ndarray]:
    """Mean over subjects who were drawn from a population: other people.

    Its interval is Student's t over subjects, cut at 0 and 1. p is against at most half of the
    population carrying any information, and ``prevalence_low`` the share that more than carry it
    (see `prevalence`).

    Parameters
    ----------
    metrics, nulls
        As of `mean_row`.

    Returns
    -------
    row : dict
        Columns of decoding.tsv.
    null : ndarray, (0,)
        No permutation is one of this p.
    """
    interval = group_interval([one["accuracy"] for one in metrics])
    row = {"subject": GROUP, **_means(metrics), "null_mean": None, "smallest_effect": None}
    row |= {
        "accuracy": interval.value,
        "ci_low": None if interval.ci_low is None else max(0.0, interval.ci_low),
        "ci_high": None if interval.ci_high is None else min(1.0, interval.ci_high),
        "p": None,
        "prevalence_low": None,
        "permutations": None,
        "unit": varied(["subject"]),
        "scope": scope(["subject"]),
    }
    reasons = [interval.reason]
    if all(map(len, nulls)):
        found = prevalence([one["balanced_accuracy"] for one in metrics], nulls)
        row |= {"p": found.p_majority, "prevalence_low": found.low}
        if len(nulls) < fewest_people():
            few = f"{len(nulls)} subjects cannot show a majority of people"
            reasons.append(f"{few}: p below 0.05 needs {fewest_people()}")
    else:
        reasons.append("a subject has no null")
    return row | {"reason": "; ".join(filter(None, reasons))}, np.empty(0)


def _means(metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means over subjects of what each has, and the sum of their samples."""
    names = (*COLUMNS, "pairwise_chance")
    means = {name: _mean([one[name] for one in metrics]) for name in names}
    return {**means, "n": sum(one["n"] for one in metrics)}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
