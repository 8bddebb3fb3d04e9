"""Whether to read a method's maps of a network, in one line: what its tests found."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.cards import interval, number

#: Columns that are read of sanity.tsv.
TESTED = (
    ("method", "test", "statistic", "verdict", "reason"),
    ("value", "ci_low", "ci_high", "chance", "untrained", "n", "q"),
)

#: Whether to read maps.
YES, PARTLY, UNKNOWN, NO = "yes", "with care", "cannot be judged", "no"


class Line(NamedTuple):
    """A method, whether its maps can be read on this network, and why."""

    method: str
    read: str
    why: str


def read_tests(path: StrPath) -> pd.DataFrame:
    """Read sanity.tsv."""
    return read_table(path, dict.fromkeys(TESTED[0], str) | dict.fromkeys(TESTED[1], float))


def trusted(table: pd.DataFrame) -> list[Line]:
    """Say of each method whether its maps can be read.

    Parameters
    ----------
    table : DataFrame
        sanity.tsv.

    Returns
    -------
    list of Line
        ``no``: random weights, or permuted labels, leave the maps as they are. ``cannot be
        judged``: the test by random weights has no verdict. ``yes``: it is passed, and deletion or
        insertion is shown to beat random orders, or the maps are shown to point at the evidence,
        and nothing is shown to be worse than chance. ``with care``: it is passed, no more is shown.
    """
    lines = []
    for method, rows in table.groupby("method", sort=False):
        of = {(row["test"], row["statistic"]): row for row in rows.to_dict("records")}
        weights, labels = of.get(("cascading", "spearman")), of.get(("labels", "spearman"))
        effects = [
            row
            for key in (
                ("deletion", "auc_less_random"),
                ("insertion", "auc_less_random"),
                ("pointing", "hit_rate"),
            )
            if (row := of.get(key)) is not None
        ]
        parts = [_similar(weights, "random weights"), _similar(labels, "permuted labels")]
        parts += [_effect(row) for row in effects]
        why = "; ".join(part for part in parts if part) or "no test"
        read = _read(weights, labels, effects)
        lines.append(Line(str(method), read, f"{why[0].upper()}{why[1:]}."))
    return lines


def _read(
    weights: Mapping[Any, Any] | None,
    labels: Mapping[Any, Any] | None,
    effects: list[dict[Any, Any]],
) -> str:
    said = [row["verdict"] for row in (weights, labels) if row is not None]
    if "insensitive" in said:
        return NO
    if weights is None or weights["verdict"] != "sensitive":
        return UNKNOWN
    found = [row["verdict"] for row in effects if row["q"] <= SIGNIFICANT]
    if "worse" in found or "below chance" in found:
        return PARTLY
    return YES if "better" in found or "above chance" in found else PARTLY


def _similar(row: Mapping[Any, Any] | None, what: str) -> str:
    """What a randomisation found."""
    if row is None:
        return ""
    told = interval(row["value"], row["ci_low"], row["ci_high"])
    said = {
        "sensitive": f"{what} give other maps",
        "insensitive": f"{what} leave the maps much as they are",
    }.get(row["verdict"], f"{what}: {row['verdict']}")
    return f"{said} (similarity {told}, n {row['n']:.0f})"


def _effect(row: Mapping[Any, Any]) -> str:
    """What deletion, insertion or pointing found, beside its null."""
    if row["verdict"] == "void":
        return f"{row['test']}: void"
    told, n = interval(row["value"], row["ci_low"], row["ci_high"]), f"n {row['n']:.0f}"
    if row["test"] != "pointing":
        return f"{row['test']}: {row['verdict']}, {told} less random orders ({n})"
    beside = f"chance {number(row['chance'])}"
    if row["untrained"] == row["untrained"]:
        beside += f", untrained {number(row['untrained'])}"
    return f"points at the evidence: {row['verdict']}, {told}, {beside} ({n})"
