"""Maps of chest X-rays: where classifiers looked, and whether the maps can be trusted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.columns import ShownTable
    from neuroloop.report.flags import Against

ORDER = 7
TITLE = "Where classifiers of chest X-rays looked"
BLOCKS = "radiographs"
ASSETS = ("radiograph_maps.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a case and classifier whose maps are drawn."""
    return {
        f"{name}, {case}, {classifier}": {
            "figure": f"results/cxr/{name}/{case}/{classifier}/maps/maps.svg",
            "facts": f"results/cxr/{name}/{case}/{classifier}/maps/maps.json",
            "checks": f"results/cxr/{name}/{case}/{classifier}/maps/checks.tsv",
            "pointing": f"results/cxr/{name}/{case}/{classifier}/maps/pointing.tsv",
        }
        for case, classifier in block["maps"]
    }


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """A classifier at chance."""
    from neuroloop.files.formats import read_json
    from neuroloop.report.answers.table_flags import map_flags

    return map_flags(read_json(files["facts"])["at_chance"])


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """Why the maps of a classifier at chance say nothing, and what the tests of its maps found."""
    from neuroloop.files.formats import read_json

    return {
        "at_chance": read_json(files["facts"])["at_chance"],
        "tables": [_checks(files["checks"]), _pointing(files["pointing"])],
    }


def _checks(path: str) -> "ShownTable":
    """Maps beside those of the same network with random weights."""
    from neuroloop.files.formats import read_table
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, shown

    texts = ("method", "section", "verdict", "unit", "scope")
    numbers = ("rows", "columns", "similarity", "ci_low", "ci_high", "threshold", "n", "undefined")
    columns = {
        "method": Column("Method"),
        "section": Column("Section", "Of the network, whose output is mapped."),
        "rows": COUNT.named("Rows of the map"),
        "columns": COUNT.named("Columns"),
        "verdict": Column("Verdict", "Passed where the interval lies below the threshold."),
        "similarity": NUMBER.named(
            "Similarity", "Rank correlation with maps of random weights, 95 % interval.", True
        ),
        "threshold": NUMBER.named("Threshold"),
        "n": COUNT.named("Radiographs"),
        "undefined": COUNT.named("Without", "Radiographs of which one of both maps is constant."),
        "unit": UNIT,
        "scope": SCOPE,
    }
    rows = read_table(path, dict.fromkeys(texts, str) | dict.fromkeys(numbers, float))
    return shown("Maps beside those of random weights", rows, columns, path)


def _pointing(path: str) -> "ShownTable":
    """How often the highest place of a map lies in a lesion."""
    from neuroloop.files.formats import read_table
    from neuroloop.report.columns import COUNT, PERCENT, SCOPE, UNIT, Column, P, Q, shown

    texts = ("method", "unit", "scope")
    numbers = ("value", "ci_low", "ci_high", "chance", "p", "q", "n", "smallest_effect")
    columns = {
        "method": Column("Method"),
        "value": PERCENT.named("In lesions, %", "With its 95 % interval.", True),
        "chance": PERCENT.named("Chance, %", "The same maps on the lesions of other radiographs."),
        "p": P,
        "q": Q,
        "smallest_effect": PERCENT.named("Could see, points", "The least that could be seen."),
        "n": COUNT.named("Radiographs", "Of those that have a lesion."),
        "unit": UNIT,
        "scope": SCOPE,
    }
    rows = read_table(path, dict.fromkeys(texts, str) | dict.fromkeys(numbers, float))
    return shown("Maps that point at the lesion", rows, columns, path)
