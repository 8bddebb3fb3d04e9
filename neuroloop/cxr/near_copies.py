"""Radiographs that look like others: the same one compressed, scaled or brightened again.

Their pixels differ, so that no hash knows them. Small pictures of them are compared: coarse ones
choose the most similar radiograph, fine ones, of which only details are kept, say whether it is the
same. Of 1,900 radiographs of children (1.8 million pairs) details of no two different ones
correlate by more than 0.67, and of one with itself, compressed to a quality of 30, scaled to a
quarter, or with another gamma or contrast, by at least 0.98.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from neuroloop.files.array_rows import Rows

#: Side of the coarse and of the fine picture, and deviation of the blur that is taken off, pixels.
COARSE, FINE, BLUR = 16, 64, 2.0

#: Side of the fine picture of small radiographs: half of theirs, as their single pixels do not
#: outlive compression, and at least this.
SMALL_FINE = 20

#: Least correlation of the coarse pictures, and of the details, of one radiograph.
SIMILAR, SAME = 0.98, 0.97

#: Radiographs that are compared with all others at once.
BLOCK = 256


class NearCopy(NamedTuple):
    """Rows of two radiographs that look the same."""

    row: int
    other: int


def near_copies(pixels: Rows, others: Rows | None = None, mirrored: bool = False) -> list[NearCopy]:
    """Find radiographs that look like another.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (radiographs, size, size)
    others : ndarray of uint8, shape (others, side, side), optional
        Radiographs that they are compared with; without, those before each.
    mirrored : bool
        Whether `pixels` are compared as their mirror images.

    Returns
    -------
    list of NearCopy
        Rows of `pixels`, ascending, each with the most similar one of the others. Turned,
        mirrored or cropped radiographs are not found.
    """
    own = _pictures(pixels, COARSE, mirrored)
    known = own if others is None else _pictures(others, COARSE)
    found = []
    for start in range(0, len(own), BLOCK):
        alike = own[start : start + BLOCK] @ known.T
        if others is None:
            rows = start + np.arange(len(alike))
            alike[rows[:, None] <= np.arange(len(known))] = -1
        if not alike.size:
            continue
        best = alike.argmax(axis=1)
        for row in np.flatnonzero(alike.max(axis=1) >= SIMILAR):
            found.append(NearCopy(start + int(row), int(best[row])))
    given = pixels if others is None else others
    return [pair for pair in found if _same(_turned(pixels[pair.row], mirrored), given[pair.other])]


def _pictures(pixels: Rows, side: int, mirrored: bool = False) -> np.ndarray:
    """Small pictures as vectors of mean 0 and length 1, so that products are correlations."""
    small = np.empty((len(pixels), side * side), np.float32)
    for row, square in enumerate(pixels):
        small[row] = _small(_turned(square, mirrored), side).ravel()
    return _normalised(small)


def _turned(square: np.ndarray, mirrored: bool) -> np.ndarray:
    return square[:, ::-1] if mirrored else square


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    size = min(len(one), len(other))
    side = min(FINE, size, max(size // 2, SMALL_FINE))
    small = np.stack([_small(square, side) for square in (one, other)])
    details = small - gaussian_filter(small, (0, BLUR, BLUR))
    first, second = _normalised(details.reshape(2, -1))
    return bool(first @ second >= SAME)


def _small(square: np.ndarray, side: int) -> np.ndarray:
    picture = Image.fromarray(square).resize((side, side), Image.Resampling.BOX)
    return np.asarray(picture, dtype=np.float32)


def _normalised(vectors: np.ndarray) -> np.ndarray:
    centred = vectors - vectors.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
