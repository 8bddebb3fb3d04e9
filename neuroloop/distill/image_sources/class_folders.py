"""Folders of classes, some to teach and some to test, whose images nobody saw in the scanner."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from neuroloop.files.intake import Intake

ORDER = 4
LEGEND = "Folders of classes: other images of the categories that were shown"

Folders = Annotated[tuple[str, ...], Field(min_length=1)]


class Settings(Closed):
    """Settings of images in folders of classes."""

    train: str = setting("Folder with a folder a class that teach, below data_folder.")
    test: str = setting("Folder with a folder a class that test, below data_folder.")
    classes: dict[str, Folders] = setting(
        "Folders of images of each category of the brain data.", min_length=2
    )


def inputs(dataset: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The folder that teaches, and the one that tests."""
    images = dataset["teaching"]["images"]
    return [(f"teaching.images.{side}", images[side]) for side in ("train", "test")]


def options(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Folders of each class."""
    return {"classes": dataset["teaching"]["images"]["classes"]}


def listed(dataset: Mapping[str, Any], key: str, folder: Path) -> list[str]:
    """Images of the classes."""
    from neuroloop.images.listing import images_below

    return images_below(folder, {*chain(*dataset["teaching"]["images"]["classes"].values())})


def read(
    files: Sequence[Path],
    shown: "pd.DataFrame",
    size: int,
    intake: "Intake",
    *,
    classes: Mapping[str, Sequence[str]],
) -> tuple["pd.DataFrame", "np.ndarray"]:
    """Images of the classes' folders."""
    import pandas as pd

    from neuroloop.distill.images import (
        check_images,
        class_folder_images,
        read_images,
        tell_passed_over,
    )

    sides = zip(files, ("train", "test"), strict=True)
    rows = pd.concat(
        [class_folder_images(folder, classes, side) for folder, side in sides], ignore_index=True
    )
    paths = [Path(path) for path in rows.pop("path")]
    check_images(rows, paths)
    pixels = read_images(paths, size)
    intake.read(*paths)
    tell_passed_over(files, classes, intake)
    return rows, pixels
