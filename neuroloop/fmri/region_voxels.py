"""Which voxels a region has, where they lie, and their course; and several regions as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neuroloop.files.formats import StrPath, load_arrays, save_arrays

#: Most voxels of many that stand for all, evenly spaced.
SOME = 2000


def some_voxels(count: int) -> np.ndarray:
    """Numbers of at most `SOME` of so many voxels, evenly spaced."""
    if count <= SOME:
        return np.arange(count)
    return np.linspace(0, count - 1, SOME).astype(int)


def _nowhere() -> np.ndarray:
    return np.zeros((0, 3))


@dataclass(frozen=True, eq=False)
class RegionVoxels:
    """Voxels of one region.

    Attributes
    ----------
    voxel : ndarray of int, shape (voxels,)
        Number of each voxel in the subject, the same in every region, ascending: its place on the
        grid counted in C order, or its column in the responses.
    xyz : ndarray of float64, shape (voxels, 3)
        World coordinates in mm; without rows where they are not known.
    place : ndarray of int32, shape (voxels, 3)
        Place on the grid of a scan; without rows where there is none.
    series : ndarray of float16, shape (volumes, at most `SOME` voxels)
        Cleaned volumes, rest included; without rows where there is no course in time.
    """

    voxel: np.ndarray
    xyz: np.ndarray = field(default_factory=_nowhere)
    place: np.ndarray = field(default_factory=lambda: _nowhere().astype(np.int32))
    series: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float16))


def united(regions: Mapping[str, RegionVoxels]) -> tuple[np.ndarray, np.ndarray]:
    """Join the voxels of several regions, each once.

    Returns
    -------
    voxel : ndarray of int, shape (voxels,)
        Numbers, ascending.
    first : ndarray of int, shape (voxels,)
        Where each stands first, were the regions' voxels laid end to end.
    """
    every = np.concatenate([region.voxel for region in regions.values()])
    voxel, first = np.unique(every, return_index=True)
    return voxel, first


def save_region(path: StrPath, region: RegionVoxels, **facts: Any) -> None:
    """Write region.npz with its sidecar, which holds facts of the region."""
    axes = {
        "voxel": ("voxel",),
        "xyz": ("voxel", "axis"),
        "place": ("voxel", "axis"),
        "series": ("volume", "voxel of the course"),
    }
    arrays: dict[str, np.ndarray] = {
        "voxel": region.voxel.astype(np.int64),
        "xyz": region.xyz.astype(np.float64),
        "place": region.place.astype(np.int32),
        "series": region.series.astype(np.float16),
    }
    save_arrays(path, arrays, axes=axes, units={"xyz": "mm"}, facts=facts)


def load_region(path: StrPath) -> RegionVoxels:
    """Read region.npz."""
    arrays = load_arrays(path)
    return RegionVoxels(arrays["voxel"], arrays["xyz"], arrays["place"], arrays["series"])
