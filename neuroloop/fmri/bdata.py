"""BData files: HDF5 that `bdpy.BData` opens, written reproducibly, read one region at a time.

A file holds a matrix ``/dataset`` (samples, columns), a table ``/metadata`` (keys, columns) that
describes each column, and ``/vmap``, names of numbers. All columns share one type, float64 as in
the files of Generic Object Decoding, since float32 cannot hold a stimulus id like 1518878.008432;
voxels have float32 precision, so shuffling bytes and light compression halve the file again. bdpy
itself writes the time and its call stack into the header; here they are left out, so that the same
data give the same bytes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, describe, save_json, sidecar_path
from neuroloop.files.hdf5 import new_hdf5
from neuroloop.fmri.bdata_layout import CHUNK, Layout, flag, opened
from neuroloop.fmri.bdata_rows import DESCRIPTIONS, encode_rows
from neuroloop.fmri.brain import SESSIONS, UNITS, BrainData, check, check_finite
from neuroloop.fmri.region_voxels import RegionVoxels


def write_bdata(
    path: StrPath,
    brain: BrainData,
    unit: str,
    voxel_xyz: np.ndarray | None = None,
    units: str = "1",
    voxel_keys: Mapping[str, np.ndarray] | None = None,
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
    voxel_keys : mapping of str to ndarray, shape (voxels,), optional
        What else is known of each voxel, by key, NaN where it is not: conditions of regions may
        name them.
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
    matrix = np.empty((len(brain.voxels), width + len(columns)))
    matrix[:, :width] = brain.voxels
    for place, values in enumerate(columns.values(), width):
        matrix[:, place] = values
    keys = {"VoxelData": np.r_[np.ones(width), np.full(len(columns), np.nan)]}
    for index, name in enumerate(columns):
        keys[name] = np.full(matrix.shape[1], np.nan)
        keys[name][width + index] = 1
    flags = {**(voxel_keys or {})}
    flags |= {flag(name): mask.astype(float) for name, mask in brain.rois.items()}
    if voxel_xyz is not None:
        flags |= {f"voxel_{axis}": voxel_xyz[:, i] for i, axis in enumerate("xyz")}
    for name, values in flags.items():
        keys[name] = np.r_[values, np.full(len(columns), np.nan)]
    described = [DESCRIPTIONS.get(name, f"1 = {name}") for name in keys]
    with new_hdf5(path) as file:
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
    with opened(path) as layout:
        rows = layout.rows()
        voxels = layout.voxels(slice(0, len(rows)), layout.columns("VoxelData"))
    brain = BrainData(voxels, rows, {name: layout.roi(name) for name in layout.roi_names()})
    return check(brain, path)


def read_region(
    path: StrPath, roi: str, session: str = "training"
) -> tuple[np.ndarray, pd.DataFrame]:
    """Read one session of one region, without loading other voxels.

    Parameters
    ----------
    path : path
        A BData file.
    roi : str
        A name, ``"V1"``, or a condition as `bdpy.BData.select` takes it,
        ``"ROI_LOC = 1 | ROI_FFA = 1"``.
    session : str
        One of `brain.SESSIONS`.

    Returns
    -------
    x : ndarray of float32, shape (samples of the session, voxels of the ROI)
        Responses in file order.
    rows : DataFrame
        The session's rows of `BrainData.rows`, with their sample ids in the whole file.

    Raises
    ------
    NeuroLoopError
        If the file cannot be used, the ROI is unknown or empty, or its voxels hold NaN.
    """
    with opened(path) as layout:
        columns = layout.select(roi)
        rows = layout.rows()
        chosen = np.flatnonzero(rows["session"] == session)
        if not len(chosen):
            code = SESSIONS.index(session) + 1
            raise NeuroLoopError(f"{path}: no row of the {session} session (DataType {code})")
        span = slice(int(chosen[0]), int(chosen[-1]) + 1)
        x = layout.voxels(span, columns)[chosen - chosen[0]]
    rows = rows.iloc[chosen].reset_index(drop=True)
    check_finite(x, rows["sample"], f"{path}, ROI {roi}")
    return x, rows


def read_region_voxels(path: StrPath, roi: str) -> RegionVoxels:
    """Read which voxels a region has, counted among those of the file, and where they lie.

    Parameters
    ----------
    path, roi
        As for `read_region`.
    """
    with opened(path) as layout:
        number = np.searchsorted(layout.columns("VoxelData"), layout.select(roi))
        xyz = _xyz(layout)
    return RegionVoxels(number) if xyz is None else RegionVoxels(number, xyz[number])


def read_places(path: StrPath) -> tuple[int, np.ndarray | None]:
    """Read how many voxels a file has, and their coordinates in mm where it knows all of them."""
    with opened(path) as layout:
        return len(layout.columns("VoxelData")), _xyz(layout)


def _xyz(layout: Layout) -> np.ndarray | None:
    axes = [key for key in ("voxel_x", "voxel_y", "voxel_z") if key in layout.keys]
    if len(axes) < 3:
        return None
    xyz = np.column_stack([layout.of_voxels(key) for key in axes])
    return xyz if np.isfinite(xyz).all() else None


def read_voxel_rows(path: StrPath) -> Iterator[np.ndarray]:
    """Read the responses of all voxels, (samples, voxels), some samples at a time."""
    with opened(path) as layout:
        columns = layout.columns("VoxelData")
        for start in range(0, len(layout.matrix), CHUNK):
            yield layout.voxels(slice(start, min(start + CHUNK, len(layout.matrix))), columns)


def read_rows(path: StrPath) -> pd.DataFrame:
    """Read the table of rows of a BData file (`BrainData.rows`), without voxels."""
    with opened(path) as layout:
        return layout.rows()


def read_unit(path: StrPath) -> str:
    """Read what one row of a BData file is from its header; ``"trial"`` if it is not stated."""
    with opened(path) as layout:
        return layout.unit or "trial"
