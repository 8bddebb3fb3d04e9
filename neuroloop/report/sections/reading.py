"""Reading neurons: how often networks find the stimulated cells of a frame."""

from collections.abc import Mapping
from typing import Any

ORDER = 3
TITLE = "Networks read neurons"
BLOCKS = "areas"
ASSETS = ("reading.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter an area and reader."""
    return {
        f"{name}, reader {reader}": {"figure": f"results/calcium/{name}/reading/{reader}.png"}
        for reader in block["readers"]
    }


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """Nothing beside the figure."""
    return {}
