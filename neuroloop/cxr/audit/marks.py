"""Marks at one place of many radiographs: what stands out there against its surround."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import ndimage

from neuroloop.files.array_rows import Rows, row_batches

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


class Contrasts(NamedTuple):
    """What patches of radiographs differ by from their surround.

    Attributes
    ----------
    block : int
        Side of the blocks whose means are looked at, pixels.
    of_side : dict of int to ndarray of float32, shape (radiographs, size, size)
        By the side of the patch, in blocks: its mean around each place, less that of its surround.
    """

    block: int
    of_side: dict[int, np.ndarray]

    def name(self, what: str, side: int, row: int, column: int) -> str:
        """Of a patch, in pixels."""
        middle = self.block // 2
        return (
            f"{what} of {side * self.block} pixels at row {row * self.block + middle}, "
            f"column {column * self.block + middle}"
        )


def contrasts(pixels: Rows) -> Contrasts:
    """Compare patches with their surround.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (radiographs, size, size)
    """
    block = -(-pixels.shape[1] // SIZE)
    size = pixels.shape[1] // block
    films = np.concatenate([_block_means(part, size, block) for part in row_batches(pixels)])
    made = {}
    for side in SIDES:
        outer = side + 2 * AROUND
        patch, whole = (
            ndimage.uniform_filter(films, (0, one, one), mode="reflect") for one in (side, outer)
        )
        made[side] = (patch - whole) * (outer**2 / (outer**2 - side**2))
    return Contrasts(block, made)


def _block_means(pixels: np.ndarray, size: int, block: int) -> np.ndarray:
    films = pixels[:, : size * block, : size * block].reshape(-1, size, block, size, block)
    return np.asarray(films.mean(axis=(2, 4), dtype=np.float32))


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
        least = max(LEAST, SHARE * len(every))
        centre, spread = _usual(every)
        away = (every - centre) / np.maximum(spread, STEP / FAR)
        for sign, what in ((1, "bright mark"), (-1, "dark mark")):
            out = sign * away > FAR
            count = out.sum(axis=0) * where
            typical = np.where(out, sign * away, 0).sum(axis=0) / np.maximum(count, 1)
            typical *= count >= least
            peak = (typical > 0) & (ndimage.maximum_filter(typical, 3) == typical)
            for row, column in np.argwhere(peak):
                name = seen.name(what, side, row, column)
                found.append((float(typical[row, column]), name, out[:, row, column]))
    farthest = sorted(found, key=lambda one: -one[0])[:PLACES]
    rows = range(len(next(iter(seen.of_side.values()))))
    return pd.DataFrame({name: out.astype(float) for _, name, out in farthest}, index=rows)


def patches(seen: Contrasts, where: np.ndarray) -> pd.DataFrame:
    """Contrast of the smallest patches around all places, of larger ones around every second.

    Parameters
    ----------
    seen : Contrasts
    where : ndarray of bool, shape (size, size)
        Where patches may have their middle.
    """
    made = {}
    for side, every in seen.of_side.items():
        step = side // 2
        for row, column in np.argwhere(where):
            if row % step == column % step == 0:
                made[seen.name("patch", side, row, column)] = every[:, row, column]
    return pd.DataFrame(made, index=range(len(every)))


def _usual(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle of the shortest interval with `USUAL` of the radiographs, and its deviation."""
    ordered = np.sort(values, axis=0)
    held = max(2, int(np.ceil(USUAL * len(values))))
    width = ordered[held - 1 :] - ordered[: len(values) - held + 1]
    first = width.argmin(axis=0)[None]
    low, high = (np.take_along_axis(ordered, first + last, 0)[0] for last in (0, held - 1))
    return (low + high) / 2, (high - low) / WIDTH
