"""Voxels paired row by row with images, in one MATLAB or NumPy file a subject."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.fmri.source import Imported, Inputs, named_files

ORDER = 3
LEGEND = "Paired: voxels and the images that they answer to, row by row in one file"


def inputs(dataset: Mapping[str, Any], subject: str) -> Inputs:
    """The subject's ``file``."""
    return {"file": named_files(dataset, subject, "file")}


def options(dataset: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The block ``paired``: names and layout of the file's variables."""
    return dict(dataset["paired"])


def read(files: Mapping[str, Sequence[Path]], **variables: Any) -> Imported:
    """See `paired.read_paired`."""
    from neuroloop.fmri.paired import read_paired

    (file,) = files["file"]
    return Imported(read_paired(file, **variables)[0], "trial")
