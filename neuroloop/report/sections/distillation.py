"""Knowledge distillation: what each teacher adds to the labels."""

from collections.abc import Mapping
from typing import Any

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


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """What must be known of the students, and the comparisons of those whom brains taught."""
    from neuroloop.files.formats import read_table

    students = read_table(files["students"], {"n": int, "flag": str})
    rows = read_table(files["comparisons"], {"difference": float, "p": float})
    images = int(students["n"].max())
    return {
        "flags": sorted(set(students["flag"]) - {""}),
        "images": images,
        "few": images < FEW_IMAGES,
        "comparisons": rows[rows["teacher"] == "brain"],
    }
