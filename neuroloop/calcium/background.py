"""A real movie as the background of simulated responses: its frames, its cells, its noise.

Frames are drawn anew for every recording, in short runs with replacement from one pool: what a
trial shows is independent of what another trial of the same recording shows, so that nothing but
the simulated responses tells recordings apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.movies import Movie
from neuroloop.calcium.patterns import check_cell_id
from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import outside, read_text
from neuroloop.files.formats import StrPath
from neuroloop.files.json_files import parse_json

#: Frames that stay together when frames are drawn: noise is correlated over so many.
RUN = 4


@dataclass(frozen=True, eq=False)
class Background:
    """A pool of frames and the cells in them.

    Attributes
    ----------
    frames : ndarray of float32, shape (pool, height, width)
        Counts.
    bodies : ndarray of float32, shape (cells, height, width)
        Shape of each cell's response; its mean over the cell's disc is the cell's `noise`.
    noise : ndarray of float64, shape (cells,)
        Standard deviation of each disc's mean over the pool, counts.
    variation : ndarray of float64, shape (cells,)
        Responses of cells relative to their mean.
    """

    frames: np.ndarray
    bodies: np.ndarray
    noise: np.ndarray
    variation: np.ndarray

    def calibrate(self, snr: float) -> tuple[float, np.ndarray]:
        """Factor of `bodies` for a mean single-trial peak SNR over cells, and each cell's SNR.

        The noise is what the real frames have, whatever its cause, and cells' own activity in it.
        """
        factor = snr / self.variation.mean()
        return factor, factor * self.variation

    def draw(self, generator: np.random.Generator, frames: int) -> np.ndarray:
        """Places in the pool of the frames of a recording, shape (frames,)."""
        starts = generator.integers(len(self.frames) - RUN + 1, size=-(-frames // RUN))
        return np.add.outer(starts, np.arange(RUN)).ravel()[:frames]


def read_regions(path: StrPath, shape: tuple[int, int]) -> pd.DataFrame:
    """Read cells drawn by hand, as Neurofinder keeps them, and make discs of them.

    Parameters
    ----------
    path : path
        JSON: a list of objects with ``id`` and ``coordinates``, pairs of row and column.
    shape : (int, int)
        Height and width of a frame.

    Returns
    -------
    DataFrame
        ``cell`` (``c`` and the id), ``row``, ``column``, ``radius`` (of a disc of the same area),
        in pixels.

    Raises
    ------
    NeuroLoopError
        If the file cannot be used, or a pixel lies outside the frame.
    """
    with outside(path, "a list of regions with id and coordinates", "export it again") as file:
        pixels: dict[str, np.ndarray] = {}
        regions = parse_json(read_text(file))
        if not isinstance(regions, list) or not regions:
            raise ValueError("it has no region")
        for region in regions:
            name = _id(region)
            check_cell_id(name, str(path))
            if f"c{name}" in pixels:
                raise ValueError(f"two regions have the id {name}")
            pixels[f"c{name}"] = _pairs(name, region)
    for cell, positions in pixels.items():
        if positions.min() < 0 or (positions >= shape).any():
            raise NeuroLoopError(
                f"{path}: region {cell[1:]} lies outside the frame of {shape[0]} x {shape[1]} "
                "pixels: it belongs to another movie, or columns come first in it"
            )
    return pd.DataFrame(
        {
            "cell": list(pixels),
            "row": [positions[:, 0].mean() for positions in pixels.values()],
            "column": [positions[:, 1].mean() for positions in pixels.values()],
            "radius": [np.sqrt(len(positions) / np.pi) for positions in pixels.values()],
        }
    ).round(2)


def _id(region: object) -> str:
    """Id of a region, as text."""
    name = region.get("id") if isinstance(region, dict) else None
    if isinstance(name, bool) or not isinstance(name, int | str):
        raise ValueError("a region has no id, or one that is neither a whole number nor text")
    return str(name)


def _pairs(name: str, region: Mapping[str, Any]) -> np.ndarray:
    """Pixels of a region, shape (pixels, 2)."""
    pairs = region.get("coordinates")
    if not isinstance(pairs, list) or not pairs:
        raise ValueError(f"region {name} has no coordinates")
    if not all(
        isinstance(pair, list) and len(pair) == 2 and {type(at) for at in pair} <= {int, float}
        for pair in pairs
    ):
        raise ValueError(f"coordinates of region {name} are not all pairs of numbers")
    return np.array(pairs, dtype=float)


def choose_cells(
    regions: pd.DataFrame,
    shape: tuple[int, int],
    groups: int,
    cells_per_group: int,
    gap: float,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Choose cells that do not overlap, and put neighbours into groups.

    Parameters
    ----------
    regions : DataFrame
        From `read_regions`.
    shape : (int, int)
        Height and width of the frame; whole discs must lie in it.
    groups, cells_per_group : int
        Numbers. Groups are strips from left to right.
    gap : float
        Least distance between the rims of two cells, pixels.
    generator : numpy.random.Generator
        Chooses.

    Returns
    -------
    DataFrame
        ``cell, row, column, radius, group``.

    Raises
    ------
    NeuroLoopError
        If there are not so many.
    """
    positions = regions[["row", "column"]].to_numpy()
    radii = regions["radius"].to_numpy()
    inside = (
        (positions >= radii[:, None]) & (positions <= np.array(shape) - 1 - radii[:, None])
    ).all(1)
    chosen: list[int] = []
    for number in generator.permutation(np.flatnonzero(inside)):
        apart = np.linalg.norm(positions[chosen] - positions[number], axis=1)
        if (apart >= radii[chosen] + radii[number] + gap).all():
            chosen.append(int(number))
    wanted = groups * cells_per_group
    if len(chosen) < wanted:
        raise NeuroLoopError(
            f"{wanted} cells with gaps of {gap:g} pixels are asked for, but only {len(chosen)} of "
            f"the {len(regions)} regions lie so: ask for fewer, or a smaller gap"
        )
    cells = regions.iloc[chosen[:wanted]].sort_values(["column", "row"])
    group = [f"g{position // cells_per_group + 1}" for position in range(wanted)]
    return cells.assign(group=group).reset_index(drop=True)


def make_background(movie: Movie, cells: pd.DataFrame, variation: np.ndarray) -> Background:
    """Read a movie as a pool of frames, and measure the noise of its cells.

    Parameters
    ----------
    movie : Movie
        At least 2 runs of frames.
    cells : DataFrame
        ``row, column, radius``.
    variation : ndarray, shape (cells,)
        See `Background`.

    Raises
    ------
    NeuroLoopError
        If the movie is too short, or a cell is constant in it.
    """
    if len(movie) < 2 * RUN:
        raise NeuroLoopError(
            f"{movie.paths[0]} has {len(movie)} frames: a background needs {2 * RUN} at least"
        )
    frames = movie.read(range(len(movie))).astype(np.float32)
    masks = cell_masks(cells, movie.shape[1:])
    means = np.stack([frames[:, mask].mean(axis=1, dtype=float) for mask in masks], axis=1)
    noise = means.std(axis=0, ddof=1)
    if (noise == 0).any():
        name = cells["cell"].iloc[int(noise.argmin())]
        raise NeuroLoopError(f"{movie.paths[0]} does not change at cell {name}: export it again")
    return Background(frames, (masks * noise[:, None, None]).astype(np.float32), noise, variation)
