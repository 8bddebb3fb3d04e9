"""Volumes of the images that are one measurement, though noise was added, or another gain.

Before anything is cleaned: whatever the noise of a scan is, two of its volumes differ by it, as do
those that follow one another. A copy differs by less.
"""

from typing import NamedTuple

import numpy as np

from neuroloop.fmri.audit.courses import FEWEST

#: Volumes that differ by at most this share of what those that follow one another differ by.
NEAR = 0.5

#: Volumes of a run this many apart follow one another, or nearly; nearer ones are not compared.
APART = 10

#: Most voxels that are compared, evenly spaced; strongest components that count less.
VOXELS, COMMON = 1000, 3

#: Volumes that are compared with all others at a time.
CHUNK = 1000


class NearVolumes(NamedTuple):
    """Volumes that are nearly another.

    Attributes
    ----------
    pairs : list of (int, int)
        The nearest other volume, and a volume that is nearly that.
    least : float
        Smallest difference of two volumes that are compared, as a share of that of volumes that
        follow one another.
    """

    pairs: list[tuple[int, int]]
    least: float


def near_volumes(series: np.ndarray, runs: np.ndarray) -> NearVolumes:
    """Find volumes that differ by less than the noise of their runs.

    Volumes are taken for what they are but for a gain; voxels count by their own noise, and the
    strongest components, in which any two volumes may agree, are left out.

    Parameters
    ----------
    series : ndarray, (volumes, voxels)
        As measured.
    runs : ndarray of str, (volumes,)
    """
    chosen = _subset(series)
    if chosen.shape[1] < FEWEST:
        return NearVolumes([], np.inf)
    empty = np.ptp(chosen, axis=1) == 0
    x = _noise_units(chosen, runs)
    steps = _steps(x, runs)
    place = np.arange(len(x))
    squares = (x**2).sum(axis=1)
    least, pairs = np.inf, []
    for start in range(0, len(x), CHUNK):
        some = slice(start, start + CHUNK)
        apart = squares[some, None] + squares - 2 * (x[some] @ x.T)
        share = np.sqrt(np.maximum(apart, 0.0)) / np.minimum(steps[some, None], steps)
        same = runs[some, None] == runs
        share[same & (np.abs(place[some, None] - place) < APART)] = np.inf
        share[empty[some, None] | empty] = np.inf
        share[place[some, None] <= place] = np.inf  # each pair once, from its later volume
        nearest = share.argmin(axis=1)
        value = share[np.arange(len(nearest)), nearest]
        least = min(least, float(value.min(initial=np.inf)))
        found = np.flatnonzero(value <= NEAR)
        pairs += [(int(nearest[at]), int(start + at)) for at in found]
    return NearVolumes(pairs, least)


def _subset(series: np.ndarray) -> np.ndarray:
    varies = np.flatnonzero(np.ptp(series, axis=0) > 0)
    if len(varies) > VOXELS:
        varies = varies[np.linspace(0, len(varies) - 1, VOXELS).astype(int)]
    return series[:, varies].astype(np.float64)


def _noise_units(x: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Volumes of length 1, each voxel in units of what it differs by from volume to volume."""
    length = np.linalg.norm(x, axis=1, keepdims=True)
    x = x / np.where(length > 0, length, np.inf)
    x -= x.mean(axis=0)
    follows = runs[1:] == runs[:-1]
    step = np.median(np.abs(np.diff(x, axis=0)[follows]), axis=0) if follows.any() else 0 * x[0]
    x /= np.where(step > 1e-12, step, np.inf)
    changes = np.diff(x, axis=0)[follows]
    common = min(COMMON, changes.shape[0] // 10, changes.shape[1] // 10)
    if common:
        pattern = np.linalg.eigh(changes.T @ changes)[1][:, -common:]
        x -= (x @ pattern) @ pattern.T
    return x


def _steps(x: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """What volumes of a run differ by that follow one another, or the next but one, by volume."""
    made = np.full(len(x), 0.0)
    for run in dict.fromkeys(runs.tolist()):
        part = x[here := np.flatnonzero(runs == run)]
        each = [np.linalg.norm(part[lag:] - part[:-lag], axis=1) for lag in (1, 2)]
        made[here] = min((float(np.median(one)) for one in each if len(one)), default=0.0)
    return np.maximum(made, 1e-12)
