"""Changes between sessions: what a treatment changed, by each route."""

from collections.abc import Mapping
from typing import Any

ORDER = 5
TITLE = "What changed between sessions"
BLOCKS = "areas"
ASSETS = ("changes.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a pair of sessions and reader."""
    found = {}
    for earlier, later in block["comparisons"]:
        for reader in block["readers"]:
            folder = f"results/calcium/{name}/compare/{earlier}__{later}/{reader}"
            found[f"{name}, {earlier} to {later}, reader {reader}"] = {
                "routes": f"{folder}/routes.tsv",
                "figure": f"{folder}/comparison.png",
            }
    return found


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The table of routes."""
    from neuroloop.files.formats import read_table

    return {"routes": read_table(files["routes"], {"change": float, "p": float})}
