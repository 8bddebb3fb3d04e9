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
from typing import TYPE_CHECKING

import numpy as np

from scripts.lib.core.errors import NeuroLoopError

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPageSeries

#: Seconds in the units in which OME-XML gives times.
OME_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}


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
    """

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype
    offset: int | None
    frame_rate: float | None

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
            pages = tiff.series[0].pages
            for index in indices:
                page = pages[int(index)]
                if page is None:
                    raise _damaged(self.path, f"frame {index} is missing")
                try:
                    frame = page.asarray()
                except Exception as error:
                    raise _damaged(self.path, f"frame {index}: {_one_line(error)}") from error
                yield frame.reshape(self.shape[1:])


def inspect(path: Path) -> Stack:
    """Look at the header of a file and check that all of its frames are there.

    Raises
    ------
    NeuroLoopError
        If it is missing or truncated, or its shape or type is not a movie's.
    """
    if not path.is_file():
        raise NeuroLoopError(f"{path} is missing: put the movie there or mend its path")
    with _opened(path) as tiff:
        series = tiff.series
        if len({one.shape[-2:] for one in series}) > 1 or len(series) > 1:
            sizes = ", ".join(sorted({frame_size(one.shape) for one in series}))
            raise NeuroLoopError(
                f"{path} holds {len(series)} series of frames ({sizes}): save one movie a file"
            )
        shape, dtype = _movie_shape(path, series[0]), np.dtype(series[0].dtype)
        if dtype.kind not in "uif":
            raise NeuroLoopError(f"{path} holds values of type {dtype}: save grey-scale numbers")
        offset = series[0].dataoffset
        size = path.stat().st_size
        if offset is not None:
            # tifffile counts from the start of the file in its own byte order.
            dtype = dtype.newbyteorder(tiff.byteorder)
            end = offset + int(np.prod(shape)) * dtype.itemsize
        else:
            end = max(
                (start + count)
                for page in (tiff.pages.first, tiff.pages[-1])
                for start, count in zip(page.dataoffsets, page.databytecounts, strict=True)
            )
        if end > size:
            raise _damaged(path, f"{size} bytes of {end}")
        return Stack(path, shape, dtype, offset, _frame_rate(tiff))


def _movie_shape(path: Path, series: "TiffPageSeries") -> tuple[int, int, int]:
    """Frames, height and width of a series, or an error that says why it is no movie."""
    kept = [
        (axis, size)
        for place, (axis, size) in enumerate(zip(series.axes, series.shape, strict=True))
        # The last two axes count even if a frame is a line or a point.
        if size > 1 or place >= len(series.axes) - 2
    ]
    axes = "".join(axis for axis, _ in kept)
    sizes = tuple(size for _, size in kept)
    if axes == "YX" or (len(axes) == 3 and axes.endswith("YX") and axes[0] != "C"):
        frames, height, width = (1, *sizes)[-3:]
        return frames, height, width
    shape = " x ".join(map(str, series.shape))
    reason = "colour" if "S" in axes else "several channels" if "C" in axes else "no movie"
    raise NeuroLoopError(
        f"{path} has the shape {shape} (axes {series.axes}), which is {reason}: save frames of "
        "one channel and one plane, grey-scale"
    )


def _frame_rate(tiff: "TiffFile") -> float | None:
    """Frame rate (Hz) that the metadata state."""
    interval = 0.0
    if tiff.imagej_metadata:
        # ImageJ's own `fps` is the speed of playing, not of recording.
        interval = _number(tiff.imagej_metadata.get("finterval"))
    elif tiff.ome_metadata:
        from xml.etree import ElementTree

        pixels = ElementTree.fromstring(tiff.ome_metadata).find("{*}Image/{*}Pixels")
        if pixels is not None:
            unit = OME_SECONDS.get(pixels.get("TimeIncrementUnit", "s"), 0.0)
            interval = _number(pixels.get("TimeIncrement")) * unit
    elif tiff.shaped_metadata and _number(tiff.shaped_metadata[0].get("fps")):
        interval = 1 / _number(tiff.shaped_metadata[0]["fps"])
    return 1 / interval if interval > 0 else None


def _number(value: object) -> float:
    """Return a positive finite number as such, and 0 for all else."""
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if np.isfinite(number) and number > 0 else 0.0


@contextmanager
def _opened(path: Path) -> Iterator["TiffFile"]:
    """Open a file, and refuse one of which tifffile only logs that it is damaged."""
    import tifffile

    complaints = _Complaints()
    logger = logging.getLogger("tifffile")
    logger.addHandler(complaints)
    propagate, logger.propagate = logger.propagate, False
    try:
        with tifffile.TiffFile(path) as tiff:
            # Counting the pages follows the chain of them to its end.
            if not tiff.series or not len(tiff.pages):
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
