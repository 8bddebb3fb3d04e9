"""Maps of chest X-rays: where classifiers looked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        }
        for case, classifier in block["maps"]
    }


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """A classifier at chance."""
    from neuroloop.files.formats import read_json
    from neuroloop.report.answers.table_flags import map_flags

    return map_flags(read_json(files["facts"])["at_chance"])


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """Why the maps of a classifier at chance say nothing; empty for others."""
    from neuroloop.files.formats import read_json

    return {"at_chance": read_json(files["facts"])["at_chance"]}
