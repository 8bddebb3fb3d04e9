"""The regions of a subject that are read or simulated apart, as one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.files.formats import StrPath, load_arrays
from neuroloop.fmri.bdata import read_bdata
from neuroloop.fmri.brain import BrainData
from neuroloop.fmri.region_voxels import load_region, united


def join_regions(
    voxels: Sequence[StrPath], regions: Sequence[StrPath], rows: pd.DataFrame
) -> tuple[BrainData, np.ndarray | None]:
    """Join regions; voxels that several have are there once.

    Parameters
    ----------
    voxels, regions : sequence of path
        voxels.npz and region.npz of each region, whose name their folder has.
    rows : DataFrame
        `BrainData.rows`, of which those of the training session are taken.

    Returns
    -------
    brain : BrainData
    xyz : ndarray of float64, shape (voxels, 3), or None
        World coordinates in mm, where all regions have them.
    """
    parts = {Path(path).parent.name: load_region(path) for path in regions}
    every, first = united(parts)
    arrays = [load_arrays(path) for path in voxels]
    position = {name: row for row, name in enumerate(arrays[0]["sample"].tolist())}
    training = rows[rows["session"] == "training"].reset_index(drop=True)
    order = [position[name] for name in training["sample"]]
    x = np.concatenate([one["x"] for one in arrays], axis=1)[:, first][order]
    xyz = np.concatenate([one.xyz for one in parts.values()])
    flags = {name: np.isin(every, one.voxel) for name, one in parts.items()}
    return BrainData(x, training, flags), xyz[first] if len(xyz) else None


def join_responses(paths: Sequence[StrPath]) -> BrainData:
    """Join responses that have no voxel in common and the same rows, in the order of the files."""
    brains = [read_bdata(path) for path in paths]
    starts = np.cumsum([0, *(one.voxels.shape[1] for one in brains)])
    flags = {}
    for start, one in zip(starts[:-1], brains, strict=True):
        for name, here in one.rois.items():
            flags[name] = np.zeros(starts[-1], dtype=bool)
            flags[name][start : start + len(here)] = here
    return BrainData(np.hstack([one.voxels for one in brains]), brains[0].rows, flags)
