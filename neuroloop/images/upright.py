"""Reading a file's only image, upright and with 8 bits per channel, or saying why not.

Pillow silently reads only the first of several pages, only the upper bits of deep colours, and
pixels as they lie in the file, whatever its header says about their orientation.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.images.depth import bits_a_channel

if TYPE_CHECKING:
    from PIL import Image

#: Suffixes of files that are read as images.
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")

#: Formats whose further frames are images as the first is. In MPO, the JPEG of cameras, they are
#: small copies or another eye's view.
PAGED = ("TIFF", "PNG", "GIF", "WEBP")

#: TIFF 6.0: NewSubfileType, whose lowest bit is set for a smaller copy of another page.
SUBFILE_TYPE, SMALLER = 254, 1


def read_upright(path: Path) -> "Image.Image":
    """Read an image, turned as its header says (EXIF).

    Parameters
    ----------
    path : Path

    Returns
    -------
    Image
        In the mode of the file.

    Raises
    ------
    ValueError
        If it has more than 8 bits per channel, or several pages or frames.
    Exception
        Whatever Pillow raises for a damaged file.
    """
    from PIL import Image, ImageOps

    # Opened by name, plain TIFFs that are to be turned come out of Pillow torn.
    with path.open("rb") as stream, Image.open(stream) as image:
        refuse_pages(image)
        bits = bits_a_channel(image)
        if image.mode[0] in "IF" or bits > 8:
            raise ValueError(f"mode {image.mode} of {bits} bits, not 8 bits per channel")
        image.load()
        return ImageOps.exif_transpose(image)


def refuse_pages(image: "Image.Image") -> None:
    """Raise ValueError if an opened image has several pages or frames."""
    frames = getattr(image, "n_frames", 1) if image.format in PAGED else 1
    if frames > 1 and image.format == "TIFF":
        frames = 1 + sum(not _smaller(image, number) for number in range(1, frames))
        image.seek(0)
    if frames > 1:
        raise ValueError(f"{frames} pages or frames: save one image per file")


def _smaller(image: "Image.Image", number: int) -> bool:
    image.seek(number)
    return bool(image.tag_v2.get(SUBFILE_TYPE, 0) & SMALLER)  # type: ignore[attr-defined]
