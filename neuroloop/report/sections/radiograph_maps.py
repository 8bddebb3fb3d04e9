"""Maps of chest X-rays: where classifiers looked."""

from collections.abc import Mapping
from typing import Any

ORDER = 7
TITLE = "Where classifiers of chest X-rays looked"
BLOCKS = "radiographs"
ASSETS = ("radiograph_maps.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a case and classifier whose maps are drawn."""
    return {
        f"{name}, {case}, {classifier}": {
            "figure": f"results/cxr/{name}/{case}/{classifier}/maps/maps.png"
        }
        for case, classifier in block["maps"]
    }


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """Nothing beside the figure."""
    return {}
