"""How large BData files are, by their headers: what jobs need is known before one reads them.

Nothing is checked here: of a file that cannot be read nothing is known, and its job tells why.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    import h5py

Found = TypeVar("Found")

#: Rows of training in the column of kinds of rows.
TRAINING = 1


def values_of(path: Path) -> int:
    """Numbers of a file's rows, labels and voxels; 0 if it cannot be read."""
    rows, columns = shape_of(path)
    return rows * columns


def shape_of(path: Path) -> tuple[int, int]:
    """Rows and columns of a file; 0 of both if it cannot be read."""
    return _read(path, lambda matrix, metadata: (matrix.shape[0], matrix.shape[1]), (0, 0))


@cache
def training_rows(path: Path, column: str | None = None) -> int:
    """Rows of training, by the column of kinds of rows; all without such a column.

    Parameters
    ----------
    path : Path
    column : str, optional
        Name of that column; by default DataType.
    """

    def count(matrix: "h5py.Dataset", metadata: "h5py.Group") -> int:
        (found,) = np.nonzero(_says(metadata, column or "DataType"))
        return int((matrix[:, found[0]] == TRAINING).sum()) if len(found) else matrix.shape[0]

    return _read(path, count, 0)


@cache
def voxels_of(path: Path, region: str) -> int:
    """Voxels of a region, by its flag; of a condition those of any flag that it names."""

    def count(matrix: "h5py.Dataset", metadata: "h5py.Group") -> int:
        named = re.findall(r"ROI_[^\s=|&()]+", region) or [f"ROI_{region}"]
        return int(np.any([_says(metadata, name) for name in named], axis=0).sum())

    return _read(path, count, 0)


def _says(metadata: "h5py.Group", key: str) -> np.ndarray:
    """Which columns belong to a key, bool."""
    keys = [one.decode() if isinstance(one, bytes) else str(one) for one in metadata["key"][()]]
    if key not in keys:
        return np.zeros(metadata["value"].shape[1], bool)
    return np.asarray(metadata["value"][keys.index(key)] == 1)


def _read(path: Path, ask: "Callable[[h5py.Dataset, h5py.Group], Found]", unknown: Found) -> Found:
    """Ask a file's matrix and metadata; older files use dataSet and metaData."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            matrix = file["dataset" if "dataset" in file else "dataSet"]
            return ask(matrix, file.get("metadata") or file["metaData"])
    except (OSError, KeyError, AttributeError, ValueError, IndexError, TypeError):
        return unknown
