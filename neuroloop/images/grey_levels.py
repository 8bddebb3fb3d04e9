"""Reading radiographs: grey levels from black to white, and the grey square that networks see."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from neuroloop.errors import NeuroLoopError
from neuroloop.images.square import fitted_square
from neuroloop.images.stored_levels import Stored, read_stored

#: Share of a radiograph's pixels that may lie above white (defects of the detector).
ABOVE_SHARE = 1e-3

#: Fewest of the 256 grey levels that the pixels of a radiograph must span.
LEAST_LEVELS = 32


class Levels(NamedTuple):
    """Grey levels of a radiograph, from 0 (black) to a known white.

    Attributes
    ----------
    levels : ndarray of uint8 or uint16, shape (height, width)
    white : int
    above : int
        Pixels that were stored above white, now replaced by the median of their neighbours.
    """

    levels: np.ndarray
    white: int
    above: int


def read_levels(path: Path, white: int | None = None) -> Levels:
    """Read the grey levels of a radiograph, from black to white.

    Parameters
    ----------
    path : Path
        See `stored_levels.read_stored`.
    white : int, optional
        See `levels_of`.

    Returns
    -------
    Levels

    Raises
    ------
    NeuroLoopError
        As `stored_levels.read_stored` and `levels_of` do.
    """
    return levels_of(read_stored(path), white)


def levels_of(radiograph: Stored, white: int | None = None) -> Levels:
    """Grey levels of a radiograph that was read, from black to white.

    Parameters
    ----------
    radiograph : Stored
    white : int, optional
        Level of white in files of more than 8 bits (see `white_level.shared_white`); if None, the
        level stated in the file's header. In files of 8 bits it is 255. It is never inferred from
        the pixels: a single bright one would make the whole radiograph dark.

    Returns
    -------
    Levels

    Raises
    ------
    NeuroLoopError
        If white is unknown, is exceeded by more than a few pixels, or lies so far above them that
        few grey levels are left.
    """
    stored, path = radiograph.levels, radiograph.file.file
    if stored.dtype == np.uint8:
        return Levels(stored, 255, 0)
    stated = radiograph.white
    if stated is not None and white is not None and stated != white:
        raise NeuroLoopError(
            f"radiograph {path}: its header says that white is {stated}, but "
            f"`white_level` of its set is {white}: fix the key, or store all radiographs alike"
        )
    white = stated if white is None else white
    if white is None:
        raise NeuroLoopError(
            f"radiograph {path} does not say which level is white: set `white_level`"
        )
    above = stored > white
    if above.mean() > ABOVE_SHARE:
        raise NeuroLoopError(
            f"radiograph {path}: {above.mean():.1%} of its pixels are above white {white}, up to "
            f"{stored.max()}: fix `white_level`, or store all radiographs alike"
        )
    low, high = np.quantile(stored, [ABOVE_SHARE, 1 - ABOVE_SHARE])
    if (high - low) * 256 < LEAST_LEVELS * white:
        raise NeuroLoopError(
            f"radiograph {path} has levels of {stored.min()} to {stored.max()} where white is "
            f"{white}, less than {LEAST_LEVELS} of 256 grey levels: fix `white_level`, or store "
            "all radiographs alike"
        )
    levels = _mended(stored, above, white)
    whole = np.uint16(white) - levels if radiograph.inverted else levels
    return Levels(whole, white, int(above.sum()))


def read_radiograph(
    path: Path, size: int, white: int | None = None, fit: str = "crop"
) -> np.ndarray:
    """Read a radiograph as a grey square (see `square.fitted_square`).

    Parameters
    ----------
    path : Path
    size : int
        Side in pixels.
    white : int, optional
        See `levels_of`.
    fit : {"crop", "pad"}

    Returns
    -------
    ndarray of float32, shape (size, size)
        From 0, black, to 1, white.

    Raises
    ------
    NeuroLoopError
        See `read_levels`.
    """
    return square_of(read_levels(path, white), size, fit)


def square_of(radiograph: Levels, size: int, fit: str = "crop") -> np.ndarray:
    """Grey square of a radiograph that was read, as `read_radiograph` returns it."""
    grey = Image.fromarray(radiograph.levels.astype(np.float32) / np.float32(radiograph.white))
    return np.clip(np.asarray(fitted_square(grey, size, fit)), 0, 1)


def _mended(stored: np.ndarray, above: np.ndarray, white: int) -> np.ndarray:
    """Replace levels above white by the median of the 3 x 3 pixels around them."""
    levels = np.minimum(stored, np.uint16(white))
    framed = np.pad(levels, 1, mode="symmetric")
    for row, column in np.argwhere(above):
        levels[row, column] = np.median(framed[row : row + 3, column : column + 3])
    return levels
