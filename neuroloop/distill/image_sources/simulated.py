"""Handwritten digits, which simulated subjects look at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from neuroloop.files.intake import Intake

ORDER = 1
LEGEND = "Simulated: the handwritten digits that simulated subjects look at"
#: Source of brain data that has the images.
BRAIN = "simulated"


def inputs(dataset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """None: the digits come with scikit-learn."""
    return []


def options(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing else is needed."""
    return {}


def read(
    files: Sequence[Path], shown: "pd.DataFrame", size: int, intake: "Intake"
) -> tuple["pd.DataFrame", "np.ndarray"]:
    """Digits of the stimuli that teach or test."""
    from neuroloop.distill.images import check_images, stimulus_rows, used_stimuli

    rows = stimulus_rows(shown)
    check_images(rows)
    return rows, look_up(files, used_stimuli(shown), size)


def look_up(files: Sequence[Path], stimuli: "pd.DataFrame", size: int) -> "np.ndarray":
    """Digits of these stimuli."""
    from neuroloop.distill.images import resize
    from neuroloop.registry import entry

    return resize(entry("fmri_source", BRAIN).images(stimuli), size)
