"""What pages show of a scan: the mean image, where voxels lie, and the course of one region.

Kept at import, since brain data hold neither the image nor the volumes of rest. Small whatever the
size of the scan: 256 grey levels, and at most `VOXELS` voxels of the region.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from neuroloop.files.formats import StrPath, load_arrays, save_arrays

#: Most voxels whose course is kept, evenly spaced over the region.
VOXELS = 2000

#: Percentiles of the mean image that become black and white.
DARKEST, BRIGHTEST = 1, 99.5

VOLUME_COLUMNS = ("run", "category", "event", "start")


@dataclass
class Scan:
    """What is kept of a scan; nothing at first.

    Attributes
    ----------
    mean : ndarray of uint8, shape (x, y, z)
        Mean image of the first run, as grey levels.
    voxels : ndarray of int32, shape (voxels, 3)
        Place in `mean` of each voxel of the brain data.
    series : ndarray of float16, shape (volumes, at most `VOXELS`)
        Cleaned volumes of the region with the most voxels, rest included.
    volumes : DataFrame
        ``run``, ``category``, ``event`` (its number in the run, 0 for rest) and ``start`` (seconds
        from the run's start) of each volume.
    region : str
        Whose course `series` is.
    """

    mean: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint8))
    voxels: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    series: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    volumes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=VOLUME_COLUMNS))
    region: str = ""

    def see(self, mean: np.ndarray, mask: np.ndarray) -> None:
        """Keep the mean image, and where the voxels of a mask lie in it."""
        finite = mean[np.isfinite(mean)]
        low, high = np.percentile(finite, [DARKEST, BRIGHTEST]) if finite.size else (0.0, 1.0)
        scaled = np.nan_to_num((mean - low) / max(high - low, 1e-12))
        self.mean = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
        self.voxels = np.argwhere(mask).astype(np.int32)

    def follow(
        self,
        series: np.ndarray,
        rois: Mapping[str, np.ndarray],
        volumes: pd.DataFrame,
        tr_of_runs: Mapping[str, float],
    ) -> None:
        """Keep the course of the largest region.

        Parameters
        ----------
        series : ndarray, shape (volumes, voxels)
            Cleaned.
        rois : mapping of str to ndarray of bool, shape (voxels,)
        volumes : DataFrame
            ``run``, ``category`` and ``event`` of each volume.
        tr_of_runs : mapping of str to float
            Repetition time of each run, seconds.
        """
        self.region = max(rois, key=lambda name: int(rois[name].sum()))
        columns = np.flatnonzero(rois[self.region])
        if len(columns) > VOXELS:
            columns = columns[np.linspace(0, len(columns) - 1, VOXELS).astype(int)]
        self.series = series[:, columns].astype(np.float16)
        number = volumes.groupby("run", sort=False).cumcount()
        self.volumes = volumes[["run", "category", "event"]].assign(
            start=number * volumes["run"].map(tr_of_runs)
        )

    @property
    def followed(self) -> bool:
        """Whether there is a course."""
        return len(self.series) > 0


def save_scan(path: StrPath, scan: Scan | None) -> None:
    """Write scan.npz, without arrays where a source keeps nothing of a scan."""
    if scan is None:
        save_arrays(path, {}, axes={})
        return
    axes = {
        "mean": ("x", "y", "z"),
        "voxels": ("voxel", "axis"),
        "series": ("volume", "voxel of the region"),
        **dict.fromkeys(VOLUME_COLUMNS, ("volume",)),
    }
    of_volumes = {
        "run": scan.volumes["run"].to_numpy(dtype=str),
        "category": scan.volumes["category"].to_numpy(dtype=str),
        "event": scan.volumes["event"].to_numpy(dtype=np.int32),
        "start": scan.volumes["start"].to_numpy(dtype=np.float64),
    }
    arrays = {"mean": scan.mean, "voxels": scan.voxels, "series": scan.series, **of_volumes}
    arrays["region"] = np.array(scan.region)
    units = {"mean": "grey level of 255", "series": "z-score within the run", "start": "s"}
    save_arrays(path, arrays, axes={**axes, "region": ()}, units=units)


def load_scan(path: StrPath) -> Scan | None:
    """Read scan.npz; None where a source keeps nothing of a scan."""
    arrays = load_arrays(path)
    if not arrays:
        return None
    volumes = pd.DataFrame({name: arrays[name] for name in VOLUME_COLUMNS})
    return Scan(arrays["mean"], arrays["voxels"], arrays["series"], volumes, str(arrays["region"]))
