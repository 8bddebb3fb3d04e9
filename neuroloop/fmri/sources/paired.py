"""Voxels paired row by row with images, in one MATLAB or NumPy file a subject."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting
from neuroloop.config.subjects import FileSubject as Subject
from neuroloop.config.subjects import Voxels as Roi
from neuroloop.fmri.source import Imported, Inputs, named_files

if TYPE_CHECKING:
    import numpy as np

__all__ = ["LEGEND", "ORDER", "Roi", "Settings", "Subject", "images", "inputs", "options", "read"]

ORDER = 3
LEGEND = "Paired: voxels and the images that they answer to, row by row in one file"

Variables = Annotated[tuple[str, ...], Field(min_length=1)]
#: Keys that are left out where they are null.
UNSTATED = ("stimulus_id", "back_to_back")

Side = Annotated[int, Field(ge=1)]


class Paired(Closed):
    """Variables of the subjects' files."""

    voxels: Variables = setting("Variables of voxels, joined in this order.")
    images: Variables = setting("Variables of images, as many as those of voxels.")
    labels: Variables = setting("Variables of labels.")
    runs: Variables | None = setting("Variables of runs; null: no runs are known.", None)
    stimulus_id: Variables | None = setting(
        "Variables of ids of images; null: images with equal pixels are one stimulus.", None
    )
    image_shape: tuple[Side, Side] | tuple[Side, Side, Literal[3]] = setting(
        "Height and width of an image, and 3 for colour images.", unit="pixels"
    )
    image_order: Literal["C", "F"] = setting(
        "Order of a flat image's pixels: C (rows first) or F (columns first, as in MATLAB).",
        "C",
    )
    label_names: dict[str, str] = setting("Name of each label; without any, its own.", {})
    back_to_back: Literal["block", "trials"] | None = setting(
        "What rows of one category back to back in a run are: one block, or trials of their own; "
        "null: a block, but trials where no runs are named and rows are sorted by category.",
        None,
    )


class Settings(Closed):
    """Settings of data that are paired."""

    paired: Paired = setting("Names and layout of the files' variables.")


def inputs(dataset: Mapping[str, Any], subject: str) -> Inputs:
    """The subject's ``file``."""
    return {"file": named_files(dataset, subject, "file")}


def options(dataset: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The block ``paired``: names and layout of the file's variables."""
    given = dict(dataset["paired"])
    return {key: value for key, value in given.items() if key not in UNSTATED or value}


def read(files: Mapping[str, Sequence[Path]], **variables: Any) -> Imported:
    """See `paired.read_paired`."""
    from neuroloop.files.intake import Intake
    from neuroloop.fmri.paired import read_paired

    (file,) = files["file"]
    intake = Intake()
    return Imported(read_paired(file, **variables, intake=intake)[0], "trial", intake=intake)


def images(paths: Sequence[Path], **variables: Any) -> "dict[str, np.ndarray]":
    """Image of each stimulus that any subject saw.

    Raises
    ------
    NeuroLoopError
        If subjects saw different images under one id.
    """
    import numpy as np

    from neuroloop.errors import NeuroLoopError
    from neuroloop.fmri.paired import read_paired

    found: dict[str, np.ndarray] = {}
    for path in paths:
        brain, grey = read_paired(path, **variables)
        for name, image in zip(brain.rows["stimulus_id"], grey, strict=True):
            if not np.array_equal(found.setdefault(name, image), image):
                raise NeuroLoopError(
                    f"{path} shows another image as {name} than {paths[0]}: give the trials of "
                    "all subjects in one order, or each subject a dataset"
                )
    return found
