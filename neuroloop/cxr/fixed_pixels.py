"""Pixels that stand out at one place of many radiographs: a defect of a detector, or a mark.

A defect marks where a radiograph was taken, and so its class, if sites and classes go together.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.files.array_rows import Rows

#: Grey levels by which such a pixel is brighter, or darker, than all of its neighbours.
STEP = 16

#: Least share of a class's radiographs, and number, that stand out at one place.
SHARE, LEAST = 0.25, 8

#: The same share where radiographs are smaller than this: there anatomy fits into one pixel.
SMALL, SHARE_SMALL = 64, 0.6

#: Anatomy stands out here and there: a defect does so this many times as often as any place within
#: so many pixels.
TIMES, NEAR = 3, 3

#: Radiographs that are looked at at a time.
CHUNK = 128


class FixedPixel(NamedTuple):
    """A place (row and column from 0), and how many radiographs of each class stand out there."""

    row: int
    column: int
    counts: dict[str, int]


def fixed_pixels(pixels: Rows, labels: pd.Series) -> list[FixedPixel]:
    """Find places at which single pixels stand out in many radiographs of a class.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (radiographs, size, size)
    labels : Series
        Class of each.

    Returns
    -------
    list of FixedPixel
        The most frequent first.
    """
    of_row = labels.to_numpy(dtype=str)
    classes, sizes = np.unique(of_row, return_counts=True)
    counts = {name: np.zeros(pixels.shape[1:], dtype=np.int64) for name in classes}
    for start in range(0, len(pixels), CHUNK):
        standing = _standing_out(pixels[start : start + CHUNK].astype(np.int16))
        for name in classes:
            counts[name] += standing[of_row[start : start + CHUNK] == name].sum(axis=0)
    share = SHARE if pixels.shape[1] >= SMALL else SHARE_SMALL
    found = np.zeros(pixels.shape[1:], dtype=bool)
    for name, size in zip(classes, sizes, strict=True):
        around = _most_around(counts[name])
        found |= counts[name] >= np.maximum(max(LEAST, share * size), TIMES * around)
    places = [
        FixedPixel(int(row), int(column), {str(n): int(counts[n][row, column]) for n in classes})
        for row, column in np.argwhere(found)
    ]
    return sorted(places, key=lambda place: -sum(place.counts.values()))


def _most_around(counts: np.ndarray) -> np.ndarray:
    """Largest count within `NEAR` pixels of each place, without its own."""
    height, width = counts.shape
    padded = np.pad(counts, NEAR)
    most = np.zeros_like(counts)
    for down in range(2 * NEAR + 1):
        for right in range(2 * NEAR + 1):
            if (down, right) != (NEAR, NEAR):
                part = padded[down : down + height, right : right + width]
                np.maximum(most, part, out=most)
    return most


def _standing_out(images: np.ndarray) -> np.ndarray:
    """Pixels that differ by `STEP` from all neighbours, to one side; bool, shape of `images`."""
    far = 10_000
    found = np.zeros(images.shape, dtype=bool)
    for sign in (1, -1):
        padded = np.pad(sign * images, ((0, 0), (1, 1), (1, 1)), constant_values=-far)
        height, width = images.shape[1:]
        highest = np.full(images.shape, -far, dtype=np.int16)
        for down in range(3):
            for right in range(3):
                if (down, right) != (1, 1):
                    part = padded[:, down : down + height, right : right + width]
                    np.maximum(highest, part, out=highest)
        found |= sign * images - highest >= STEP
    return found
