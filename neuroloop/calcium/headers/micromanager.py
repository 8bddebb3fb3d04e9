"""Micro-Manager's headers: a summary of what was planned, and JSON beside each page."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.calcium.headers.declared import Declared, Place, number, numbered, rate_of
from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffFrame, TiffPage

#: The tag of the JSON, in NDTiff too, and the names by which it knows the axes.
TAG = 51123
AXES = {
    "C": ("channel", ("ChannelIndex", "Channel")),
    "Z": ("z", ("SliceIndex", "Slice")),
    "T": ("time", ("FrameIndex", "Frame")),
    "P": ("position", ("PositionIndex",)),
    "row": ("row", ()),
    "column": ("column", ()),
}
#: Axes that are no part of one movie.
ELSEWHERE = ("P", "row", "column")


def of_page(page: "TiffPage | TiffFrame") -> Mapping[str, Any]:
    """What is said of one page; empty if nothing is."""
    tag = page.tags.get(TAG) if hasattr(page, "tags") else None
    value = tag.value if tag is not None else None
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}


def read_micromanager(tiff: "TiffFile", path: Path, pages: int) -> Declared | None:
    """Read the summary and what is said of every page; None if neither is there.

    Raises
    ------
    NeuroLoopError
        If pages are of several positions, or only some say what they are.
    """
    summary = (tiff.micromanager_metadata or {}).get("Summary") or {}
    if not of_page(tiff.pages.first):
        return _read_summary(summary) if summary else None
    facts = [of_page(tiff.pages[index]) for index in range(pages)]
    values = {axis: [_value(one, axis) for one in facts] for axis in AXES}
    for axis in ELSEWHERE:
        several = sorted({str(value) for value in values[axis] if value is not None})
        if len(several) > 1:
            raise NeuroLoopError(
                f"{path} has pages of several {AXES[axis][0]}s ({', '.join(several[:4])}) by what "
                "Micro-Manager says of each: save one position a file"
            )
    where = np.zeros((pages, 3), dtype=int)
    counts = {}
    for column, axis in enumerate("CZT"):
        known = [value for value in values[axis] if value is not None]
        counts[axis] = 1
        if not known:
            if axis == "T":
                where[:, column] = np.arange(pages)
            continue
        if len(known) < pages:
            raise NeuroLoopError(
                f"{path}: Micro-Manager says of only {len(known)} of {pages} pages which "
                f"{AXES[axis][0]} they are: save the movie again, with Micro-Manager or Fiji"
            )
        if all(isinstance(value, int) for value in known):
            where[:, column] = known
            counts[axis] = 1 if len(set(known)) == 1 else max(known) + 1
        else:
            names = list(dict.fromkeys(map(str, known)))
            where[:, column] = [names.index(str(value)) for value in known]
            counts[axis] = len(names)
        if counts[axis] == 1:
            where[:, column] = 0
    declared = _read_summary(summary)
    if where[:, 2].any() or pages == 1:
        times = where[:, 2]
    else:
        times = np.arange(pages) // (counts["C"] * counts["Z"])
    first, last = (_value(one, "T") for one in (facts[0], facts[-1]))
    counted = isinstance(first, int) and isinstance(last, int)
    says = "Micro-Manager says of the pages {C} channels, {Z} planes".format(**counts)
    made = declared._replace(
        says=f"{declared.says}; {says}" if summary else says,
        channels=numbered(max(counts["C"], 1)),
        planes=max(counts["Z"], 1),
        plan=True,
        where=np.column_stack([where[:, :2], times]),
        # An acquisition has a folder of its own.
        place=Place(str(path.parent), (first,), (last + 1,)) if counted else None,
    )
    clock = [number(one.get("ElapsedTime-ms")) / 1000 for one in (facts[0], facts[-1])]
    return made.timed(clock[1] - clock[0], float(times[-1] - times[0]))


def _value(facts: Mapping[str, Any], axis: str) -> Any:
    name, others = AXES[axis]
    axes = facts.get("Axes")
    if isinstance(axes, Mapping) and name in axes:
        return axes[name]
    return next((facts[other] for other in others if other in facts), None)


def _read_summary(summary: Mapping[str, Any]) -> Declared:
    if not summary:
        return Declared()
    channels, planes = (int(number(summary.get(name)) or 1) for name in ("Channels", "Slices"))
    frames = int(number(summary.get("Frames"))) or None
    says = f"Micro-Manager's header says {channels} channels, {planes} slices, {frames} frames"
    slices_first = str(summary.get("SlicesFirst", "true")).lower() == "true"
    return Declared(
        says,
        numbered(channels),
        planes,
        frames=frames,
        frame_rate=rate_of(number(summary.get("Interval_ms")) / 1000),
        order="ZCT" if slices_first else "CZT",
    )
