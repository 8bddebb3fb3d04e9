"""BData files: HDF5 that `bdpy.BData` opens, written reproducibly, read one region at a time.

A file holds a matrix ``/dataset`` (samples, columns), a table ``/metadata`` (keys, columns) that
describes each column, and ``/vmap``, names of numbers. All columns share one type, float64 as in
the files of Generic Object Decoding, since float32 cannot hold a stimulus id like 1518878.008432;
voxels have float32 precision, so shuffling bytes and light compression halve the file again. bdpy
itself writes the time and its call stack into the header; here they are left out, so that the same
data give the same bytes.
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
from neuroloop.files.formats import StrPath, atomic, describe, save_json, sidecar_path
from neuroloop.fmri.bdata_rows import DESCRIPTIONS, Vmaps, decode_rows, encode_rows
from neuroloop.fmri.brain import UNITS, BrainData, check, check_finite

#: Rows converted at a time when voxels are read.
CHUNK = 512


def write_bdata(
    path: StrPath,
    brain: BrainData,
    unit: str,
    voxel_xyz: np.ndarray | None = None,
    units: str = "1",
    **facts: Any,
) -> None:
    """Write one subject as BData, with a JSON sidecar.

    Parameters
    ----------
    path : path
        Ends in ``.h5``.
    brain : BrainData
        Checked before anything is written.
    unit : {"volume", "block", "trial"}
        What one row is.
    voxel_xyz : ndarray, shape (voxels, 3), optional
        World coordinates in mm, stored as ``voxel_x``, ``voxel_y``, ``voxel_z``.
    units : str
        Unit of the voxels' values.
    **facts
        Further facts for the sidecar.

    Raises
    ------
    NeuroLoopError
        If `brain` violates its contract (see `neuroloop.fmri.brain.check`).
    """
    if unit not in UNITS:
        raise ValueError(f"unit {unit!r}: one of {UNITS}")
    check(brain, path)
    columns, vmaps = encode_rows(brain.rows)
    width = brain.voxels.shape[1]
    matrix = np.column_stack([brain.voxels.astype(np.float64), *columns.values()])
    keys = {"VoxelData": np.r_[np.ones(width), np.full(len(columns), np.nan)]}
    for index, name in enumerate(columns):
        keys[name] = np.full(matrix.shape[1], np.nan)
        keys[name][width + index] = 1
    flags = {_flag(name): mask.astype(float) for name, mask in brain.rois.items()}
    if voxel_xyz is not None:
        flags |= {f"voxel_{axis}": voxel_xyz[:, i] for i, axis in enumerate("xyz")}
    for name, flag in flags.items():
        keys[name] = np.r_[flag, np.full(len(columns), np.nan)]
    described = [DESCRIPTIONS.get(name, f"1 = {name}") for name in keys]
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file.create_dataset(
            "dataset", data=matrix, compression="gzip", compression_opts=1, shuffle=True
        )
        file["metadata/key"] = [name.encode() for name in keys]
        file["metadata/description"] = [text.encode() for text in described]
        file["metadata/value"] = np.array(list(keys.values()))
        file["header/unit"] = unit.encode()
        file.create_group("vmap")
        for name, vmap in vmaps.items():
            for number, text in vmap.items():
                file[f"vmap/{name}/{int(number)}"] = text.encode()
    save_json(
        sidecar_path(path),
        {
            **describe(matrix, ("sample", "column"), units),
            "unit": unit,
            "voxels": width,
            "columns": list(columns),
            "rois": {name: int(mask.sum()) for name, mask in brain.rois.items()},
            "sessions": brain.rows["session"].value_counts(sort=False).to_dict(),
            "ids": {"sample": brain.rows["sample"].tolist()},
            **facts,
        },
    )


def read_bdata(path: StrPath) -> BrainData:
    """Read a whole BData file, ours or one of Generic Object Decoding.

    Columns without a value map are derived as described in `neuroloop.fmri.bdata_rows.decode_rows`.

    Raises
    ------
    NeuroLoopError
        If the file is missing, truncated or not BData, lacks a column, or violates the contract of
        `BrainData`.
    """
    with _opened(path) as layout:
        rows = layout.rows()
        voxels = layout.voxels(slice(0, len(rows)), layout.columns("VoxelData"))
    brain = BrainData(voxels, rows, {name: layout.roi(name) for name in layout.roi_names()})
    return check(brain, path)


def read_region(path: StrPath, roi: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Read the training session of one region, without loading other voxels.

    Parameters
    ----------
    path : path
        A BData file.
    roi : str
        A name, ``"V1"``, or a condition as `bdpy.BData.select` takes it,
        ``"ROI_LOC = 1 | ROI_FFA = 1"``.

    Returns
    -------
    x : ndarray of float32, shape (training samples, voxels of the ROI)
        Responses in file order.
    rows : DataFrame
        The training rows of `BrainData.rows`, with their sample ids in the whole file.

    Raises
    ------
    NeuroLoopError
        If the file cannot be used, the ROI is unknown or empty, or its voxels hold NaN.
    """
    with _opened(path) as layout:
        columns = layout.select(roi)
        rows = layout.rows()
        training = np.flatnonzero(rows["session"] == "training")
        if not len(training):
            raise NeuroLoopError(f"{path}: no row of the training session (DataType 1)")
        span = slice(int(training[0]), int(training[-1]) + 1)
        x = layout.voxels(span, columns)[training - training[0]]
    rows = rows.iloc[training].reset_index(drop=True)
    check_finite(x, rows["sample"], f"{path}, ROI {roi}")
    return x, rows


def read_rows(path: StrPath) -> pd.DataFrame:
    """Read the table of rows of a BData file (`BrainData.rows`), without voxels."""
    with _opened(path) as layout:
        return layout.rows()


def read_unit(path: StrPath) -> str:
    """Read what one row of a BData file is from its header; ``"trial"`` if it is not stated."""
    with _opened(path) as layout:
        header = layout.matrix.file.get("header/unit")
        return "trial" if header is None else header[()].decode()


@dataclass(frozen=True)
class _Layout:
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
    """

    origin: StrPath
    matrix: h5py.Dataset
    keys: list[str]
    table: np.ndarray
    vmaps: Vmaps

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
        return self.table[self.keys.index(_flag(name))][self.columns("VoxelData")] == 1

    def rows(self) -> pd.DataFrame:
        """Return the table of rows; a key with several columns (early Label) cannot be used."""
        indices = {name: self.columns(name) for name in DESCRIPTIONS}
        single = {name: self.matrix[:, i[0]] for name, i in indices.items() if len(i) == 1}
        return decode_rows(single, self.vmaps, self.origin)

    def voxels(self, span: slice, columns: np.ndarray) -> np.ndarray:
        """Read some columns of successive rows as float32, a chunk of rows at a time."""
        x = np.empty((span.stop - span.start, len(columns)), dtype=np.float32)
        for start in range(span.start, span.stop, CHUNK):
            stop = min(start + CHUNK, span.stop)
            x[start - span.start : stop - span.start] = self.matrix[start:stop, columns]
        return x

    def select(self, roi: str) -> np.ndarray:
        """Return the indices of the voxel columns of a region's name or condition."""
        voxels = self.columns("VoxelData")
        if _flag(roi) in self.keys:
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


def _flag(roi: str) -> str:
    return roi if roi.startswith("ROI_") else f"ROI_{roi}"


@contextmanager
def _opened(path: StrPath) -> Iterator[_Layout]:
    """Open a BData file, turning HDF5's errors about a broken one into one line."""
    if not Path(path).is_file():
        raise NeuroLoopError(f"{path} is missing: put the BData file there, or run what makes it")
    try:
        with h5py.File(path, "r") as file:
            yield _layout(file, path)
    except OSError as error:
        reason = " ".join(str(error).split())
        raise NeuroLoopError(
            f"{path} is truncated or not an HDF5 file ({reason}): download or make it again"
        ) from error


def _layout(file: h5py.File, path: StrPath) -> _Layout:
    """Read the metadata of a file; older files use dataSet and metaData."""
    matrix = file.get("dataset", file.get("dataSet"))
    table = file.get("metadata", file.get("metaData"))
    if matrix is None or table is None or not {"key", "value"} <= set(table):
        raise NeuroLoopError(
            f"{path} is HDF5 but not a BData file (it holds {', '.join(file) or 'nothing'}): "
            "it needs dataset, metadata/key and metadata/value"
        )
    keys = [key.decode() if isinstance(key, bytes) else str(key) for key in table["key"][()]]
    values = np.asarray(table["value"], dtype=float)
    if values.shape != (len(keys), matrix.shape[1]):
        raise NeuroLoopError(
            f"{path}: metadata has shape {values.shape}, but there are {len(keys)} keys and "
            f"{matrix.shape[1]} columns: make the file again"
        )
    vmaps = {
        name: {float(number): text[()].decode() for number, text in group.items()}
        for name, group in file.get("vmap", {}).items()
    }
    layout = _Layout(path, matrix, keys, values, vmaps)
    if not len(layout.columns("VoxelData")):
        raise NeuroLoopError(f"{path} lacks the column VoxelData: it has {', '.join(keys)}")
    return layout
