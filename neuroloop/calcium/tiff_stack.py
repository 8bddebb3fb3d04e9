"""TIFF files as stacks of frames: their pages, shape and type, and reading them.

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

from neuroloop.calcium.foreign_movies import refuse_foreign
from neuroloop.calcium.headers.declared import Declared, Place
from neuroloop.calcium.headers.ome import OmeImage, is_ome, read_ome, uuid_of
from neuroloop.calcium.page_choice import Reading, choose_pages
from neuroloop.calcium.tiff_header import read_header
from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import check_stated_size, outside, reason

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffFrame, TiffPage

#: Formats whose channels and slices tifffile tells by its own reading.
OTHERS = {"fluoview", "lsm", "sis", "stk"}
#: Photometric interpretations in which a higher number is not more light.
NO_GREY = {
    0: "says that 0 is white (WhiteIsZero), so that more light is a lower number",
    3: "holds places in a table of colours (palette)",
}
#: The tag that says how an image is turned, and its value where it is not.
ORIENTATION, UPRIGHT = 274, 1
REMEDY = "copy or export it again"


@dataclass(frozen=True, eq=False)
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
        Where the pages start if they lie in one block.
    frame_rate : float or None
        Hz, from the metadata.
    planned : int or None
        Frames of the whole recording that the header spoke of before they were there.
    says : str
        What the header says of the pages, for messages.
    place : Place or None
        Where its first frame stands in its acquisition.
    pages : ndarray of int, shape (frames,)
        Places of the frames among the file's pages.
    times : ndarray of int, shape (frames,)
        Time points by the header.
    choice : str
        Which channel and plane was taken, where there are several.
    warnings : tuple of str
        What is to be told, a sentence each.
    doubt : str
        Why the header's frame rate is none to rely on.
    """

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype
    offset: int | None
    frame_rate: float | None
    planned: int | None
    says: str
    place: Place | None
    pages: np.ndarray
    times: np.ndarray
    choice: str = ""
    warnings: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
        return (self.path,)

    def frames(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        """Read frames one by one, each of shape (height, width), in the machine's byte order."""
        if self.offset is None:
            yield from self._decoded(indices)
            return
        _, height, width = self.shape
        native = self.dtype.newbyteorder("=")
        with outside(self.path, "a TIFF movie", REMEDY), self.path.open("rb") as stream:
            for index in indices:
                frame = np.empty((height, width), self.dtype)
                stream.seek(self.offset + int(self.pages[int(index)]) * frame.nbytes)
                if stream.readinto(frame.data) < frame.nbytes:
                    raise damaged(self.path, f"frame {index} is cut short")
                yield frame.astype(native, copy=False)

    def _decoded(self, indices: Iterable[int]) -> Iterator[np.ndarray]:
        with opened(self.path) as tiff:
            for index in indices:
                page = tiff.pages[int(self.pages[int(index)])]
                yield _decode(self.path, page, f"frame {index}").reshape(self.shape[1:])


def ome_image(path: Path) -> OmeImage | None:
    """The set or image that a file belongs to by its OME header; None without one."""
    with opened(path) as tiff:
        text = tiff.pages.first.description
        return read_ome(text, path) if is_ome(text) else None


def inspect(path: Path, reading: Reading | None = None, image: OmeImage | None = None) -> Stack:
    """Look at the pages of a file: all must be there, alike, and frames by its header.

    Only the file's own pages count, even where its header speaks of other files.

    Parameters
    ----------
    path : path
    reading : Reading, optional
        Which pages are the frames.
    image : OmeImage, optional
        The set that the file is part of.

    Raises
    ------
    NeuroLoopError
        If it is missing or damaged, cannot be decoded, its header and pages disagree, or its shape
        or type is not a movie's.
    """
    with opened(path) as tiff:
        _refuse_other_file(tiff, path, image)
        pages, offset = _alike(path, tiff)
        first, dtype = tiff.pages.first, np.dtype(tiff.pages.first.dtype)
        if dtype.kind not in "uif":
            raise NeuroLoopError(f"{path} holds values of type {dtype}: save grey-scale numbers")
        _refuse_colour(path, first)
        _refuse_turned(path, first)
        if OTHERS & tiff.flags:
            pages, offset, declared = _of_other_format(path, tiff, pages, offset)
        else:
            behind = _behind_one_page(path, tiff, pages, offset)
            pages = behind or pages
            declared = read_header(tiff, path, pages, image)
        height, width = _size(path, first)
        if offset is not None:
            # tifffile counts from the start of the file in its own byte order.
            dtype = dtype.newbyteorder(tiff.byteorder)
            size, end = path.stat().st_size, offset + pages * height * width * dtype.itemsize
            if end > size:
                raise damaged(path, f"{size} bytes of {end}")
        chosen = choose_pages(path, declared, pages, reading or Reading())
        return Stack(
            path,
            (len(chosen.pages), height, width),
            dtype,
            offset,
            declared.frame_rate,
            declared.frames if declared.plan else None,
            declared.says,
            declared.place,
            chosen.pages,
            chosen.times,
            chosen.choice,
            chosen.warnings,
            declared.doubt,
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
    check_stated_size(path, first.shape, first.dtype.itemsize if first.dtype else 1, "TIFF")
    _decode(path, first, "frame 0")
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
            raise damaged(path, f"page {number} has no data")
        end = max(map(sum, zip(page.dataoffsets, page.databytecounts, strict=True)))
        if end > size:
            raise damaged(path, f"{size} bytes of {end}")
        if start is not None and page.dataoffsets[0] != start + number * page.nbytes:
            start = None
    return number + 1, start


def _behind_one_page(path: Path, tiff: "TiffFile", pages: int, offset: int | None) -> int:
    """Frames that lie behind the only page, as ImageJ and tifffile write large stacks; 0 if none.

    They count where the header speaks of them, and must then be there.
    """
    first = tiff.pages.first
    if pages > 1 or is_ome(first.description):
        return 0
    if tiff.imagej_metadata and first.description.startswith("ImageJ="):
        frames = int(tiff.imagej_metadata.get("images", 1))
    elif tiff.shaped_metadata and len(tiff.shaped_metadata) == 1:
        shape = tiff.shaped_metadata[0]["shape"]
        frames = int(np.prod(shape, dtype=object)) // max(int(np.prod(first.shape)), 1)
    else:
        return 0
    if frames > 1 and offset is None:
        raise damaged(path, f"one page of {frames}")
    if frames > 1:
        check_stated_size(path, (frames, *first.shape), np.dtype(first.dtype).itemsize, "TIFF")
        end = offset + frames * first.nbytes if offset is not None else 0
        if end > path.stat().st_size:
            raise damaged(path, f"{path.stat().st_size} bytes of {end}")
    return frames


def _of_other_format(
    path: Path, tiff: "TiffFile", pages: int, offset: int | None
) -> tuple[int, int | None, Declared]:
    """Pages, where they start, and what is declared, by tifffile's reading of rarer formats."""
    series = tiff.series[0]
    kept = [
        (axis, size)
        for axis, size in list(zip(series.axes, series.shape, strict=True))[:-2]
        if size > 1
    ]
    if len(kept) > 1 or any(axis in "SCZ" for axis, _ in kept):
        sizes = " x ".join(map(str, series.shape))
        several = "several channels" if "C" in {axis for axis, _ in kept} else "no movie"
        kind = ", ".join(sorted(OTHERS & tiff.flags)).upper()
        raise NeuroLoopError(
            f"{path} is of the format {kind} and has the shape {sizes} (axes {series.axes}), which "
            f"is {several}: save frames of one channel and one plane as TIFF (in Fiji: File > "
            "Import > Bio-Formats)"
        )
    frames = kept[0][1] if kept else 1
    if pages == 1 and frames > 1:
        if series.dataoffset is None:
            raise damaged(path, f"one page of {frames}")
        return frames, series.dataoffset, Declared()
    return pages, offset, Declared()


def _refuse_other_file(tiff: "TiffFile", path: Path, image: OmeImage | None) -> None:
    """Refuse a file that is not the one that a set names, by its UUID."""
    if image is None or path.name not in image.uuids:
        return
    own = uuid_of(tiff.pages.first.description)
    if own and own != image.uuids[path.name]:
        raise NeuroLoopError(
            f"{path} is not the file of this name that the OME header of {image.path} speaks of "
            "(they differ in the UUID): put the right one there, or save the movie as a plain TIFF"
        )


def _decode(path: Path, page: "TiffPage | TiffFrame", which: str) -> np.ndarray:
    """Decode a page."""
    try:
        return page.asarray()
    except MemoryError:
        raise
    except Exception as error:
        # tifffile itself knows deflate alone; all else is imagecodecs'.
        import imagecodecs

        missing = isinstance(error, ImportError | imagecodecs.DelayedImportError)
        if missing or "imagecodecs" in str(error) or "COMPRESSION" in str(error):
            raise NeuroLoopError(
                f"{path} is compressed by {_codec(page)}, which cannot be decoded here: "
                "save it without compression, or by deflate (zlib)"
            ) from error
        compressed = f"compressed by {_codec(page)}, " if page.compression > 1 else ""
        raise damaged(path, f"{which}: {compressed}{reason(error)}") from error


def _codec(page: "TiffPage | TiffFrame") -> str:
    return str(getattr(page.compression, "name", page.compression))


def _kind(page: "TiffPage | TiffFrame") -> str:
    sizes = " x ".join(map(str, page.shape))
    return f"{sizes} {page.dtype}" + (f", {_codec(page)}" if page.compression > 1 else "")


def _refuse_colour(path: Path, page: "TiffPage") -> None:
    if page.samplesperpixel > 1 or page.imagedepth > 1:
        sizes = " x ".join(map(str, page.shape))
        kind = "colour" if page.samplesperpixel > 1 else "a volume"
        raise NeuroLoopError(
            f"{path} has pages of the shape {sizes} (axes {page.axes}), which is {kind}: save "
            "frames of one channel and one plane, grey-scale (in Fiji: Image > Type > 16-bit)"
        )


def _refuse_turned(path: Path, page: "TiffPage") -> None:
    """Refuse pages that are to be turned when shown: cells may be drawn on either view."""
    turned = page.tags.valueof(ORIENTATION, UPRIGHT)
    if turned not in (0, UPRIGHT):
        raise NeuroLoopError(
            f"{path} is to be turned by its header (Orientation {turned}), so that rows and "
            "columns of cells may mean either view: save the movie upright (in Fiji: File > Save "
            "As > Tiff)"
        )


def _size(path: Path, page: "TiffPage") -> tuple[int, int]:
    """Height and width of a page."""
    return int(page.imagelength), int(page.imagewidth)


@contextmanager
def opened(path: Path) -> Iterator["TiffFile"]:
    """Open a file, and refuse one of which tifffile only logs that it is damaged."""
    import tifffile

    refuse_foreign(path)
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
        with outside(path, "a TIFF movie", REMEDY):
            try:
                with tifffile.TiffFile(path, **kinds) as tiff:
                    # Counting the pages follows the chain of them to its end.
                    if not len(tiff.pages):
                        raise damaged(path, "no image in it")
                    if complaints.messages:
                        raise damaged(path, complaints.messages[0])
                    yield tiff
            except (NeuroLoopError, OSError, MemoryError):
                raise
            except Exception as error:
                # It begins as a TIFF.
                raise damaged(path, reason(error)) from error
    finally:
        logger.removeHandler(complaints)
        logger.propagate = propagate


class _Complaints(logging.Handler):
    """Keeps what tifffile logs as errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(" ".join(record.getMessage().split()))


def frame_size(shape: Sequence[int]) -> str:
    """Height and width, the last two of a shape, for messages."""
    return " x ".join(map(str, shape[-2:]))


def damaged(path: Path, why: str) -> NeuroLoopError:
    """Error of a movie that is one, but not whole."""
    return NeuroLoopError(f"{path} is damaged or cut short ({why}): {REMEDY}")
