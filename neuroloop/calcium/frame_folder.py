"""A folder of numbered frames, each an image of its own, as a movie."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.foreign_movies import refuse_foreign_folder
from neuroloop.calcium.page_choice import Reading
from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import check_stated_size, outside
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.png_checksums import check_png

if TYPE_CHECKING:
    from PIL.Image import Image

#: Kinds of images that frames may be, by their suffixes.
KINDS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
#: The tag of EXIF that says how an image is turned, and its value where it is not.
ORIENTATION, UPRIGHT = 0x0112, 1
REMEDY = "copy or export the frames again"


def numbered_frames(folder: Path) -> list[Path]:
    """Images of a folder, in the order of the one number in which their names differ.

    Raises
    ------
    NeuroLoopError
        If there are none, they are of several kinds, names differ in more than a number, or a
        number is missing or there twice.
    """
    refuse_foreign_folder(folder)
    shown = [path for path in folder.iterdir() if not path.name.startswith(".")]
    images = {path.name: path for path in shown if path.suffix.lower() in KINDS}
    kinds = sorted({KINDS[path.suffix.lower()] for path in images.values()})
    if not images:
        raise NeuroLoopError(
            f"{folder} holds no numbered frames (JPEG, PNG or TIFF): name the folder of the frames "
            "of one recording, or a TIFF"
        )
    if len(kinds) > 1:
        raise NeuroLoopError(
            f"{folder} holds images of several kinds ({', '.join(kinds)}): leave only the frames "
            "of one recording in it"
        )
    names = natural_sorted(images)
    parts = [re.split(r"([0-9]+)", Path(name).stem) for name in names]
    texts = {tuple(one[::2]) for one in parts}
    if len(texts) > 1:
        other = next(n for n, one in zip(names, parts, strict=True) if one[::2] != parts[0][::2])
        raise NeuroLoopError(
            f"{folder} holds images whose names differ in more than a number ({names[0]}, {other}"
            "): leave only the frames of one recording in it, numbered"
        )
    numbers = np.array([[int(digits) for digits in one[1::2]] for one in parts], dtype=object)
    changing = [column for column in range(numbers.shape[1]) if len(set(numbers[:, column])) > 1]
    if len(names) > 1 and len(changing) != 1:
        several = "bear the same number twice" if not changing else "differ in several numbers"
        raise NeuroLoopError(
            f"{folder} holds images whose names {several} ({names[0]}, {names[1]}, ...): leave "
            "only the frames of one channel of one recording in it, numbered"
        )
    if len(names) > 1:
        _refuse_gaps(folder, names, numbers[:, changing[0]].tolist())
    return [images[name] for name in names]


def start_of(frames: Sequence[Path]) -> int:
    """The number of the first of several frames from `numbered_frames`."""
    first, last = (re.split(r"([0-9]+)", path.stem)[1::2] for path in (frames[0], frames[-1]))
    return next((int(one) for one, other in zip(first, last, strict=True) if one != other), 0)


def _refuse_gaps(folder: Path, names: list[str], numbers: list[int]) -> None:
    for name, before, after in zip(names[1:], numbers, numbers[1:], strict=False):
        if after == before:
            raise NeuroLoopError(f"{folder} holds frame {after} twice ({name}): remove one")
        if after != before + 1:
            missing = (
                f"frame {before + 1} is"
                if after == before + 2
                else (f"frames {before + 1} to {after - 1} are")
            )
            raise NeuroLoopError(
                f"{folder}: {missing} missing (before {name}): export all frames, numbered "
                "one after another"
            )


class FrameFolder:
    """JPEG, PNG or BMP frames of a folder.

    Attributes
    ----------
    path : Path
        The folder.
    files : tuple of Path
        Its frames in order.
    shape : (int, int, int)
        Frames, height, width.
    dtype : numpy.dtype
    """

    frame_rate: float | None = None
    planned: int | None = None
    place = None
    choice = doubt = ""
    warnings: tuple[str, ...] = ()

    def __init__(self, folder: Path, reading: Reading) -> None:
        """Look at the headers of all frames.

        Raises
        ------
        NeuroLoopError
            If they are not frames of a movie, or differ in size or depth.
        """
        for what, wanted in (("channel", reading.channel), ("plane", reading.plane)):
            if wanted not in (None, 1):
                raise NeuroLoopError(
                    f"{folder} holds single frames and so has no {what} {wanted}: put the frames "
                    "that are meant into a folder of their own"
                )
        self.path = folder
        self.files = tuple(numbered_frames(folder))
        kinds = [_header(path) for path in self.files]
        for path, kind in zip(self.files, kinds, strict=True):
            if kind != kinds[0]:
                size, first = (f"{one[0]} x {one[1]} {one[2]}" for one in (kind, kinds[0]))
                raise NeuroLoopError(
                    f"{path} is {size}, but {self.files[0].name} {first}: the frames of a "
                    "recording must be alike"
                )
        height, width, name = kinds[0]
        self.shape = (len(self.files), height, width)
        self.dtype = np.dtype(name)
        self.says = f"a folder of {len(self.files)} numbered frames"

    def frames(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        """Read frames one by one, each of shape (height, width)."""
        for index in indices:
            yield _read(self.files[int(index)])


def _header(path: Path) -> tuple[int, int, str]:
    """Height, width and type of an image."""
    from PIL import Image

    with outside(path, "an image", REMEDY), Image.open(path) as image:
        return image.height, image.width, _depth(path, image)


def _depth(path: Path, image: "Image") -> str:
    """Type of the grey values of an image."""
    if image.mode.startswith("I;16"):
        return "uint16"
    if image.mode in ("L", "RGB", "RGBA", "LA"):
        return "uint8"
    raise NeuroLoopError(
        f"{path} holds values of the kind {image.mode} (Pillow's name): save frames of 8 or 16 "
        "bits, grey"
    )


def _read(path: Path) -> np.ndarray:
    """Read a frame; of a colour image, what all its channels are."""
    from PIL import Image

    with outside(path, "an image", REMEDY) as file, Image.open(file) as image:
        check_png(file.read_bytes())
        depth = _depth(path, image)
        check_stated_size(path, (image.height, image.width, len(image.getbands())), 2, "image")
        if image.getexif().get(ORIENTATION, UPRIGHT) != UPRIGHT:
            raise NeuroLoopError(
                f"{path} is to be turned by its header (EXIF): save the frames upright"
            )
        frame = np.asarray(image)
        if getattr(image, "n_frames", 1) > 1:
            raise NeuroLoopError(f"{path} holds several images: save one frame a file")
    if frame.ndim == 2:
        return frame.astype(depth, copy=False)
    grey, bands = frame[..., 0], frame.shape[-1]
    opaque = bands % 2 or (frame[..., -1] == np.iinfo(depth).max).all()
    colours = frame[..., : bands - 1 + bands % 2]
    if not opaque or (colours != grey[..., None]).any():
        raise NeuroLoopError(
            f"{path} is in colour (its channels differ, or parts are transparent): save frames of "
            "one channel, grey (in Fiji: Image > Type > 8-bit)"
        )
    return np.ascontiguousarray(grey)
