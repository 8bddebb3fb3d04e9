"""Handwritten digits or photographs, which simulated subjects look at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from neuroloop.files.intake import Intake

ORDER = 1
LEGEND = "Simulated: the handwritten digits or photographs that simulated subjects look at"
#: Source of brain data that has the images.
BRAIN = "simulated"


def inputs(dataset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The folders of photographs; none of digits, which come with scikit-learn."""
    from neuroloop.registry import entry

    return list(entry("fmri_source", BRAIN).photograph_folders(dataset).items())


def options(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing else is needed."""
    return {}


def listed(dataset: Mapping[str, Any], key: str, folder: Path) -> list[str]:
    """Images below a folder."""
    from neuroloop.images.listing import images_below

    return images_below(folder)


def read(
    files: Sequence[Path], shown: "pd.DataFrame", size: int, intake: "Intake"
) -> tuple["pd.DataFrame", "np.ndarray"]:
    """Images of the stimuli that teach or test."""
    from neuroloop.distill.images import check_images, stimulus_rows, used_stimuli
    from neuroloop.registry import entry

    rows, used = stimulus_rows(shown), used_stimuli(shown)
    paths = entry("fmri_source", BRAIN).photograph_paths(used, files) if files else []
    check_images(rows, paths)
    intake.read(*paths)
    return rows, look_up(files, used, size)


def look_up(files: Sequence[Path], stimuli: "pd.DataFrame", size: int) -> "np.ndarray":
    """Images of these stimuli."""
    from neuroloop.distill.images import read_images, resize
    from neuroloop.registry import entry

    source = entry("fmri_source", BRAIN)
    if files:
        return read_images(source.photograph_paths(stimuli, files), size)
    return resize(source.images(stimuli), size)
