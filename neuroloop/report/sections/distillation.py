"""Knowledge distillation: what each teacher adds to the labels."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ORDER = 2
TITLE = "Brains teach networks"
BLOCKS = "datasets"
ASSETS = ("distillation.html.j2",)

#: Fewer test images than this cannot tell teachers apart that differ by a few points.
FEW_IMAGES = 300


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a dataset that teaches students."""
    if not block.get("teaching"):
        return {}
    folder = f"results/distill/{name}"
    return {
        name: {
            "students": f"{folder}/ablation.tsv",
            "comparisons": f"{folder}/comparisons.tsv",
            "figure": f"{folder}/ablation.png",
        }
    }


def simulated(block: Mapping[str, Any]) -> str:
    """What simulated brains know that students do not, to which they owe their gain."""
    knowing = [
        roi for roi, made in block["rois"].items() if made["encoding"] in ("category", "mixed")
    ]
    if not knowing:
        return ""
    known = block["images"]["lifetime_per_category"]
    return (
        f"What {' and '.join(knowing)} adds comes from {known} other labelled digits of each "
        "category that it knows, and that no student sees."
    )


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """What must be known of the students, and the comparisons of those whom brains taught."""
    from neuroloop.files.formats import read_table

    students = read_table(files["students"], {"n": int, "flag": str})
    rows = read_table(
        files["comparisons"], {"difference": float, "p": float, "smallest_effect": float}
    )
    images = int(students["n"].max())
    brains = rows[rows["teacher"] == "brain"]
    return {
        "flags": sorted(set(students["flag"]) - {""}),
        "images": images,
        "few": images < FEW_IMAGES,
        "comparisons": brains,
        "unseen": {
            family: unseen(brains[brains["family"] == family])
            for family in ("gains", "images", "people")
        },
    }


def unseen(rows: "pd.DataFrame") -> str:
    """Range of the smallest differences that comparisons could have seen, percentage points."""
    points = 100 * rows["smallest_effect"].dropna()
    if points.empty:
        return ""
    low, high = f"{points.min():.1f}", f"{points.max():.1f}"
    return low if low == high else f"{low} to {high}"
