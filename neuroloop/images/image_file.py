"""Opening an image file behind the door: its content read once, its format as its name says.

Pillow silently reads only the first of several pages, and pixels as they lie in the file, whatever
its header says about their tone; and it opens files of formats that their name hides.
"""

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import check_stated_size, is_there, outside, reason
from neuroloop.files.intake import ReadFile
from neuroloop.files.spelling import folded
from neuroloop.images.png_checksums import check_png

if TYPE_CHECKING:
    from PIL import Image

#: Suffixes of files that are read as images -> Pillow's names of what such a file may hold.
FORMATS = {
    ".jpg": ("JPEG", "MPO"),
    ".jpeg": ("JPEG", "MPO"),
    ".png": ("PNG",),
    ".bmp": ("BMP", "DIB"),
    ".tif": ("TIFF",),
    ".tiff": ("TIFF",),
}
SUFFIXES = tuple(FORMATS)

#: First bytes of a TIFF: of both byte orders, and BigTIFF.
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

#: Largest file, in bytes: 30 times a radiograph of 16 bits from the largest detectors.
LARGEST = 10**9

#: Formats whose further frames are images as the first is.
PAGED = ("TIFF", "PNG", "GIF", "WEBP", "MPO")

#: TIFF 6.0: Orientation (in EXIF too), and NewSubfileType, whose lowest bit is set for a smaller
#: copy of another page.
ORIENTATION, SUBFILE_TYPE, SMALLER = 274, 254, 1


class ImageFile(NamedTuple):
    """An opened image, its pixels not loaded yet, and what was read of its file.

    Attributes
    ----------
    image : Image
    file : ReadFile
    """

    image: "Image.Image"
    file: ReadFile


@contextmanager
def opened_image(path: Path, what: str, remedy: str) -> Iterator[ImageFile]:
    """Open an image that holds one page, and whose header agrees with its name.

    Parameters
    ----------
    path : Path
    what : str
        What it is, without an article: ``"radiograph"``.
    remedy : str
        What to do if it cannot be used.

    Yields
    ------
    ImageFile
        An exception raised in the context says why the image cannot be used.

    Raises
    ------
    NeuroLoopError
        If the file is missing, empty, damaged, too large, of another format than its name says, or
        does not hold exactly one image; and in place of whatever is raised in the context.
    """
    from PIL import Image, UnidentifiedImageError

    similar = _similar(path) if not is_there(path) else ""
    missing = f"add it, or take it out of the list{similar}"
    with outside(path, "an image", remedy, missing), warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("error", message="Corrupt EXIF data")
        try:
            if path.stat().st_size > LARGEST:
                raise ValueError(f"a file of {path.stat().st_size} bytes, more than {LARGEST}")
            content = path.read_bytes()
            check_png(content)
            file = ReadFile(str(path), len(content), hashlib.sha256(content).hexdigest())
            # Opened by name, plain TIFFs that are to be turned come out of Pillow torn.
            with Image.open(io.BytesIO(content)) as image:
                _refuse_another_format(path, image)
                refuse_pages(image)
                shape = (image.height, image.width, len(image.getbands()))
                check_stated_size(path, shape, 2 if image.mode.startswith("I") else 1, "image")
                yield ImageFile(image, file)
        except (NeuroLoopError, MemoryError, PermissionError):
            raise
        except UnidentifiedImageError as error:
            raise NeuroLoopError(
                f"{what} {path} cannot be read (it is {_unknown_kind(content)}): save it as PNG, "
                f"or {remedy}"
            ) from error
        except Exception as error:  # a damaged file may raise anything in Pillow
            raise NeuroLoopError(
                f"{what} {path} cannot be read ({reason(error)}): {remedy}"
            ) from error


def refuse_pages(image: "Image.Image") -> None:
    """Raise ValueError if an opened image has several pages or frames, smaller copies aside."""
    frames = getattr(image, "n_frames", 1) if image.format in PAGED else 1
    if frames > 1 and image.format in ("TIFF", "MPO"):
        size = image.size
        frames = 1 + sum(not _smaller(image, number, size) for number in range(1, frames))
        image.seek(0)
    if frames > 1:
        raise ValueError(f"{frames} pages or frames: save one image per file")


def load_upright(image: "Image.Image") -> tuple["Image.Image", int]:
    """Load an opened image, turned as its header says, and that orientation.

    Returns
    -------
    image : Image
    orientation : int
        1 to 8, as EXIF counts; 1 where the header says nothing.

    Raises
    ------
    ValueError
        If it states another.
    """
    from PIL import ImageOps

    first = image.format != "PNG"  # whose EXIF may stand behind the pixels; TIFF loses it there
    stated = image.getexif().get(ORIENTATION, 1) if first else 1
    image.load()
    stated = stated if first else image.getexif().get(ORIENTATION, 1)
    if stated not in range(9):
        raise ValueError(f"its header states the orientation {stated!r}, not 1 to 8")
    return ImageOps.exif_transpose(image), int(stated) or 1


def _smaller(image: "Image.Image", number: int, size: tuple[int, int]) -> bool:
    """Whether a page is a smaller copy; cameras put one into what they call a JPEG (MPO)."""
    image.seek(number)
    if image.format == "MPO":
        return image.width < size[0] and image.height < size[1]
    return bool(image.tag_v2.get(SUBFILE_TYPE, 0) & SMALLER)  # type: ignore[attr-defined]


def _refuse_another_format(path: Path, image: "Image.Image") -> None:
    named = FORMATS.get(path.suffix.lower())
    if named and image.format not in named:
        raise ValueError(
            f"it is named {path.suffix}, but holds a {image.format}: rename it, or save it as named"
        )


def _unknown_kind(content: bytes) -> str:
    """What a file is that Pillow does not open."""
    if content[128:132] == b"DICM":
        return "DICOM"
    if content[:4] in TIFF:
        return "a TIFF whose compression or kind of numbers is not read"
    return "of no format that is known"


def _similar(path: Path) -> str:
    """Tell of a file beside a missing one whose name differs by capitals or accents alone."""
    try:
        names = [other.name for other in path.parent.iterdir()]
    except (OSError, ValueError):
        return ""
    if "\\" in path.name:
        return " (folders are parted by /, also on Windows)"
    alike = [name for name in names if folded(name) == folded(path.name)]
    return f" (there is {alike[0]!r}, which is another name)" if alike else ""
