"""Reading radiographs: grey levels as stored, and the grey square that networks see."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from neuroloop.errors import NeuroLoopError
from neuroloop.images.depth import bits_a_channel
from neuroloop.images.square import centre_square
from neuroloop.images.upright import refuse_pages

#: A radiograph may be stored in colour if its channels differ by less than this (of 255), as they
#: do after JPEG compression of grey, in all but this share of the pixels.
COLOUR_STEP = 16
COLOUR_SHARE = 1e-3

#: Share of a radiograph's pixels that may lie above white (defects of the detector).
ABOVE_SHARE = 1e-3

#: Fewest of the 256 grey levels that the pixels of a radiograph must span.
LEAST_LEVELS = 32

#: TIFF 6.0: PhotometricInterpretation, SampleFormat, MaxSampleValue, SMaxSampleValue.
PHOTOMETRIC, SAMPLE_FORMAT, MAX_VALUES = 262, 339, (281, 341)
WHITE_IS_ZERO, SIGNED = 0, 2


class Stored(NamedTuple):
    """Grey levels of a radiograph as they are stored.

    Attributes
    ----------
    levels : ndarray of uint8 or uint16, shape (height, width)
        Upright. Of 8 bits or fewer, scaled to 0 (black) to 255 (white).
    inverted : bool
        Of more than 8 bits: 0 is white.
    white : int or None
        Of more than 8 bits: the level of white, if the file's header states it.
    """

    levels: np.ndarray
    inverted: bool
    white: int | None


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


def read_stored(path: Path) -> Stored:
    """Read the grey levels of a radiograph as they are stored, turned as its header says (EXIF).

    Parameters
    ----------
    path : Path
        An image of 8 bits, grey or with equal colour channels, or a grey one of up to 16 bits.

    Returns
    -------
    Stored

    Raises
    ------
    NeuroLoopError
        If the file is missing, empty or damaged, does not hold exactly one image, has colours or
        other levels, or if all of its pixels are equal.
    """
    if not path.is_file():
        raise NeuroLoopError(f"radiograph {path} is missing: add it, or take it out of the list")
    if not path.stat().st_size:
        raise NeuroLoopError(f"radiograph {path} is empty (0 bytes): replace or remove it")
    try:
        # Opened by name, plain TIFFs that are to be turned come out of Pillow torn.
        with path.open("rb") as stream, Image.open(stream) as image:
            refuse_pages(image)
            white, inverted = _told_white(image), _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO
            _refuse_depths(image)
            image.load()
            levels = _levels(ImageOps.exif_transpose(image))
    except Exception as error:  # a damaged file may raise anything in Pillow
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NeuroLoopError(
            f"radiograph {path} cannot be read ({reason}): replace or remove it"
        ) from error
    if levels.min() == levels.max():
        raise NeuroLoopError(
            f"radiograph {path} is constant, all pixels are {levels.min()}: replace or remove it"
        )
    deep = levels.dtype == np.uint16  # Pillow itself inverts 8 bits
    return Stored(levels, deep and inverted, white if deep else None)


def told_white(path: Path) -> tuple[bool, int | None]:
    """Read from the header whether an image has more than 8 bits, and its white if stated.

    A TIFF states its white by BitsPerSample 12, or by a largest value of 255, 511, ... 32767. A
    depth of 16 bits, or a largest value of 65535, describes the file and not the detector; and
    PNG's sBIT is written by some for levels that fill all 16 bits and by others for levels that do
    not.
    """
    with Image.open(path) as image:
        deep = image.mode.startswith("I")
        return deep, _told_white(image) if deep else None


def read_levels(path: Path, white: int | None = None) -> Levels:
    """Read the grey levels of a radiograph, from black to white.

    Parameters
    ----------
    path : Path
        See `read_stored`.
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
        As `read_stored` does; also if white is unknown, is exceeded by more than a few pixels, or
        lies so far above them that few grey levels are left.
    """
    stored, inverted, stated = read_stored(path)
    if stored.dtype == np.uint8:
        return Levels(stored, 255, 0)
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
    return Levels(np.uint16(white) - levels if inverted else levels, white, int(above.sum()))


def read_radiograph(path: Path, size: int, white: int | None = None) -> np.ndarray:
    """Read a radiograph as a grey square (see `square.centre_square`).

    Parameters
    ----------
    path : Path
    size : int
        Side in pixels.
    white : int, optional
        See `read_levels`.

    Returns
    -------
    ndarray of float32, shape (size, size)
        From 0, black, to 1, white.

    Raises
    ------
    NeuroLoopError
        See `read_levels`.
    """
    levels, white, _ = read_levels(path, white)
    grey = Image.fromarray(levels.astype(np.float32) / np.float32(white))
    return np.clip(np.asarray(centre_square(grey, size)), 0, 1)


def _mended(stored: np.ndarray, above: np.ndarray, white: int) -> np.ndarray:
    """Replace levels above white by the median of the 3 x 3 pixels around them."""
    levels = np.minimum(stored, np.uint16(white))
    framed = np.pad(levels, 1, mode="symmetric")
    for row, column in np.argwhere(above):
        levels[row, column] = np.median(framed[row : row + 3, column : column + 3])
    return levels


def _tag(image: Image.Image, number: int) -> object:
    """Value of a TIFF's tag; None without."""
    value = getattr(image, "tag_v2", {}).get(number)
    return value[0] if isinstance(value, tuple) and value else value


def _told_white(image: Image.Image) -> int | None:
    if (bits := bits_a_channel(image)) in range(9, 16):
        return 2**bits - 1
    for number in MAX_VALUES:
        largest = _tag(image, number)
        if largest in [2**bits - 1 for bits in range(8, 16)]:
            return int(largest)  # type: ignore[call-overload]
    return None


def _refuse_depths(image: Image.Image) -> None:
    """Refuse files whose levels Pillow would misread."""
    bits = bits_a_channel(image)
    if bits > 8 and not image.mode.startswith(("I", "F")):
        raise ValueError(f"colours or transparency of {bits} bits: save it as grey")
    if bits == 8 and _tag(image, SAMPLE_FORMAT) == SIGNED:
        raise ValueError("signed levels of 8 bits: save them from 0 to 255")


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
