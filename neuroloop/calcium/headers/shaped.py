"""tifffile's own header: a shape and its axes, for each part that was written at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.calcium.headers.declared import Declared, number, numbered
from neuroloop.errors import NeuroLoopError


def read_shaped(
    metadata: Sequence[Mapping[str, Any]], pages: int, page: tuple[int, ...], path: Path
) -> Declared:
    """Read the headers of a file that tifffile wrote at once or part by part.

    Parameters
    ----------
    metadata : sequence of mapping
        A header for each part.
    pages : int
        Pages of the file.
    page : tuple of int
        Shape of one.
    path : path

    Raises
    ------
    NeuroLoopError
        If the parts differ in more than their length.
    """
    parts = [_part(one, page, path) for one in metadata]
    first = parts[0]
    if len(parts) == 1:
        return first
    alike = {(one.channels, one.planes, one.order, one.frame_rate) for one in parts}
    shapes = [" x ".join(map(str, one["shape"])) for one in metadata]
    if len(alike) > 1 or not first.order.endswith("T"):
        raise NeuroLoopError(
            f"{path} holds {len(shapes)} series of frames unlike one another "
            f"({'; '.join(dict.fromkeys(shapes))}): save one movie a file"
        )
    frames = sum(one.frames or 1 for one in parts)
    says = f"tifffile's headers say {len(parts)} parts of {frames} frames together"
    # Frames that were written one by one have no axis of time.
    return first._replace(says=says, frames=frames)


def _part(metadata: Mapping[str, Any], page: tuple[int, ...], path: Path) -> Declared:
    shape = tuple(metadata["shape"])
    axes = str(metadata.get("axes") or "").upper()
    named = axes if len(axes) == len(shape) else len(shape) * "Q"
    says = f"tifffile's header says the shape {' x '.join(map(str, shape))}, axes {named}"
    # One grey value a pixel may be written as an axis of its own.
    last = 3 if len(shape) > 2 and shape[-1] == 1 and shape[-3:-1] == page[:2] else 2
    before = list(zip(named, shape, strict=True))[:-last]
    channels, planes = (_product(size for axis, size in before if axis == one) for one in "CZ")
    times = [(axis, size) for axis, size in before if axis not in "CZ" and size > 1]
    order = "".join(
        dict.fromkeys(axis if axis in "CZ" else "T" for axis, size in reversed(before) if size > 1)
    )
    if len(times) > 1:
        # Of several axes of which none is known to be time, all but the first lie within a frame.
        planes *= _product(size for _, size in times[1:])
        order = "ZT"
        if channels > 1:
            raise NeuroLoopError(
                f"{path} has axes of which none is known to be time beside that of channels: "
                f"{says}; save frames of one channel, with axes TYX"
            )
    if "T" not in order:
        order += "T"
    # What has one value may change first.
    order = "".join(axis for axis in "CZ" if axis not in order) + order
    return Declared(
        says,
        numbered(channels),
        planes,
        0,
        times[0][1] if times else 1,
        plan=False,
        frame_rate=number(metadata.get("fps")) or None,
        order=order,
    )


def _product(sizes: Any) -> int:
    return int(np.prod(list(sizes), dtype=np.int64))
