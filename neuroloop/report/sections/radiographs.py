"""Chest X-rays: how well classifiers predict, and from which parts of the radiographs."""

from collections.abc import Mapping
from typing import Any

ORDER = 6
TITLE = "Chest X-rays"
BLOCKS = "radiographs"
ASSETS = ("radiographs.html.j2",)


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
    """The table of comparisons, which is empty where there is nothing to compare."""
    from neuroloop.files.formats import read_table

    return {"comparisons": read_table(files["comparisons"], {"difference": float, "p": float})}
