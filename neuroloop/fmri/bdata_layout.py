"""The layout of a BData file: which column is what, and access to them without loading the rest.

A file is trusted in nothing: it may state more than it holds, or point into other files.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.apart import read_apart
from neuroloop.files.door import check_stated_size, outside
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri.bdata_columns import CANDIDATES, Columns, tell
from neuroloop.fmri.bdata_rows import Vmaps, decode_rows

FORM = "an HDF5 file of BData"
MISSING = "put the BData file there, or run what makes it"

#: Reads all texts of a file that are of no fixed length, which lie in heaps.
READ_TEXTS = """
import h5py

def read(name, found):
    if isinstance(found, h5py.Dataset) and found.dtype.hasobject and found.size <= 10**6:
        found[()]

with h5py.File(path, "r") as file:
    file.visititems(read)
"""

#: Rows converted at a time when voxels are read.
CHUNK = 512


@dataclass(frozen=True)
class Layout:
    """The columns of a BData file and their meaning.

    Attributes
    ----------
    origin : path
        The file.
    matrix : h5py.Dataset, shape (samples, columns)
        All data, not loaded.
    keys : list of str
        Keys of the metadata.
    table : ndarray, shape (keys, columns)
        1 where a column belongs to the key.
    vmaps : mapping of str to mapping of float to str
        Names of numbers, for the columns that have them.
    unit : str or None
        What a row is, where the header says it.
    """

    origin: StrPath
    matrix: h5py.Dataset
    keys: list[str]
    table: np.ndarray
    vmaps: Vmaps
    unit: str | None

    def columns(self, key: str) -> np.ndarray:
        """Return the indices of the columns of a key, none if there is no such key."""
        if key not in self.keys:
            return np.array([], dtype=int)
        return np.flatnonzero(self.table[self.keys.index(key)] == 1)

    def roi_names(self) -> list[str]:
        """Return the names of the regions, without the prefix ROI_."""
        return [key.removeprefix("ROI_") for key in self.keys if key.startswith("ROI_")]

    def roi(self, name: str) -> np.ndarray:
        """Return the flags of a region, bool, shape (voxels,)."""
        return self.of_voxels(flag(name)) == 1

    def of_voxels(self, key: str) -> np.ndarray:
        """Return what a key says of each voxel, shape (voxels,)."""
        return self.table[self.keys.index(key)][self.columns("VoxelData")]

    def voxel_keys(self) -> list[str]:
        """Return the keys, other than regions, that say something of voxels: coordinates, maps."""
        found = [key for key in self.keys if key != "VoxelData" and not key.startswith("ROI_")]
        return [key for key in found if np.isfinite(self.of_voxels(key)).any()]

    def rows(
        self,
        named: Columns | None = None,
        intake: Intake | None = None,
        trials: bool = False,
    ) -> pd.DataFrame:
        """Return the table of rows; a key with several columns (early Label) cannot be used.

        Parameters
        ----------
        named : Columns, optional
            Names of the columns, where they are not the usual ones.
        intake : Intake, optional
            Of data from outside: gets what is recognised.
        trials : bool
            See `decode_rows`.
        """
        named = named or Columns()
        indices = {name: self.columns(name) for name in {*CANDIDATES, *named.stated()}}
        single = {
            name: np.asarray(self.matrix[:, i[0]], dtype=float)
            for name, i in indices.items()
            if len(i) == 1
        }
        for name in sorted(name for name, i in indices.items() if len(i) > 1):
            tell(intake, f"{name} has {len(indices[name])} columns and is passed over.")
        voxels = set(self.columns("VoxelData").tolist())
        for name in single:
            if indices[name][0] in voxels:
                raise NeuroLoopError(
                    f"{self.origin}: one column is {name} and VoxelData at once: fix the metadata"
                )
        fine = self.matrix.dtype.itemsize >= 8
        return decode_rows(single, self.vmaps, self.origin, named, intake, fine, trials)

    def voxels(self, span: slice, columns: np.ndarray) -> np.ndarray:
        """Read some columns of successive rows as float32, a chunk of rows at a time."""
        x = np.empty((span.stop - span.start, len(columns)), dtype=np.float32)
        for start in range(span.start, span.stop, CHUNK):
            stop = min(start + CHUNK, span.stop)
            with np.errstate(over="ignore"):  # infinite values are refused, with their place
                x[start - span.start : stop - span.start] = self.matrix[start:stop, columns]
        return x

    def select(self, roi: str) -> np.ndarray:
        """Return the indices of the voxel columns of a region's name or condition."""
        voxels = self.columns("VoxelData")
        if flag(roi) in self.keys:
            chosen = voxels[self.roi(roi)]
        else:
            from bdpy import BData

            data = BData()
            data.dataset = np.empty((0, self.table.shape[1]))
            data.metadata.key, data.metadata.value = self.keys, self.table
            try:
                _, flags = data.select(roi, return_index=True)
            except Exception as error:
                raise NeuroLoopError(
                    f"{self.origin} has no ROI {roi}: it has {', '.join(self.roi_names())}"
                ) from error
            chosen = np.intersect1d(np.flatnonzero(flags), voxels)
        if not len(chosen):
            raise NeuroLoopError(f"{self.origin}: ROI {roi} has no voxel: choose another")
        return chosen


def flag(roi: str) -> str:
    """Return the key of a region."""
    return roi if roi.startswith("ROI_") else f"ROI_{roi}"


def try_texts(path: StrPath) -> None:
    """Read the texts of a file from outside in a process of its own (see `read_apart`).

    Raises
    ------
    NeuroLoopError
        If it is missing, or HDF5 crashes or goes on for ever.
    """
    with outside(path, FORM, missing=MISSING) as file:
        read_apart(file, READ_TEXTS)


@contextmanager
def opened(path: StrPath) -> Iterator[Layout]:
    """Open a BData file; whatever HDF5 says of a broken one becomes one line."""
    with outside(path, FORM, missing=MISSING), h5py.File(path, "r") as file:
        yield _layout(file, Path(path))


def _layout(file: h5py.File, path: Path) -> Layout:
    """Read the metadata of a file; older files use dataSet and metaData."""
    matrix = _child(file, path, "dataset", "dataSet")
    table = _child(file, path, "metadata", "metaData")
    known = isinstance(matrix, h5py.Dataset) and isinstance(table, h5py.Group)
    if not known or not {"key", "value"} <= set(table):
        raise NeuroLoopError(
            f"{path} is HDF5 but not a BData file (it holds {', '.join(file) or 'nothing'}): "
            "it needs dataset, metadata/key and metadata/value"
        )
    if matrix.ndim != 2 or matrix.dtype.kind not in "fiu":
        raise NeuroLoopError(
            f"{path}: dataset is {matrix.dtype} of shape {matrix.shape}, not numbers (samples, "
            "columns): make the file again"
        )
    keys = [_text(key) for key in np.atleast_1d(_child(table, path, "key")[()])]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise NeuroLoopError(f"{path}: metadata has the key {twice[0]} twice: remove one of them")
    values = np.asarray(_child(table, path, "value"), dtype=float)
    if values.shape != (len(keys), matrix.shape[1]):
        raise NeuroLoopError(
            f"{path}: metadata has shape {values.shape}, but there are {len(keys)} keys and "
            f"{matrix.shape[1]} columns: make the file again"
        )
    unit = _child(file, path, "header", "Header")
    stated = _child(unit, path, "unit") if isinstance(unit, h5py.Group) else None
    layout = Layout(path, matrix, keys, values, _vmaps(file, path), stated and _text(stated[()]))
    if not len(layout.columns("VoxelData")):
        raise NeuroLoopError(f"{path} lacks the column VoxelData: it has {', '.join(keys)}")
    return layout


def _vmaps(file: h5py.File, path: Path) -> Vmaps:
    """Read the value maps."""
    maps = _child(file, path, "vmap")
    found: dict[str, dict[float, str]] = {}
    for name in maps if isinstance(maps, h5py.Group) else ():
        group = _child(maps, path, name)
        found[name] = {float(number): _text(_child(group, path, number)[()]) for number in group}
    return found


def _child(group: h5py.Group, path: Path, *names: str) -> Any:
    """Open the first of these children that there is, None without any; it must be in the file."""
    links = {name: group.get(name, getlink=True) for name in names}
    name = next((name for name, link in links.items() if link is not None), None)
    if name is None:
        return None
    elsewhere = not isinstance(links[name], h5py.HardLink)
    found = None if elsewhere else group[name]
    if isinstance(found, h5py.Dataset):
        elsewhere = found.is_virtual or bool(found.external)
    if elsewhere:
        raise NeuroLoopError(
            f"{path}: {group.name.rstrip('/')}/{name} is a link, to another file perhaps: write "
            "the data themselves into the file"
        )
    if isinstance(found, h5py.Dataset):
        check_stated_size(path, found.shape, found.dtype.itemsize)
    return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
