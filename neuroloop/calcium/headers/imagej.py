"""ImageJ's header: channels, slices, frames, in this order from page to page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroloop.calcium.headers.declared import SECONDS, Declared, number, numbered, rate_of
from neuroloop.errors import NeuroLoopError

#: Beginnings of the names that ImageJ gives to units of time; anything may stand there.
UNITS = {"s": "s sec second", "ms": "ms msec millisec millisecond", "h": "h hr hour"} | {
    "us": "us usec microsec microsecond µs \\u00b5s",
    "min": "m min minute",
}


def read_imagej(metadata: Mapping[str, Any], path: Path) -> Declared:
    """Read ImageJ's header.

    Raises
    ------
    NeuroLoopError
        If its numbers contradict each other.
    """
    channels, slices, frames = (
        int(metadata.get(name, 1)) for name in ("channels", "slices", "frames")
    )
    images = int(metadata.get("images", 0)) or channels * slices * frames
    says = f"ImageJ's header says {channels} channels, {slices} slices, {frames} frames"
    if min(channels, slices, frames) < 1 or channels * slices * frames != images:
        raise NeuroLoopError(
            f"{path} contradicts itself: {says}, but {images} images: open it in Fiji, correct "
            "Image > Properties and save it again"
        )
    # ImageJ's own `fps` is the speed of playing, not of recording.
    interval = number(metadata.get("finterval")) * _seconds(metadata.get("tunit"))
    return Declared(
        says, numbered(channels), slices, 0, frames, plan=False, frame_rate=rate_of(interval)
    )


def _seconds(unit: object) -> float:
    """Seconds in ImageJ's unit of time; 0 if it is none that is known."""
    name = str(unit or "s").strip().lower().rstrip(".").replace("μ", "µ")
    unit_of = {one: key for key, names in UNITS.items() for one in names.split()}
    return SECONDS.get(unit_of.get(name, unit_of.get(name.removesuffix("s"), "")), 0.0)
