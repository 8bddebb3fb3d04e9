"""A folder with the image of each stimulus, found by a pattern."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from neuroloop.files.intake import Intake

ORDER = 3
LEGEND = "Folder of stimuli: the images that were shown, found by a pattern"


class Settings(Closed):
    """Settings of images in one folder."""

    folder: str = setting("Folder of the images, below data_folder.")
    pattern: str = setting(
        "Path of an image below it, with {stimulus_id} and {category}; for the ids of Generic "
        "Object Decoding {synset} and {number} as well."
    )


def inputs(dataset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The folder."""
    return [("teaching.images.folder", dataset["teaching"]["images"]["folder"])]


def options(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """The pattern."""
    return {"pattern": dataset["teaching"]["images"]["pattern"]}


def listed(dataset: Mapping[str, Any], key: str, folder: Path) -> list[str]:
    """Images that the pattern may name."""
    from neuroloop.images.listing import images_like

    return images_like(folder, dataset["teaching"]["images"]["pattern"])


def read(
    files: Sequence[Path], shown: "pd.DataFrame", size: int, intake: "Intake", *, pattern: str
) -> tuple["pd.DataFrame", "np.ndarray"]:
    """Images of the stimuli that teach or test."""
    from neuroloop.distill.images import check_images, read_images, stimulus_paths, stimulus_rows

    rows = stimulus_rows(shown)
    paths = stimulus_paths(rows, files[0], pattern)
    check_images(rows, paths)
    pixels = read_images(paths, size)
    intake.read(*paths)
    return rows, pixels


def look_up(
    files: Sequence[Path], stimuli: "pd.DataFrame", size: int, *, pattern: str
) -> "np.ndarray":
    """Images of these stimuli."""
    from neuroloop.distill.images import read_images, stimulus_paths

    return read_images(stimulus_paths(stimuli, files[0], pattern), size)
