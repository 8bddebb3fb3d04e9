"""BData files as others write them, by h5py alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

VOXELS = 6


def write_file(
    path: Path,
    columns: Mapping[str, np.ndarray],
    vmaps: Mapping[str, Mapping[int, str]] | None = None,
    rois: Mapping[str, slice] | None = None,
    voxel_keys: Mapping[str, Sequence[float]] | None = None,
    dtype: type = float,
    seed: int = 0,
) -> Path:
    """Write voxels of noise with these columns; by default one region, V1, of four voxels."""
    n = len(next(iter(columns.values())))
    x = np.random.default_rng(seed).standard_normal((n, VOXELS))
    matrix = np.column_stack([x, *columns.values()])
    table = {"VoxelData": np.r_[np.ones(VOXELS), np.full(len(columns), np.nan)]}
    for place, name in enumerate(columns):
        table[name] = np.full(matrix.shape[1], np.nan)
        table[name][VOXELS + place] = 1
    for name, voxels in (rois or {"V1": slice(0, 4)}).items():
        table[f"ROI_{name}"] = np.r_[np.zeros(VOXELS), np.full(len(columns), np.nan)]
        table[f"ROI_{name}"][voxels] = 1
    for name, values in (voxel_keys or {}).items():
        table[name] = np.r_[values, np.full(len(columns), np.nan)]
    with h5py.File(path, "w") as file:
        file["dataset"] = matrix.astype(dtype)
        file["metadata/key"] = [name.encode() for name in table]
        file["metadata/description"] = [b""] * len(table)
        file["metadata/value"] = np.array(list(table.values()))
        file.create_group("vmap")
        for name, texts in (vmaps or {}).items():
            for number, text in texts.items():
                file[f"vmap/{name}/{float(number)}"] = text.encode()
    return path
