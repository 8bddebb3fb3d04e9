"""How the head moved, from volumes alone or from the tables of confounds of a preprocessing.

From volumes alone: how a rigid movement of the mean image best explains a volume's difference from
it, in one step (the gradients of the image times small displacements and rotations), and the
centre of mass. Voxels of the regions are left out, so that their responses are no motion.
"""

import re
from pathlib import Path

import numpy as np

from neuroloop.files.formats import StrPath, read_table

#: Columns of a table of confounds as fMRIPrep writes it: mm and radians.
CONFOUNDS = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")

#: Names of such tables, after the entities that they share with the image.
TABLES = ("_desc-confounds_timeseries.tsv", "_desc-confounds_regressors.tsv")

#: Entities of an image that its table of confounds does not have.
OF_IMAGES = r"_(space|res|desc|part)-[A-Za-z0-9]+"


def confounds_beside(bold: StrPath) -> Path | None:
    """Table of confounds that lies beside an image, by its BIDS name; None without one."""
    path = Path(bold)
    stem = re.sub(OF_IMAGES, "", re.sub(r"_bold\.nii(\.gz|\.bz2)?$", "", path.name))
    for ending in TABLES:
        if (path.parent / f"{stem}{ending}").is_file():
            return path.parent / f"{stem}{ending}"
    return None


def read_confounds(path: StrPath) -> np.ndarray:
    """Read the six parameters of motion, (volumes, 6); no value counts as 0."""
    table = read_table(path, dict.fromkeys(CONFOUNDS, float))
    return np.nan_to_num(table[list(CONFOUNDS)].to_numpy(float))


def motion_of(volumes: np.ndarray, still: np.ndarray) -> np.ndarray:
    """Estimate how each volume of a run is displaced.

    Parameters
    ----------
    volumes : ndarray, (x, y, z, volumes)
        Finite.
    still : ndarray of bool, (x, y, z)
        Voxels that the estimate may use.

    Returns
    -------
    ndarray, (volumes, columns)
        Displacement along each axis with more than one voxel and rotations about the axes between
        two of those, in voxels and radians; then the centre of mass, in voxels.
    """
    mean = volumes.mean(axis=3, dtype=np.float64)
    axes = [axis for axis, size in enumerate(mean.shape) if size > 1]
    slopes = {axis: np.gradient(mean, axis=axis)[still] for axis in axes}
    places = {axis: np.indices(mean.shape)[axis][still] for axis in axes}
    centre = {axis: places[axis] - places[axis].mean() for axis in axes}
    moves = [-slopes[axis] for axis in axes]
    turns = [
        centre[one] * slopes[other] - centre[other] * slopes[one]
        for at, one in enumerate(axes)
        for other in axes[at + 1 :]
    ]
    design = np.stack([*moves, *turns, mean[still], np.ones(int(still.sum()))], axis=1)
    explain = np.linalg.pinv(design, rcond=1e-6)[: len(moves) + len(turns)]
    found = np.empty((volumes.shape[3], len(explain) + len(axes)))
    for volume in range(volumes.shape[3]):
        values = volumes[..., volume][still].astype(np.float64)
        weights = np.abs(values)
        total = weights.sum() or 1.0
        found[volume] = [
            *(explain @ (values - mean[still])),
            *(float(weights @ places[axis]) / total for axis in axes),
        ]
    return found


def with_jumps(motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add how far each volume is from the one before, over all columns.

    Returns
    -------
    motion : ndarray, (volumes, columns + 1)
    kinds : ndarray of int, (columns + 1,)
        Columns that are looked at together: three at a time.
    """
    steps = np.linalg.norm(np.diff(motion, axis=0, prepend=motion[:1]), axis=1)
    kinds = np.append(np.arange(motion.shape[1]) // 3, -1)
    return np.column_stack([motion, steps]), kinds
