"""Grey levels of a radiograph as they are stored, and what its header says of them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import outside
from neuroloop.files.intake import ReadFile
from neuroloop.images.depth import bits_a_channel
from neuroloop.images.image_file import load_upright, opened_image
from neuroloop.images.tone import refuse_tone
from neuroloop.images.transparency import refuse_transparency

#: A radiograph may be stored in colour if its channels differ by less than this (of 255), as they
#: do after JPEG compression of grey, in all but this share of the pixels.
COLOUR_STEP = 16
COLOUR_SHARE = 1e-3

#: TIFF 6.0: PhotometricInterpretation, SampleFormat, MaxSampleValue, SMaxSampleValue.
PHOTOMETRIC, SAMPLE_FORMAT, MAX_VALUES = 262, 339, (281, 341)
WHITE_IS_ZERO, BLACK_IS_ZERO, SIGNED = 0, 1, 2

#: What to do with a radiograph that cannot be used.
REMEDY = "replace or remove it"


class Header(NamedTuple):
    """What a radiograph's header says.

    Attributes
    ----------
    form : str
        Pillow's name of the format: ``JPEG``, ``PNG``, ``TIFF``, ``BMP``.
    bits : int
        Per pixel and channel.
    photometric : {"black is zero", "white is zero", "palette", "colour"}
    orientation : int
        1 to 8, as EXIF counts.
    """

    form: str
    bits: int
    photometric: str
    orientation: int


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
    header : Header
    file : ReadFile
    """

    levels: np.ndarray
    inverted: bool
    white: int | None
    header: Header
    file: ReadFile


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
        If the file is missing, empty or damaged, is of another format than its name says, does not
        hold exactly one image, has colours, transparent parts, or other levels (also by its gamma
        or colour profile), or if all of its pixels are equal.
    """
    with opened_image(path, "radiograph", REMEDY) as (image, file):
        white, inverted = _told_white(image), _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO
        form, bits, photometric = str(image.format), bits_a_channel(image), _photometric(image)
        _refuse_depths(image)
        refuse_tone(image)
        upright, orientation = load_upright(image)
        refuse_transparency(upright)
        levels = _levels(upright)
    if levels.min() == levels.max():
        raise NeuroLoopError(
            f"radiograph {path} is constant, all pixels are {levels.min()}: {REMEDY}"
        )
    deep = levels.dtype == np.uint16  # Pillow itself inverts 8 bits
    header = Header(form, bits, photometric, orientation)
    return Stored(levels, deep and inverted, white if deep else None, header, file)


def told_white(path: Path) -> tuple[bool, int | None]:
    """Read from the header whether an image has more than 8 bits, and its white if stated.

    A TIFF states its white by BitsPerSample 12, or by a largest value of 255, 511, ... 32767. A
    depth of 16 bits, or a largest value of 65535, describes the file and not the detector; and
    PNG's sBIT is written by some for levels that fill all 16 bits and by others for levels that do
    not.

    Raises
    ------
    NeuroLoopError
        If it cannot be opened.
    """
    with outside(path, "an image", REMEDY), Image.open(path) as image:
        deep = image.mode.startswith("I")
        return deep, _told_white(image) if deep else None


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


def _photometric(image: Image.Image) -> str:
    if image.mode in ("P", "PA"):
        return "palette"
    if image.mode not in ("1", "L", "LA", "F") and not image.mode.startswith("I"):
        return "colour"
    return "white is zero" if _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO else "black is zero"


def _refuse_depths(image: Image.Image) -> None:
    """Refuse files whose levels Pillow would misread."""
    bits = bits_a_channel(image)
    if bits > 8 and not image.mode.startswith(("I", "F")):
        raise ValueError(f"colours or transparency of {bits} bits: save it as grey")
    if bits == 8 and _tag(image, SAMPLE_FORMAT) == SIGNED:
        raise ValueError("signed levels of 8 bits: save them from 0 to 255")
    if image.mode in ("CMYK", "LAB", "HSV"):
        raise ValueError(f"colours of the kind {image.mode}: save it as grey")
    if image.mode[0] in "1LI" and _tag(image, PHOTOMETRIC) not in (
        None,
        WHITE_IS_ZERO,
        BLACK_IS_ZERO,
    ):
        raise ValueError("its header does not say which level is black: save it as grey")


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
