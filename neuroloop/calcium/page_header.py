"""What the pages of a TIFF file say of themselves: which channel and plane, and which frame.

Micro-Manager (NDTiff and its stacks) writes it as JSON beside each page, ScanImage in each page's
description; their files' headers may be silent about it.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffFrame, TiffPage

#: The tag of Micro-Manager's JSON, and the names of what is no time in it.
MICROMANAGER = 51123
AXES = {
    "channel": ("ChannelIndex", "Channel"),
    "z": ("SliceIndex", "Slice"),
    "position": ("PositionIndex",),
    "row": (),
    "column": (),
}
#: Pages that are looked at, from the first on and again spread over the file.
LOOKED_AT = 200


class Place(NamedTuple):
    """Where a file's first page stands in its acquisition.

    Attributes
    ----------
    acquisition : str
        Only places of the same can be compared.
    order : tuple of float
        Increases with time.
    """

    acquisition: str
    order: tuple[float, ...]


def refuse_mixed_pages(tiff: "TiffFile", path: Path) -> None:
    """Refuse a file whose pages are of several channels, planes or positions by their own words.

    Raises
    ------
    NeuroLoopError
        If they are.
    """
    if not _micromanager(tiff.pages.first):
        return
    pages = len(tiff.pages)
    spread = np.linspace(0, pages - 1, min(pages, LOOKED_AT)).astype(int)
    seen: dict[str, set[str]] = {axis: set() for axis in AXES}
    for number in sorted({*range(min(pages, LOOKED_AT)), *spread.tolist()}):
        page = tiff.pages[number]
        facts = _micromanager(page)
        for axis, names in AXES.items():
            positions = facts.get("Axes") or {}
            value = positions.get(axis, next((facts[n] for n in names if n in facts), None))
            if value is not None:
                seen[axis].add(str(value))
    for axis, values in seen.items():
        if len(values) > 1:
            several = f"{'plane' if axis == 'z' else axis}s ({', '.join(sorted(values)[:4])})"
            raise NeuroLoopError(
                f"{path} has pages of several {several} by what "
                "Micro-Manager says of each: save one channel of one plane and position a file"
            )


def first_place(tiff: "TiffFile", path: Path) -> Place | None:
    """Where the first page stands in its acquisition, by ScanImage or Micro-Manager."""
    first = tiff.pages.first
    facts = _micromanager(first)
    time = (facts.get("Axes") or {}).get("time", facts.get("FrameIndex"))
    if isinstance(time, int):
        # An acquisition has a folder of its own.
        return Place(str(path.parent), (time,))
    text = first.description
    number = re.search(r"^\s*frame ?numbers?\s*=\s*(\d+)", text, re.IGNORECASE | re.MULTILINE)
    if not number:
        return None
    start = re.search(r"^\s*epoch\s*=\s*\[([^]]*)\]", text, re.MULTILINE)
    if start:
        moment = tuple(float(one) for one in re.findall(r"\d+\.?\d*", start[1]))
        return Place("epoch", (*moment, int(number[1])))
    which = re.search(r"^\s*acquisition ?numbers?\s*=\s*(\d+)", text, re.IGNORECASE | re.MULTILINE)
    return Place(which[1] if which else "", (int(number[1]),))


def _micromanager(page: "TiffPage | TiffFrame") -> Mapping[str, Any]:
    tag = page.tags.get(MICROMANAGER) if hasattr(page, "tags") else None
    value = tag.value if tag is not None else None
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}
