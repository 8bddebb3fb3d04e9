"""Brain decoding: the accuracy of each decoder in each region."""

from collections.abc import Mapping
from typing import Any

ORDER = 1
TITLE = "Brain decoding"
BLOCKS = "datasets"
ASSETS = ("decoding.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a dataset."""
    folder = f"results/fmri/{name}"
    return {name: {"accuracies": f"{folder}/decoding.tsv", "figure": f"{folder}/decoding.png"}}


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The table of accuracies."""
    from neuroloop.files.formats import read_table

    return {"accuracies": read_table(files["accuracies"], {"accuracy": float, "p": float})}
