"""Images that stand beside the voxels, row by row, in the subjects' files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from neuroloop.files.intake import Intake

ORDER = 2
LEGEND = "Paired: the images beside the voxels in the subjects' files"
#: Source of brain data that has the images.
BRAIN = "paired"


def inputs(dataset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The subjects' files."""
    subjects = dataset["subjects"]
    return [(f"subjects.{name}.file", block["file"]) for name, block in subjects.items()]


def options(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """The block ``paired``: names and layout of the files' variables."""
    given = dict(dataset["paired"])
    unstated = ("stimulus_id", "back_to_back")
    return {"variables": {k: value for k, value in given.items() if k not in unstated or value}}


def read(
    files: Sequence[Path],
    shown: "pd.DataFrame",
    size: int,
    intake: "Intake",
    *,
    variables: Mapping[str, Any],
) -> tuple["pd.DataFrame", "np.ndarray"]:
    """Images of the stimuli that teach or test, as any subject saw them."""
    from neuroloop.distill.images import check_images, stimulus_rows

    rows = stimulus_rows(shown)
    check_images(rows)
    intake.read(*files)
    return rows, look_up(files, rows, size, variables=variables)


def look_up(
    files: Sequence[Path], stimuli: "pd.DataFrame", size: int, *, variables: Mapping[str, Any]
) -> "np.ndarray":
    """Images of these stimuli, as any subject saw them."""
    import numpy as np

    from neuroloop.distill.images import resize
    from neuroloop.registry import entry

    shown_as = entry("fmri_source", BRAIN).images(files, **variables)
    return resize(np.stack([shown_as[name] for name in stimuli["stimulus_id"]]), size)
