"""What volumes hold beside responses: motion, brightness, and what lies outside the brain.

Read from the images of a scan one run at a time, so that memory is that of the largest run.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import binary_dilation

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.fmri.audit.motion import motion_of, read_confounds, with_jumps
from neuroloop.fmri.nifti_files import open_image, read_values
from neuroloop.fmri.scan import Scan

#: Most voxels of a kind whose course is kept, evenly spaced.
VOXELS = 500

#: Fewest voxels that say something.
FEWEST = 10

#: Voxels whose mean is below this share of the brightest (98th percentile) may be outside.
DARK = 0.4

#: Voxels between the brain and what is outside of it.
AWAY = 1


@dataclass(frozen=True, eq=False)
class Courses:
    """Courses of what is no response of the regions, a row a volume, rest included.

    Attributes
    ----------
    runs : ndarray of str, (volumes,)
    motion : ndarray, (volumes, columns)
    motion_kinds : ndarray of int, (columns,)
        Which columns are of one kind.
    motion_from : str
        What motion was read from, in words.
    brain : ndarray of float32, (volumes, voxels)
        Bright voxels outside of the regions.
    outside : ndarray of float32, (volumes, voxels)
    away : ndarray of bool, (voxels,)
        Which of those outside are not next to the brain, where moving heads change what is seen.
    outside_what : str
        What they are, in words.
    regions : ndarray of float32, (volumes, voxels)
        Voxels of the regions, as measured.
    digests : list of bytes
        Of each volume's values; empty where all values are the same.
    """

    runs: np.ndarray
    motion: np.ndarray
    motion_kinds: np.ndarray
    motion_from: str
    brain: np.ndarray
    outside: np.ndarray
    away: np.ndarray
    outside_what: str
    regions: np.ndarray
    digests: list[bytes]


def read_courses(bold: Sequence[StrPath], scan: Scan, confounds: Sequence[StrPath] = ()) -> Courses:
    """Read the courses of a subject's images.

    Parameters
    ----------
    bold : sequence of path
        One per run, or one with all runs, in the order of `scan`.
    scan : Scan
        What the import kept: where voxels of the regions lie, and the run of each volume.
    confounds : sequence of path
        Tables of confounds, one per image; without them motion is estimated.

    Raises
    ------
    NeuroLoopError
        If a file is damaged, or a table has another number of rows than its image has volumes.
    """
    in_region = np.zeros(scan.mean.shape, dtype=bool)
    in_region[tuple(scan.voxels.T)] = True
    chosen: list[np.ndarray] = []
    parts: list[list[np.ndarray]] = [[], [], [], []]
    digests: list[bytes] = []
    what = ""
    for path in bold:
        values = read_values(path, open_image(path, 4), 4)
        if not np.issubdtype(values.dtype, np.floating):
            values = values.astype(np.float32)
        if not np.isfinite(values).all():
            values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
        if not chosen:
            outside, brain, apart, what = _kinds(values, in_region)
            chosen = [_some(mask) for mask in (brain, outside, in_region)]
            away = apart.reshape(-1)[chosen[1]]
        parts[0].append(motion_of(values, ~in_region if (~in_region).any() else in_region))
        for kept, places in zip(parts[1:], chosen, strict=True):
            kept.append(values.reshape(-1, values.shape[3])[places].T.astype(np.float32))
        digests += [_digest(values[..., number]) for number in range(values.shape[3])]
    volumes = [len(part) for part in parts[0]]
    brain, outside, regions = (np.concatenate(kept) for kept in parts[1:])
    motion = np.concatenate(parts[0])
    told = "the images (displacement against the mean image, and the centre of mass)"
    if confounds:
        motion = _tables(confounds, volumes)
        told = f"tables of confounds ({Path(confounds[0]).name}, ...)"
    runs = scan.volumes["run"].to_numpy(dtype=str)
    moved, kinds = with_jumps(motion)
    return Courses(runs, moved, kinds, told, brain, outside, away, what, regions, digests)


def _tables(paths: Sequence[StrPath], volumes: Sequence[int]) -> np.ndarray:
    tables = [read_confounds(path) for path in paths]
    for path, table, count in zip(paths, tables, volumes, strict=True):
        if len(table) != count:
            raise NeuroLoopError(
                f"{path} has {len(table)} rows, its image {count} volumes: give the table of this "
                "image, or take the table away"
            )
    return np.concatenate(tables)


def _kinds(
    values: np.ndarray, in_region: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Voxels outside the brain, of the brain outside the regions, and not next to the brain.

    Where no voxel is dark, those on the faces of the grid stand for the outside.
    """
    mean = values.mean(axis=3, dtype=np.float64)
    varies = np.ptp(values, axis=3) > 0
    dark = mean < DARK * np.percentile(mean, 98) if mean.max() > 0 else np.zeros_like(in_region)
    what = f"voxels darker than {100 * DARK:.0f} % of the brightest"
    if (dark & ~in_region & varies).sum() < FEWEST:
        dark, what = np.ones(mean.shape, dtype=bool), "voxels on the faces of the grid"
        dark[tuple(slice(1, -1) if size > 2 else slice(None) for size in mean.shape)] = False
    apart = ~binary_dilation(~dark | in_region, np.ones((3, 3, 3)), iterations=AWAY)
    return dark & ~in_region & varies, ~dark & ~in_region & varies, apart, what


def _some(mask: np.ndarray) -> np.ndarray:
    places = np.flatnonzero(mask)
    if len(places) > VOXELS:
        places = places[np.linspace(0, len(places) - 1, VOXELS).astype(int)]
    return places


def _digest(volume: np.ndarray) -> bytes:
    if volume.min() == volume.max():
        return b""
    return hashlib.sha256(np.ascontiguousarray(volume).tobytes()).digest()
