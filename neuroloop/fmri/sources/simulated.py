"""Simulated subjects who look at handwritten digits or photographs (`neuroloop.fmri.simulate`)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ORDER = 1
LEGEND = "Simulated: subjects of known truth who look at handwritten digits, or at photographs"


class Images(Closed):
    """How many images there are of each kind, all different."""

    train_per_category: int = setting(
        "Shown once in the scanner; they teach the students.", 10, ge=2
    )
    test_images: int = setting("Shown to nobody; they test the students.", 1000, ge=10)
    perception_per_category: int = setting(
        "Shown again and again in the perception test, then imagined.", 1, ge=1
    )
    lifetime_per_category: int = setting(
        "What the brains know from before; used for nothing else.", 50, ge=5
    )


class Photographs(Closed):
    """Natural images that subjects look at."""

    folder: str = setting(
        "Folder with a folder of images for each category that teaches, below data_folder."
    )
    categories: int | None = setting(
        "Categories that teach, drawn from these; null: all.", None, ge=2
    )
    perception_categories: int = setting(
        "Other categories, which the perception test shows; 0: it shows those that teach.", 0, ge=0
    )
    perception_folder: str | None = setting(
        "Folder with a folder of images for each of these, below data_folder; null: there are no "
        "such images, and brains answer to features that are drawn.",
        None,
    )
    sensitivity: float = setting(
        "How far an image's own category stands out of what it resembles, in standard deviations "
        "(d').",
        3.0,
        ge=0,
    )

    @model_validator(mode="after")
    def _folder_of_some(self) -> "Photographs":
        if self.perception_folder and not self.perception_categories:
            raise ValueError("perception_folder without perception_categories: say how many")
        return self


class Presentation(Closed):
    """How often images are shown."""

    runs: int = setting("Runs of training.", 5, ge=2)
    perception_repeats: int = setting("Times that a test image is seen.", 5, ge=1)
    imagery_repeats: int = setting("Times that it is imagined.", 3, ge=1)
    imagery_parts: int = setting("Runs over which one such time is spread.", 1, ge=1)


class Settings(Closed):
    """Settings of simulated subjects."""

    images: Images = setting("How many images there are of each kind.", Images())
    photographs: Photographs | None = setting(
        "Natural images that the subjects look at; null: handwritten digits.", None
    )
    presentation: Presentation = setting("How often images are shown.", Presentation())
    tuning: Literal["shared", "own"] = setting(
        "Which features of images voxels answer to: all, for every subject (shared), or half of "
        "them, drawn for each subject (own).",
        "shared",
    )


class Subject(Closed):
    """A subject."""

    snr: float = setting("Signal-to-noise ratio of the subject.", ge=0)


class Roi(Closed):
    """A region."""

    encoding: Literal["energy", "mixed", "category", "none"] = setting(
        "What voxels answer to: energy (of oriented edges), category, mixed (both), or none."
    )
    size: int = setting("Voxels that are simulated.", ge=1, unit="voxels")
    snr: float = setting("Signal-to-noise ratio of the region.", ge=0)
    voxels: int = setting(
        "Voxels that answer to the stimuli most, chosen anew in each fold's training rows.", ge=1
    )

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> "Roi":
        if self.voxels > self.size:
            raise ValueError(
                f"voxels: {self.voxels} of a region of size {self.size}: lower voxels or raise size"
            )
        return self


def photograph_folders(dataset: Mapping[str, Any]) -> dict[str, str]:
    """Folders of the images that subjects look at, by their keys; none of digits."""
    given = dataset["photographs"] or {}
    keys = ("folder", "perception_folder")
    return {f"photographs.{key}": given[key] for key in keys if given.get(key)}


def images(stimuli: "pd.DataFrame") -> "np.ndarray":
    """Digits of stimuli, uint8, shape (stimuli, height, width)."""
    from neuroloop.fmri.simulate import stimulus_images

    return stimulus_images(stimuli.astype({"image": int}))


def photograph_paths(stimuli: "pd.DataFrame", folders: Sequence[Path]) -> list[Path]:
    """Files of stimuli that are photographs, in these folders."""
    from neuroloop.fmri import photographs

    return photographs.photograph_paths(stimuli, folders)
