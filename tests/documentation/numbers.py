"""Numbers of a finished demo, read from its tables, and kept in docs/numbers.json.

Each is a value with its 95 % interval (None where there is none). Rounding on another processor
trains other networks, so that docs state the range over the runs that are kept, and intervals.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from neuroloop.files.atomic import atomic
from tests.project import ROOT

KEPT = ROOT / "docs" / "numbers.json"

#: What a brain's students are compared with, as the tutorial calls it.
CONTROLS = {
    "none": "labels alone",
    "smooth": "label smoothing of the same entropy",
    "classmean": "the mean soft label of the class",
    "withinclass": "soft labels of other images of the same class",
    "rowshuffled": "soft labels of other images of any class",
}

#: Between two jobs of one run less time than this passes.
IDLE = timedelta(minutes=2)

#: How far a number without an interval may lie from what is kept.
NEAR = 0.05


class Number(NamedTuple):
    """A value and its interval, as the tables have them: shares, not percent."""

    value: float
    low: float | None = None
    high: float | None = None


class Numbers(NamedTuple):
    """What docs are written from.

    Attributes
    ----------
    minutes : tuple of int
        Least and most that a demo took on two cores, rounded outward.
    runs : list of mapping of str to Number
        A demo each, on different processors or kernels.
    """

    minutes: tuple[int, int]
    runs: Sequence[Mapping[str, Number]]

    def of(self, name: str) -> list[Number]:
        """A number in all runs."""
        return [run[name] for run in self.runs]


def kept(file: Path = KEPT) -> Numbers:
    """Read what is kept."""
    found = json.loads(file.read_text(encoding="utf-8"))
    runs = [{name: Number(*one) for name, one in run.items()} for run in found["runs"]]
    return Numbers(tuple(found["minutes"]), runs)


def keep(numbers: Numbers, file: Path = KEPT) -> None:
    """Write what is to be kept."""
    runs = []
    for run in numbers.runs:
        lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in sorted(run.items())]
        runs.append("  {\n   " + ",\n   ".join(lines) + "\n  }")
    text = ",\n".join(runs)
    with atomic(file) as made:
        made.write_text(
            f'{{\n "minutes": {json.dumps(numbers.minutes)},\n "runs": [\n{text}\n ]\n}}\n',
            encoding="utf-8",
        )


def with_run(numbers: Numbers, results: Path, add: bool) -> Numbers:
    """Take a demo in place of the runs that are kept, or beside them; widen the minutes."""
    took, (least, most) = minutes(results), numbers.minutes
    span = (least, most)
    if took is not None:
        span = min(least, math.floor(took)), max(most, math.ceil(took))
    return Numbers(span, [*numbers.runs, read(results)] if add else [read(results)])


def apart(numbers: Numbers, found: Mapping[str, Number]) -> list[str]:
    """Numbers of a demo that lie outside of what is kept: outside of every run's interval."""
    far = []
    for name, one in found.items():
        runs = numbers.of(name)
        low = min(run.value - NEAR if run.low is None else run.low for run in runs)
        high = max(run.value + NEAR if run.high is None else run.high for run in runs)
        if not name.startswith("p of ") and not low <= one.value <= high:
            far.append(f"{name}: {one.value:g}, and {low:g} to {high:g} is kept")
    return far


def minutes(results: Path) -> float | None:
    """From the start of the first job to the end of the last one; None of what ran in parts."""
    times = []
    for file in results.rglob("*run.json"):
        if file.relative_to(results).parts[0] in ("check", "explain", "audit"):
            continue  # asked for by themselves
        job = json.loads(file.read_text(encoding="utf-8"))
        start = datetime.fromisoformat(job["started"])
        times.append((start, start + timedelta(seconds=job["seconds"])))
    times.sort()
    first, last = times[0]
    for start, end in times:
        if start - last > IDLE:
            return None
        last = max(last, end)
    return (last - first).total_seconds() / 60


def read(results: Path) -> dict[str, Number]:
    """Read the numbers of a demo that docs state."""
    found: dict[str, Number] = {}
    for part in (_decoding, _teaching, _neurons, _likeness, _films):
        found |= part(results)
    return {name: _rounded(one) for name, one in found.items()}


def _rounded(one: Number) -> Number:
    return Number(*(None if part is None else float(f"{part:.4g}") for part in one))


def _table(results: Path, name: str) -> list[dict[str, Any]]:
    table = pd.read_csv(results / name, sep="\t", keep_default_na=False, na_values=["n/a"])
    return [{str(key): text for key, text in row.items()} for row in table.to_dict("records")]


def _number(
    row: Mapping[str, Any], value: str, low: str = "ci_low", high: str = "ci_high"
) -> Number:
    bounds = (None if pd.isna(row[key]) else float(row[key]) for key in (low, high))
    return Number(float(row[value]), *bounds)


def _decoding(results: Path) -> dict[str, Number]:
    """Accuracy of ridge regression by subject and region."""
    return {
        f"decoding {row['subject']} {row['roi']}": _number(row, "accuracy")
        for row in _table(results, "fmri/simulated/decoding.tsv")
        if row["decoder"] == "ridge" and row["subject"] in ("S1", "S2")
    }


def _teaching(results: Path) -> dict[str, Number]:
    """What a brain's students have more than those of each control, and p of the image test."""
    found = {}
    for row in _table(results, "distill/simulated/comparisons.tsv"):
        if (
            row["teacher"] == "brain"
            and row["subject"] in ("S1", "S2")
            and row["control"] in CONTROLS
        ):
            name = f"brain {row['subject']} {row['roi']} - {row['control']}"
            found[name] = _number(row, "difference")
            if row["control"] == "withinclass" and not pd.isna(row["p"]):
                found[f"p of {name}"] = Number(row["p"])
    return found


def _neurons(results: Path) -> dict[str, Number]:
    """What readers name of frames of both days, and the change of coupling by each route."""
    found = {}
    for session in ("before", "after"):
        for row in _table(results, f"calcium/neurons/{session}/small/reading.tsv"):
            if (row["measure"], row["subset"]) == ("exact_top", "stimulated"):
                of = "frames before" if row["frames_of"] == "control" else "frames"
                found[f"named {session} {of}"] = _number(row, "value")
    for row in _table(results, "calcium/neurons/compare/before__after/small/routes.tsv"):
        if row["panel"] == "all":
            found[f"change {row['route']}"] = _number(row, "change")
    for row in _table(results, "calcium/neurons/before/small/coupling.tsv"):
        found[f"auc {row['route']}"] = Number(row["auc"])
    return found


def _likeness(results: Path) -> dict[str, Number]:
    """ZNCC of the first day beside its nulls."""
    found = {}
    for row in _table(results, "calcium/neurons/before/small/zncc_nulls.tsv"):
        if row["group"] == "all" and row["kind"] == "zncc":
            name = f"zncc {row['statistic']}"
            found[name] = _number(row, "value")
            found[f"{name}, {row['null']}"] = _number(row, "null_mean", "null_low", "null_high")
            found[f"p of {name}, {row['null']}"] = Number(row["p"])
    return found


def _films(results: Path) -> dict[str, Number]:
    """Macro-F1 of classifiers on patients that they never saw, and what a leaky split adds."""
    found = {}
    for row in _table(results, "cxr/chests/metrics.tsv"):
        if (row["split"], row["shown"], row["metric"]) == ("patient", "whole", "macro_f1"):
            found[f"macro_f1 {row['case']} {row['classifier']}"] = _number(row, "value")
    for row in _table(results, "cxr/chests/comparisons.tsv"):
        if row["kind"] == "leak" and row["metric"] == "macro_f1":
            found["leak"] = _number(row, "difference")
    return found
