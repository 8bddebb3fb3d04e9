"""What trainings of radiographs are compared with, and what each comparison speaks of."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from neuroloop.cxr.classifier_summary import External, Run, partitions, whole
from neuroloop.cxr.new_sites import OF_SITES, differences_of_sites
from neuroloop.cxr.patient_bootstrap import patient_weights
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.cxr.radiograph_comparison import COLUMNS, COMPARED, compare
from neuroloop.cxr.radiograph_metrics import Key, metric_interval, radiographs_of, scores
from neuroloop.cxr.two_sets import Interval, difference_of_scores
from neuroloop.jobs.seeds import derive_seed
from neuroloop.statistics.families import corrected
from neuroloop.statistics.units import scope, varied

#: Columns of what is made of comparisons beside theirs.
TOLD = ("unit", "scope", "family", "q", "reason")

#: Why networks that were trained on one partition have no p.
ONE_PARTITION = (
    "one partition: networks of others might differ as much (radiographs.repeats_of trains them)"
)

#: Why a loss has no p between two sets of radiographs.
FEW_WRONG = "too few patients of one set have a radiograph that was named wrong"

#: What differences of networks as they are speak of.
OF_NETWORKS = {"unit": varied(["patient"]), "scope": scope(["patient"], ["network", "site"])}


def contrasts(
    runs: Mapping[Run, pd.DataFrame],
    external: External,
    sites: Mapping[str, str],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    baseline: Sequence[str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Every training less the baseline, on these and other radiographs, and less itself elsewhere.

    Parameters
    ----------
    runs, external, sites, classes, contrast, seed, bootstraps
        As in `classifier_summary.scores_of_runs`.
    baseline : (case, classifier) or None

    Returns
    -------
    DataFrame
        ``kind``: ``baseline``; ``leak``, split by image less split by patient; ``site``, at sites
        that were left out, or another set of radiographs, less among these patients. The training,
        what it is compared ``against``, the columns of `compare`, ``unit`` and ``scope`` (see
        `units`), ``family`` (the kind, and the other set), ``q`` by Benjamini & Hochberg inside it,
        and ``reason``, why there is no p. No rows where there is a single training.
    """
    made = []
    for run in runs:
        honest = run._replace(split="patient")
        if run.split == "image" and honest in runs:
            made.append(_anew("leak", run, honest, runs, classes, contrast, seed, bootstraps))
        if run.split == "patient" and baseline and run[:2] != tuple(baseline):
            against = Run(baseline[0], baseline[1], "patient")
            made.append(_anew("baseline", run, against, runs, classes, contrast, seed, bootstraps))
        if run.split == "site" and honest in runs:
            left_out = whole(runs[run]).sort_values("radiograph", ignore_index=True)
            within = whole(runs[honest]).sort_values("radiograph", ignore_index=True)
            of_row = left_out["radiograph"].map(sites)
            gaps = differences_of_sites(left_out, within, of_row, classes, contrast)
            few = "fewer than three sites do not tell how sites differ"
            made.append(_told(gaps.assign(**OF_SITES), "site", run, honest, "site", few))
    for (case, classifier, other), rows in external.items():
        run, own = Run(case, classifier, f"external {other}"), Run(case, classifier, "patient")
        if baseline and (case, classifier) != tuple(baseline):
            against = Run(baseline[0], baseline[1], run.split)
            theirs = external[baseline[0], baseline[1], other]
            gaps = compare([rows], [theirs], classes, contrast, seed, bootstraps)
            made.append(_told(gaps.assign(**OF_NETWORKS), "baseline", run, against, run.split))
        drawn = derive_seed(seed, other)
        gaps = elsewhere(rows, whole(runs[own]), classes, contrast, drawn, bootstraps)
        made.append(_told(gaps.assign(**OF_NETWORKS), "site", run, own, f"site {other}", FEW_WRONG))
    columns = ["kind", *Run._fields, "against", *COLUMNS, *TOLD]
    if not made:
        return pd.DataFrame(columns=columns)
    table = pd.concat(made, ignore_index=True)
    return table.assign(q=corrected(table["p"].tolist(), table["family"].tolist()))[columns]


def _anew(
    kind: str,
    run: Run,
    against: Run,
    runs: Mapping[Run, pd.DataFrame],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Compare two trainings, as others like them would come out on other partitions."""
    first, second = partitions(runs[run]), partitions(runs[against])
    anew = min(len(first), len(second)) > 1
    ratio = 1 / (first[0]["fold"].nunique() - 1) if anew else 0.0
    gaps = compare(first, second, classes, contrast, seed, bootstraps, ratio)
    if anew:
        units = {
            "unit": varied(["patient", "partition"]),
            "scope": scope(["patient", "partition"], ["site"]),
        }
        return _told(gaps.assign(**units), kind, run, against, kind)
    units = {
        "unit": varied(["patient"]),
        "scope": scope(["patient"], ["network", "partition", "site"]),
    }
    return _told(gaps.assign(**units, p=np.nan), kind, run, against, kind, ONE_PARTITION)


def elsewhere(
    there: pd.DataFrame,
    here: pd.DataFrame,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Metrics on another set of radiographs less those on the patients that were cross-validated.

    The patients of both sets are resampled apart from each other; the interval of a difference
    follows from those of both scores (`difference_of_scores`).

    Returns
    -------
    DataFrame
        Columns of `compare`; ``n`` and ``patients`` are those of the other set that a metric speaks
        of. Of a loss that has no interval in one of the sets (see `radiograph_metrics`) there is
        none, and no p.
    """
    tables = [predictions_table(predicted, classes) for predicted in (there, here)]
    of_sets = [
        _scored(table, classes, contrast, derive_seed(seed, "set", number), bootstraps)
        for number, table in enumerate(tables)
    ]
    rows = []
    for name in COMPARED:
        if (name, "") not in of_sets[0][0]:
            continue
        scored: list[tuple[float, Interval]] = []
        for table, (values, draws) in zip(tables, of_sets, strict=True):
            value, drawn = float(values[name, ""][0]), draws[name, ""]
            counted = radiographs_of((name, ""), table, classes, contrast)
            interval = partial(metric_interval, name, value, drawn, table, counted)
            scored.append((value, interval))
        (first, of_first), (second, of_second) = scored
        counted = radiographs_of((name, ""), tables[0], classes, contrast)
        rows.append(
            {
                "metric": name,
                "difference": first - second,
                **difference_of_scores(first, of_first, second, of_second)._asdict(),
                "n": int(counted.sum()),
                "patients": len(np.unique(tables[0].patients[counted])),
                "left_out": int(sum(np.isnan(draws[name, ""]) for _, draws in of_sets).sum()),
                "partitions": 1,
            }
        )
    return pd.DataFrame(rows)


def _scored(
    table: PredictionsTable,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    bootstraps: int,
) -> tuple[dict[Key, np.ndarray], dict[Key, np.ndarray]]:
    """Metrics of radiographs, and those over resampled patients."""
    values = scores(table, np.ones((1, table.n_patients)), classes, contrast)
    parts = [
        scores(table, weights, classes, contrast)
        for weights in patient_weights(table.n_patients, bootstraps, seed)
    ]
    return values, {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}


def _told(
    gaps: pd.DataFrame, kind: str, run: Run, against: Run, family: str, reason: str = ""
) -> pd.DataFrame:
    """Say what was compared; the reason stands where there is no p."""
    return gaps.assign(
        kind=kind,
        **run._asdict(),
        against=", ".join(against),
        family=np.where(gaps["p"].isna(), "", family),
        reason=np.where(gaps["p"].isna(), reason, ""),
    )
