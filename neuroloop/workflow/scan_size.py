"""How large NIfTI images are, by their headers: what jobs need is known before one opens them.

Nothing is checked here: a file that cannot be read has size 0, and its job tells what is wrong.
"""

import bz2
import gzip
import math
import struct
from functools import cache
from pathlib import Path
from typing import IO, cast

import numpy as np

#: Bytes of the header, by which versions and byte orders are told, and what holds its lengths,
#: type, first value and scale: format and place of each (NIfTI-1 and NIfTI-2 standards).
HEADERS = {
    348: {"dim": ("8h", 40), "type": ("h", 70), "start": ("f", 108), "scale": ("2f", 112)},
    540: {"dim": ("8q", 16), "type": ("h", 12), "start": ("q", 168), "scale": ("2d", 176)},
}

#: NumPy's types by the numbers of the standard.
TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}


def bytes_of(path: Path) -> int:
    """Bytes of an image's values in memory; 0 if its header cannot be read.

    Values that the header scales are in double precision, and those that are stored beside them.
    """
    shape, dtype, _, (slope, shift) = _header(path)
    scaled = math.isfinite(slope) and slope != 0 and (slope, shift) != (1, 0)
    return math.prod(shape) * (dtype.itemsize + 8 * scaled)


def volumes_of(path: Path) -> int:
    """Volumes of an image of four dimensions; 0 if that cannot be read."""
    shape = _header(path)[0]
    return shape[3] if len(shape) > 3 else len(shape) // 3


@cache
def voxels_of(path: Path, label: int | None = None, threshold: float | None = None) -> int:
    """Voxels of a mask that a region takes, both hemispheres; all voxels if it cannot be read."""
    shape, dtype, start, (slope, shift) = _header(path)
    try:
        with _open(path) as stream:
            stream.read(start)
            raw = np.frombuffer(stream.read(math.prod(shape) * dtype.itemsize), dtype)
    except (OSError, EOFError, ValueError):
        return math.prod(shape)
    values = raw * slope + shift if slope and math.isfinite(slope) else raw
    if label is not None:
        return int((values == label).sum())
    return int((values > (threshold or 0)).sum())


@cache
def _header(path: Path) -> tuple[tuple[int, ...], np.dtype, int, tuple[float, float]]:
    """Lengths, type, first byte and scale of an image's values."""
    try:
        with _open(path) as stream:
            content = stream.read(max(HEADERS))
        for order in "<>":
            (size,) = struct.unpack_from(f"{order}i", content)
            if places := HEADERS.get(size):
                found = {
                    name: struct.unpack_from(order + form, content, place)
                    for name, (form, place) in places.items()
                }
                (count, *lengths), (code,) = found["dim"], found["type"]
                shape = tuple(max(0, length) for length in lengths[: max(0, count)])
                dtype = np.dtype(order + TYPES.get(code, "f8"))
                return shape, dtype, int(found["start"][0]), found["scale"]
    except (OSError, EOFError, struct.error):
        pass
    return (0,), np.dtype("u1"), 0, (0.0, 0.0)


def _open(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return bz2.open(path, "rb") if path.suffix.lower() == ".bz2" else path.open("rb")
