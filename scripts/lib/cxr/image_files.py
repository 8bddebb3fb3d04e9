"""Chest films in image files: grey levels as stored, and the grey square that networks see."""

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from scripts.lib.core.errors import NeuroLoopError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")

#: A film may be stored in colour. Its channels differ by less than this (of 255), which is what
#: JPEG makes of grey, in all but this share of the pixels.
COLOUR_STEP = 16
COLOUR_SHARE = 1e-3

#: Detectors of 12 bits are stored in files of 16.
TWELVE_BITS = 2**12 - 1


def read_levels(path: Path) -> np.ndarray:
    """Read the grey levels of a film as they are stored.

    Parameters
    ----------
    path : Path
        An image of 8 bits, grey or with equal colour channels, or a grey one of 16 bits.

    Returns
    -------
    ndarray of uint8 or uint16, shape (height, width)

    Raises
    ------
    NeuroLoopError
        If the file is missing, empty or damaged, is no image, has colours or other levels, or if
        all of its pixels are equal.
    """
    if not path.is_file():
        raise NeuroLoopError(f"film {path} is missing: add it, or take it out of the list")
    if not path.stat().st_size:
        raise NeuroLoopError(f"film {path} is empty (0 bytes): replace or remove it")
    try:
        with Image.open(path) as image:
            image.load()
            levels = _levels(image)
    except Exception as error:  # whatever a damaged file makes a decoder do
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NeuroLoopError(
            f"film {path} cannot be read ({reason}): replace or remove it"
        ) from error
    if levels.min() == levels.max():
        raise NeuroLoopError(
            f"film {path} is constant, all pixels are {levels.min()}: replace or remove it"
        )
    return levels


def read_film(path: Path, size: int) -> np.ndarray:
    """Read a film as a grey square.

    The square in the middle of the film is scaled with a triangular filter as wide as a new pixel,
    so that fine ribs do not alias. Black is 0; white, 1, is the highest level of 8, 12 (if no
    level of 16 bits is higher) or 16 bits.

    Parameters
    ----------
    path : Path
    size : int
        Side in pixels.

    Returns
    -------
    ndarray of float32, shape (size, size)
        In [0, 1].

    Raises
    ------
    NeuroLoopError
        See `read_levels`.
    """
    levels = read_levels(path)
    white = np.iinfo(levels.dtype).max
    if levels.dtype == np.uint16 and levels.max() <= TWELVE_BITS:
        white = TWELVE_BITS
    height, width = levels.shape
    side = min(levels.shape)
    left, top = (width - side) / 2, (height - side) / 2
    film = Image.fromarray(levels.astype(np.float32) / np.float32(white)).resize(
        (size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)
    )
    return np.clip(np.asarray(film), 0, 1)


def content_hash(levels: np.ndarray) -> str:
    """Hash of a film's pixels: the same for copies whatever their file's name and format."""
    head = f"{levels.dtype} {levels.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(levels).tobytes()).hexdigest()


def _levels(image: Image.Image) -> np.ndarray:
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    if image.mode.startswith("I"):  # some versions of Pillow read 16 bits as 32
        levels = np.asarray(image)
        if levels.min() < 0 or levels.max() > np.iinfo(np.uint16).max:
            raise ValueError(f"levels of {levels.min()} to {levels.max()}, not 8 or 16 bits")
        return levels.astype(np.uint16)
    if image.mode == "F":
        raise ValueError("levels are fractions, not 8 or 16 bits")
    channels = np.asarray(image.convert("RGB"))
    step = channels.max(axis=2) - channels.min(axis=2)
    if np.mean(step >= COLOUR_STEP) > COLOUR_SHARE:
        raise ValueError(f"it has colours, in {np.mean(step >= COLOUR_STEP):.1%} of its pixels")
    return np.asarray(image.convert("RGB").convert("L"))
