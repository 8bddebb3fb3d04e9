"""Marks at one place of many radiographs: what stands out there against its surround."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage

from neuroloop.files.array_rows import BATCH, Rows, RowSpool, row_batches

#: Radiographs are looked at with a side of this many pixels at most: means of blocks.
SIZE = 64

#: Sides of the patches, and width of their surround, in these pixels.
SIDES, AROUND = (3, 5), 2

#: Share of the radiographs of a place that lie closest together and say what is usual there, its
#: width in standard deviations of a normal distribution, and how many of these stand out.
USUAL, WIDTH, FAR = 0.4, 1.0488, 6.0

#: Grey levels by which a mark differs at least from what is usual.
STEP = 8.0

#: Radiographs that stand out at one place, at least, as a share and in number.
SHARE, LEAST = 0.04, 4

#: Places of such marks that are looked at.
PLACES = 40

#: What marks are called, by the sign of their contrast.
SIGNS = MappingProxyType({1: "bright mark", -1: "dark mark"})

#: Bytes of contrasts that are looked at together: all radiographs, at some rows of places.
TILE = 2**25


class Contrasts(NamedTuple):
    """What patches of radiographs differ by from their surround.

    Attributes
    ----------
    block : int
        Side of the blocks whose means are looked at, pixels.
    of_side : dict of int to StoredRows of float32, shape (radiographs, size, size)
        By the side of the patch, in blocks: its mean around each place, less that of its surround.
    """

    block: int
    of_side: dict[int, Rows]

    def name(self, what: str, side: int, row: int, column: int) -> str:
        """Of a patch, in pixels."""
        middle = self.block // 2
        return (
            f"{what} of {side * self.block} pixels at row {row * self.block + middle}, "
            f"column {column * self.block + middle}"
        )


class Patches(NamedTuple):
    """Contrast of patches around some places, a column each, read from disk where they are asked.

    Attributes
    ----------
    seen : Contrasts
    where : ndarray of bool, shape (size, size)
        Where patches may have their middle.
    """

    seen: Contrasts
    where: np.ndarray

    def items(self) -> Iterator[tuple[str, np.ndarray]]:
        """Names and columns: of the smallest patches all, of larger ones every second."""
        for side, every in self.seen.of_side.items():
            step = side // 2
            for first, tile in _tiles(every):
                for row, column in np.argwhere(self.where[first : first + tile.shape[1]]):
                    if (first + row) % step == column % step == 0:
                        name = self.seen.name("patch", side, first + row, column)
                        yield name, tile[:, row, column]


def contrasts(pixels: Rows, folder: Path | None = None) -> Contrasts:
    """Compare patches with their surround.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (radiographs, size, size)
    folder : Path, optional
        Where contrasts wait, on a disk with 32 kB of room for each radiograph.
    """
    block = -(-pixels.shape[1] // SIZE)
    size = pixels.shape[1] // block
    waiting = {side: RowSpool(folder) for side in SIDES}
    for part in row_batches(pixels):
        films = _block_means(part, size, block)
        for side, spool in waiting.items():
            outer = side + 2 * AROUND
            patch, whole = (
                ndimage.uniform_filter(films, (0, one, one), mode="reflect")
                for one in (side, outer)
            )
            for film in (patch - whole) * (outer**2 / (outer**2 - side**2)):
                spool.add(film)
    return Contrasts(block, {side: spool.rows() for side, spool in waiting.items()})


def _block_means(pixels: np.ndarray, size: int, block: int) -> np.ndarray:
    films = pixels[:, : size * block, : size * block].reshape(-1, size, block, size, block)
    return np.asarray(films.mean(axis=(2, 4), dtype=np.float32))


def _tiles(every: Rows) -> Iterator[tuple[int, np.ndarray]]:
    """Some rows of places at a time, of all radiographs, and the number of the first."""
    count, size = every.shape[:2]
    place = every.dtype.itemsize * size
    width = max(1, TILE // (place * count))
    step = max(1, BATCH // (place * size))
    for first in range(0, size, width):
        tile = np.empty((count, min(width, size - first), size), every.dtype)
        for start in range(0, count, step):
            tile[start : start + step] = every[start : start + step, first : first + width]
        yield first, tile


def never_lung(outside: np.ndarray, block: int) -> np.ndarray:
    """Blocks in which no radiograph has a lung, bool, shape (size, size).

    Parameters
    ----------
    outside : ndarray of bool, shape (radiographs, size, size)
        See `film_cues.outside_lungs`.
    block : int
    """
    always = np.asarray(outside.all(axis=0))
    size = len(always) // block
    of_block = always[: size * block, : size * block].reshape(size, block, size, block)
    return np.asarray(of_block.all(axis=(1, 3)))


def marks(seen: Contrasts, where: np.ndarray) -> pd.DataFrame:
    """Whether radiographs stand out at places at which several do.

    Anatomy differs from radiograph to radiograph by degrees: a mark differs from what is usual at
    its place by many times what is usual there.

    Parameters
    ----------
    seen : Contrasts
    where : ndarray of bool, shape (size, size)
        Where patches may have their middle.

    Returns
    -------
    DataFrame
        1 where the radiograph stands out, of the `PLACES` that do so farthest.
    """
    found = []
    for side, every in seen.of_side.items():
        typical = {sign: np.zeros(where.shape) for sign in SIGNS}
        for first, tile in _tiles(every):
            away = _away(tile)
            rows = slice(first, first + tile.shape[1])
            for sign in SIGNS:
                typical[sign][rows] = _typical(sign * away, where[rows])
        for sign, what in SIGNS.items():
            far = typical[sign]
            peak = (far > 0) & (ndimage.maximum_filter(far, 3) == far)
            for row, column in np.argwhere(peak):
                name = seen.name(what, side, row, column)
                found.append((float(far[row, column]), name, (side, sign, row, column)))
    farthest = sorted(found, key=lambda one: -one[0])[:PLACES]
    films = range(len(next(iter(seen.of_side.values()))))
    made = {name: _out(seen, *place).astype(float) for _, name, place in farthest}
    return pd.DataFrame(made, index=films)


def _typical(away: np.ndarray, where: np.ndarray) -> np.ndarray:
    """How far those that stand out do so, of each place at which enough do, else 0."""
    out = away > FAR
    count = out.sum(axis=0) * where
    typical = np.where(out, away, 0).sum(axis=0) / np.maximum(count, 1)
    return np.asarray(typical * (count >= max(LEAST, SHARE * len(away))))


def _out(seen: Contrasts, side: int, sign: int, row: int, column: int) -> np.ndarray:
    """Whether each radiograph stands out at a place."""
    every = seen.of_side[side]
    there = np.concatenate([part[:, row, column].copy() for part in row_batches(every)])
    return np.asarray(sign * _away(there[:, None, None])[:, 0, 0] > FAR)


def _away(values: np.ndarray) -> np.ndarray:
    """Distance of radiographs from what is usual at each place, in deviations of that."""
    centre, spread = _usual(values)
    return np.asarray((values - centre) / np.maximum(spread, STEP / FAR))


def _usual(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle of the shortest interval with `USUAL` of the radiographs, and its deviation."""
    ordered = np.sort(values, axis=0)
    held = max(2, int(np.ceil(USUAL * len(values))))
    width = ordered[held - 1 :] - ordered[: len(values) - held + 1]
    first = width.argmin(axis=0)[None]
    low, high = (np.take_along_axis(ordered, first + last, 0)[0] for last in (0, held - 1))
    return (low + high) / 2, (high - low) / WIDTH
