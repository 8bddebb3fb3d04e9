"""TIFF files as stacks of frames: their shape, type and frame rate, and reading them.

Nothing is memory-mapped: touched pages of a map count as resident memory, which would then grow
with the movie. Frames that lie one after another in the file are read straight from it, others
(compressed, tiled) through tifffile's pages.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.calcium.page_header import Place, refuse_mixed_pages
from neuroloop.calcium.tiff_header import Header, read_header
from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffFrame, TiffPage

#: Formats whose channels and slices tifffile tells by its own reading.
OTHERS = {"fluoview", "lsm", "sis", "stk"}
#: Photometric interpretations in which a higher number is not more light.
NO_GREY = {
    0: "says that 0 is white (WhiteIsZero), so that more light is a lower number",
    3: "holds places in a table of colours (palette)",
}


@dataclass(frozen=True)
class Stack:
    """One file.

    Attributes
    ----------
    path : Path
        The file.
    shape : (int, int, int)
        Frames, height, width.
    dtype : numpy.dtype
        In the file's byte order.
    offset : int or None
        Where the frames start if they lie in one block.
    frame_rate : float or None
        Hz, from the metadata.
    planned : int or None
        Frames of the whole recording that the header spoke of before they were there.
    says : str
        What the header says of the pages, for messages.
    place : Place or None
        Where its first frame stands in its acquisition.
    """

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype
    offset: int | None
    frame_rate: float | None
    planned: int | None
    says: str
    place: Place | None = None

    def frames(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        """Read frames one by one, each of shape (height, width), in the machine's byte order."""
        if self.offset is None:
            yield from self._pages(indices)
            return
        _, height, width = self.shape
        native = self.dtype.newbyteorder("=")
        with self.path.open("rb") as stream:
            for index in indices:
                frame = np.empty((height, width), self.dtype)
                stream.seek(self.offset + int(index) * frame.nbytes)
                if stream.readinto(frame.data) < frame.nbytes:
                    raise _damaged(self.path, f"frame {index} is cut short")
                yield frame.astype(native, copy=False)

    def _pages(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        with _opened(self.path) as tiff:
            for index in indices:
                try:
                    frame = tiff.pages[int(index)].asarray()
                except Exception as error:
                    raise _damaged(self.path, f"frame {index}: {_one_line(error)}") from error
                yield frame.reshape(self.shape[1:])


def inspect(path: Path) -> Stack:
    """Look at the pages of a file: all must be there, alike, and frames by its header.

    Only the file's own pages count, even where its header speaks of other files.

    Raises
    ------
    NeuroLoopError
        If it is missing or truncated, cannot be decoded, or its shape or type is not a movie's.
    """
    if not path.is_file():
        raise NeuroLoopError(f"{path} is missing: put the movie there or correct its path")
    with _opened(path) as tiff:
        pages, offset = _alike(path, tiff)
        header = read_header(tiff, path)
        _refuse_more(path, header, pages)
        refuse_mixed_pages(tiff, path)
        first, dtype = tiff.pages.first, np.dtype(tiff.pages.first.dtype)
        if OTHERS & tiff.flags:
            _movie_shape(path, tiff.series[0].axes, tiff.series[0].shape, "CZ")
        if pages == 1:
            # ImageJ and tifffile write large stacks as one page, with the others behind it.
            series = tiff.series[0]
            frames, height, width = _movie_shape(path, series.axes, series.shape)
            offset = series.dataoffset if frames > 1 else offset
            if frames > 1 and offset is None:
                raise _damaged(path, f"one page of {frames}")
        else:
            frames, height, width = _movie_shape(path, "T" + first.axes, (pages, *first.shape))
        if dtype.kind not in "uif":
            raise NeuroLoopError(f"{path} holds values of type {dtype}: save grey-scale numbers")
        if not header.plan and header.frames not in (None, frames):
            raise NeuroLoopError(
                f"{path} holds {frames} frames, but {header.says}: save the movie again, alone"
            )
        if offset is not None:
            # tifffile counts from the start of the file in its own byte order.
            dtype = dtype.newbyteorder(tiff.byteorder)
            size, end = path.stat().st_size, offset + frames * height * width * dtype.itemsize
            if end > size:
                raise _damaged(path, f"{size} bytes of {end}")
        return Stack(
            path,
            (frames, height, width),
            dtype,
            offset,
            header.frame_rate,
            header.frames if header.plan else None,
            header.says,
            header.place,
        )


def _alike(path: Path, tiff: "TiffFile") -> tuple[int, int | None]:
    """Count the pages of a file, and tell where they start if they lie in one block.

    Raises
    ------
    NeuroLoopError
        If one is unlike the first, is no grey-scale image, lies past the end of the file or
        has no data, or if the first cannot be decoded.
    """
    size = path.stat().st_size
    first = tiff.pages.first
    _decode(path, first)
    start = first.dataoffsets[0] if first.is_contiguous and first.is_memmappable else None
    number = 0
    for number, page in enumerate(tiff.pages):
        grey = getattr(page, "photometric", None)
        if grey in NO_GREY:
            raise NeuroLoopError(
                f"{path} {NO_GREY[int(grey)]}: save it again in grey, where more light is a higher "
                "number (in ImageJ: Image > Lookup Tables > Grays)"
            )
        if (page.shape, page.dtype, page.compression) != (
            first.shape,
            first.dtype,
            first.compression,
        ):
            raise NeuroLoopError(
                f"{path} holds pages unlike one another: page {number} has {_kind(page)}, page 0 "
                f"{_kind(first)}: save the frames alone, alike, in a file of their own"
            )
        if not page.dataoffsets or not all(page.dataoffsets) or not all(page.databytecounts):
            raise _damaged(path, f"page {number} has no data")
        end = max(map(sum, zip(page.dataoffsets, page.databytecounts, strict=True)))
        if end > size:
            raise _damaged(path, f"{size} bytes of {end}")
        if start is not None and page.dataoffsets[0] != start + number * page.nbytes:
            start = None
    return number + 1, start


def _decode(path: Path, page: "TiffPage") -> None:
    """Decode a page, to refuse here what could not be read later."""
    try:
        page.asarray()
    except Exception as error:
        # Without a codec tifffile names its package, or Python cannot import one.
        if isinstance(error, ImportError) or "imagecodecs" in str(error):
            raise NeuroLoopError(
                f"{path} is compressed by {_codec(page)}, which cannot be decoded here: "
                "save it without compression, or by deflate (zlib)"
            ) from error
        raise _damaged(path, f"frame 0: {_one_line(error)}") from error


def _codec(page: "TiffPage | TiffFrame") -> str:
    return str(getattr(page.compression, "name", page.compression))


def _kind(page: "TiffPage | TiffFrame") -> str:
    sizes = " x ".join(map(str, page.shape))
    return f"{sizes} {page.dtype}" + (f", {_codec(page)}" if page.compression > 1 else "")


def _refuse_more(path: Path, header: Header, pages: int) -> None:
    """Refuse a file whose pages are not the frames of one channel and one plane."""
    if header.channels == header.planes == 1:
        return
    each = header.channels * header.planes
    several = [
        f"several {name} ({number})"
        for name, number in (("channels", header.channels), ("planes", header.planes))
        if number > 1
    ]
    uneven = f" in {pages} pages, no multiple of {each}" if pages > 1 and pages % each else ""
    raise NeuroLoopError(
        f"{path} has {' and '.join(several)}{uneven}: {header.says}; save one channel of one plane "
        "a file, without flyback (where all are frames of time, have the header say so)"
    )


def _movie_shape(
    path: Path, axes: str, shape: Sequence[int], others: str = "C"
) -> tuple[int, int, int]:
    """Frames, height and width of a stack, or an error that says why it is no movie.

    `others` are axes that are not taken for time.
    """
    kept = [
        (axis, size)
        for position, (axis, size) in enumerate(zip(axes, shape, strict=True))
        # The last two axes count even if a frame is a line or a point.
        if size > 1 or position >= len(axes) - 2
    ]
    left = "".join(axis for axis, _ in kept)
    if left == "YX" or (len(left) == 3 and left.endswith("YX") and left[0] not in "S" + others):
        frames, height, width = (1, *(size for _, size in kept))[-3:]
        return frames, height, width
    sizes = " x ".join(map(str, shape))
    reason = "colour" if "S" in left else "several channels" if "C" in left else "no movie"
    raise NeuroLoopError(
        f"{path} has the shape {sizes} (axes {axes}), which is {reason}: save frames of one "
        "channel and one plane, grey-scale"
    )


@contextmanager
def _opened(path: Path) -> Iterator["TiffFile"]:
    """Open a file, and refuse one of which tifffile only logs that it is damaged."""
    import tifffile

    complaints = _Complaints()
    logger = logging.getLogger("tifffile")
    logger.addHandler(complaints)
    propagate, logger.propagate = logger.propagate, False
    try:
        # Of a set tifffile would open the other files too, whose pages are no part of this one; in
        # ScanImage's it would guess where pages lie, and lose the last.
        kinds: dict[str, Any] = dict.fromkeys(
            ("is_ome", "is_mmstack", "is_ndtiff", "is_scanimage"), False
        )
        with tifffile.TiffFile(path, **kinds) as tiff:
            # Counting the pages follows the chain of them to its end.
            if not len(tiff.pages):
                raise _damaged(path, "no image in it")
            if complaints.messages:
                raise _damaged(path, complaints.messages[0])
            yield tiff
    except NeuroLoopError:
        raise
    except Exception as error:
        raise _damaged(path, _one_line(error)) from error
    finally:
        logger.removeHandler(complaints)
        logger.propagate = propagate


class _Complaints(logging.Handler):
    """Keeps what tifffile logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(_one_line(record.getMessage()))


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def frame_size(shape: Sequence[int]) -> str:
    """Height and width, the last two of a shape, for messages."""
    return " x ".join(map(str, shape[-2:]))


def _damaged(path: Path, reason: str) -> NeuroLoopError:
    return NeuroLoopError(
        f"{path} is truncated or no TIFF movie ({reason}): copy or export it again"
    )
