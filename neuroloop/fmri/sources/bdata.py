"""BData files, as bdpy or the authors of Generic Object Decoding write them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.config.settings import setting
from neuroloop.config.subjects import FileSubject as Subject
from neuroloop.config.subjects import Voxels
from neuroloop.fmri.source import Imported, Inputs, named_files

__all__ = ["LEGEND", "ORDER", "Roi", "Subject", "inputs", "options", "read"]

ORDER = 4
LEGEND = "BData: one file a subject, as Generic Object Decoding and bdpy write it"


class Roi(Voxels):
    """A region."""

    flag: str | None = setting(
        "What follows ROI_ in the file's flag of the region; null: the region's name.", None
    )


def inputs(dataset: Mapping[str, Any], subject: str) -> Inputs:
    """The subject's ``file``."""
    return {"file": named_files(dataset, subject, "file")}


def options(dataset: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """Nothing: all regions and sessions of the file are read."""
    return {}


def read(files: Mapping[str, Sequence[Path]]) -> Imported:
    """See `bdata.read_bdata`."""
    from neuroloop.fmri.bdata import read_bdata, read_unit

    (file,) = files["file"]
    return Imported(read_bdata(file), read_unit(file))
