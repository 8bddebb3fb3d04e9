"""Brain decoding: the accuracy of each decoder in each region."""

from collections.abc import Mapping
from typing import Any

ORDER = 1
TITLE = "Brain decoding"
BLOCKS = "datasets"
ASSETS = ("decoding.html.j2",)

#: Corrected p up to which a row is told as a finding.
SIGNIFICANT = 0.05


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a dataset."""
    folder = f"results/fmri/{name}"
    return {name: {"accuracies": f"{folder}/decoding.tsv", "figure": f"{folder}/decoding.png"}}


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The table of accuracies, with what each row found in words."""
    from neuroloop.files.formats import read_table

    numbers = dict.fromkeys(("accuracy", "p", "q", "smallest_effect"), float)
    table = read_table(files["accuracies"], numbers)
    return {"accuracies": table.assign(finding=[_finding(row) for _, row in table.iterrows()])}


def _finding(row: Any) -> str:
    """What a row says at 5 %, and what it could have said."""
    if row["q"] != row["q"]:
        return ""
    if row["q"] <= SIGNIFICANT:
        return "in most people" if row["family"] == "people" else "above chance"
    if row["family"] == "people":
        return "not shown for most people"
    return f"not above chance; {100 * row['smallest_effect']:.1f} points could have been seen"
