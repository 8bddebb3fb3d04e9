"""Chest X-rays: how well classifiers predict, and from which parts of the radiographs."""

from collections.abc import Mapping
from typing import Any

ORDER = 6
TITLE = "Chest X-rays"
BLOCKS = "radiographs"
ASSETS = ("radiographs.html.j2",)

#: Columns that the page tells in words.
TOLD = (
    *("unit", "scope", "family", "reason"),
    *("n", "patients", "left_out", "partitions", "smallest_effect"),
)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a set of radiographs."""
    folder = f"results/cxr/{name}"
    figures = ("scores", "confusion", "shortcuts", "calibration", "learning")
    return {
        name: {
            "comparisons": f"{folder}/comparisons.tsv",
            **{figure: f"{folder}/{figure}.png" for figure in figures},
        }
    }


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The comparisons by what they speak of, each with what was seen in words."""
    from neuroloop.files.formats import read_table

    numbers = dict.fromkeys(("difference", "ci_low", "ci_high", "p", "q", "smallest_effect"), float)
    table = read_table(files["comparisons"], numbers)
    groups = [
        {
            "scope": scope,
            "unit": rows["unit"].iloc[0],
            "rows": rows.drop(columns=[name for name in TOLD if name in rows]).assign(
                seen=[_seen(row) for row in rows.to_dict("records")]
            ),
        }
        for scope, rows in table.groupby("scope", sort=False)
    ]
    return {"groups": groups}


def _seen(row: Mapping[Any, Any]) -> str:
    """What a comparison found; beside no difference, what would have been found."""
    least = f"{row['smallest_effect']:.3f}"
    if row["p"] != row["p"]:
        return f"no test: {row['reason']}"
    if row["q"] <= 0.05:
        return "a difference"
    return f"no difference seen; of 5 studies like this 4 would see one of {least}"
