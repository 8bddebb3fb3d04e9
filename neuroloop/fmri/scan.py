"""What is kept of a scan: the mean image, what each volume is, and the course of one region.

Import keeps the image and the volumes, rest included; voxels and their course come with regions.
Small whatever the size of the scan: 256 grey levels, and some voxels of a region.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from neuroloop.files.formats import StrPath, load_arrays, save_arrays
from neuroloop.fmri.region_voxels import RegionVoxels, united

#: Percentiles of the mean image that become black and white.
DARKEST, BRIGHTEST = 1, 99.5

VOLUME_COLUMNS = ("run", "category", "event", "start", "repetition_time", "sample")


@dataclass
class Scan:
    """What is kept of a scan; nothing at first.

    Attributes
    ----------
    mean : ndarray of uint8, shape (x, y, z)
        Mean image of the first run, as grey levels.
    volumes : DataFrame
        ``run``, ``category``, ``event`` (its number in the run, 0 for rest), ``start`` (seconds
        from the run's start), ``repetition_time`` (seconds) and ``sample`` (row of the samples,
        from 0; -1 for rest) of each volume.
    voxels : ndarray of int32, shape (voxels, 3)
        Place in `mean` of each voxel of any region (see `with_regions`).
    series : ndarray of float16, shape (volumes, some voxels)
        Cleaned volumes of the region with the most voxels, rest included.
    region : str
        Whose course `series` is.
    """

    mean: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0), np.uint8))
    volumes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=VOLUME_COLUMNS))
    voxels: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    series: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    region: str = ""

    def see(self, mean: np.ndarray) -> None:
        """Keep the mean image."""
        finite = mean[np.isfinite(mean)]
        low, high = np.percentile(finite, [DARKEST, BRIGHTEST]) if finite.size else (0.0, 1.0)
        scaled = np.nan_to_num((mean - low) / max(high - low, 1e-12))
        self.mean = np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)

    def follow(
        self, volumes: pd.DataFrame, sample: np.ndarray, tr_of_runs: Mapping[str, float]
    ) -> None:
        """Keep what each volume is.

        Parameters
        ----------
        volumes : DataFrame
            ``run``, ``category`` and ``event`` of each volume.
        sample : ndarray of int, shape (volumes,)
            Row of the samples that each belongs to; -1 for rest.
        tr_of_runs : mapping of str to float
            Repetition time of each run, seconds.
        """
        trs = volumes["run"].map(tr_of_runs)
        self.volumes = volumes[["run", "category", "event"]].assign(
            start=volumes.groupby("run", sort=False).cumcount() * trs,
            repetition_time=trs,
            sample=sample,
        )

    def with_regions(self, regions: Mapping[str, RegionVoxels]) -> "Scan":
        """Return the scan with the places of all regions' voxels, and the course of the largest."""
        largest = max(regions, key=lambda name: len(regions[name].voxel))
        places = np.concatenate([region.place for region in regions.values()])
        if len(places):
            places = places[united(regions)[1]]
        return replace(self, voxels=places, series=regions[largest].series, region=largest)

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
        **dict.fromkeys(VOLUME_COLUMNS, ("volume",)),
    }
    of_volumes = {
        "run": scan.volumes["run"].to_numpy(dtype=str),
        "category": scan.volumes["category"].to_numpy(dtype=str),
        "event": scan.volumes["event"].to_numpy(dtype=np.int32),
        "start": scan.volumes["start"].to_numpy(dtype=np.float64),
        "repetition_time": scan.volumes["repetition_time"].to_numpy(dtype=np.float64),
        "sample": scan.volumes["sample"].to_numpy(dtype=np.int32),
    }
    units = {"mean": "grey level of 255", "start": "s", "repetition_time": "s"}
    save_arrays(path, {"mean": scan.mean, **of_volumes}, axes=axes, units=units)


def load_scan(path: StrPath) -> Scan | None:
    """Read scan.npz; None where a source keeps nothing of a scan."""
    arrays = load_arrays(path)
    if not arrays:
        return None
    volumes = pd.DataFrame({name: arrays[name] for name in VOLUME_COLUMNS})
    return Scan(arrays["mean"], volumes)
