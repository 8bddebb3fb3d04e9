"""ScanImage's header, whose names for the same settings differ between its releases (3 to 2023).

Channels follow one another first, then the planes of a volume, then the pages of flyback.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.calcium.headers.declared import Declared, Place, numbered
from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    from tifffile import TiffFile

#: A line of the header: its key, and its value in Matlab's notation.
LINE = re.compile(
    r"^\s*((?:scanimage\.)?(?:SI\d*|state)\.[\w.]+)\s*=\s*(.*?)\s*;?\s*$", re.MULTILINE
)
FRAME_NUMBER = re.compile(r"^\s*frame ?numbers?\s*=\s*(\d+)", re.IGNORECASE | re.MULTILINE)
TIMESTAMP = re.compile(
    r"^\s*frame ?timestamps?(?:_sec|\(s\))?\s*=\s*([-+.\deE]+)", re.IGNORECASE | re.MULTILINE
)
#: Pages whose numbers are compared.
LOOKED_AT = 200
#: Relative difference of rates that counts as rounding.
TOLERANCE = 0.01
#: Settings that are quoted in messages, where they are there.
QUOTED = (
    *("hChannels.channelSave", "channelsSave", "numberOfChannelsSave"),
    *("hStackManager.numSlices", "stackNumSlices", "numberOfZSlices"),
    *("hStackManager.actualNumSlices", "hFastZ.enable", "fastZEnable"),
    *("hFastZ.numDiscardFlybackFrames", "hFastZ.numFramesPerVolume"),
    *("hStackManager.numFramesPerVolumeWithFlyback", "hStackManager.framesPerSlice"),
)


class Settings:
    """Settings of a header, by the last two parts of their names or by the last alone."""

    def __init__(self, found: Iterator[tuple[str, str]]) -> None:
        self.values: dict[str, str] = {}
        for key, value in found:
            parts = key.split(".")
            self.values.setdefault(".".join(parts[-2:]), value)
            self.values.setdefault(parts[-1], value)

    def numbers(self, *names: str) -> list[float]:
        """Numbers in the first setting that is there."""
        text = next((self.values[name] for name in names if name in self.values), "")
        return [float(one) for one in re.findall(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", text)]

    def one(self, *names: str) -> float:
        """The first number, or 0."""
        return next(iter(self.numbers(*names)), 0.0)

    def on(self, *names: str) -> bool | None:
        """Whether it is on; None if it is not there."""
        text = next((self.values[name] for name in names if name in self.values), None)
        return None if text is None else text.strip().lower() in ("true", "1")


def read_scanimage(tiff: "TiffFile", path: Path, pages: int) -> Declared | None:
    """Read ScanImage's header; None if there is none.

    Raises
    ------
    NeuroLoopError
        If its settings contradict each other or the pages, or pages of several frames of one
        plane stand before those of the next.
    """
    settings = _settings(tiff)
    if not settings.values:
        return None
    saved = [int(one) for one in settings.numbers(*QUOTED[:1], "channelSave", "channelsSave")]
    flags = {
        int(match[1])
        for name, value in settings.values.items()
        if (match := re.fullmatch(r"savingChannel(\d)", name)) and value.strip() == "1"
    }
    by_number = numbered(int(settings.one("numberOfChannelsSave")))
    # The flags name the channels, and count even where a number is there too.
    channels = tuple(saved) or _agreeing(path, tuple(sorted(flags)), by_number) or (1,)
    said = {name: settings.values[name] for name in QUOTED if name in settings.values}
    says = "ScanImage's header says " + (
        ", ".join(f"{name} = {value}" for name, value in said.items()) or "nothing of its pages"
    )
    averaged = int(settings.one("hScan2D.logAverageFactor", "acqNumAveragedFrames")) or 1
    if settings.on("acq.averaging"):
        averaged = int(settings.one("acq.numberOfFrames")) or 1
    each = settings.one("hStackManager.framesPerSlice", "acqNumFrames", "acq.numberOfFrames")
    planned = int(each) // averaged or None
    planes, flyback = _volume(settings)
    fast = bool(settings.on("hFastZ.enable", "fastZEnable"))
    if planes > 1:
        repeated = planned or 1
        if not fast and repeated > 1:
            raise NeuroLoopError(
                f"{path} is a slow stack of several planes ({planes}), {repeated} frames of one "
                f"before the next: {says}; save the frames of one plane as a file of their own"
            )
        volumes = settings.one("hFastZ.numVolumes", "hStackManager.actualNumVolumes")
        planned = int(volumes or settings.one("fastZNumVolumes")) or None
        if not fast and planned is None:
            planned = None
    counted, first, step = _count(tiff, path, pages, len(channels), averaged)
    volume = len(channels) * (planes + flyback)
    declared = Declared(
        says,
        channels,
        planes,
        flyback,
        planned,
        frame_rate=_rate(settings, path, planes + flyback, fast, averaged),
        phase=len(channels) * first % volume if planes > 1 else 0,
        counted=counted,
        place=_place(tiff, round(pages * step)),
    )
    return declared.timed(
        _seconds(tiff, pages), ((pages - 1) // len(channels)) / (planes + flyback)
    )


def _agreeing(path: Path, flags: tuple[int, ...], by_number: tuple[int, ...]) -> tuple[int, ...]:
    if flags and by_number and len(flags) != len(by_number):
        raise NeuroLoopError(
            f"{path} contradicts itself: ScanImage's header says numberOfChannelsSave = "
            f"{len(by_number)}, but that of channels {', '.join(map(str, flags))} are saved: "
            "export the channel again as a file of its own"
        )
    return flags or by_number


def _volume(settings: Settings) -> tuple[int, int]:
    """Planes of a volume, and pages of flyback after them."""
    actual = int(settings.one("hStackManager.actualNumSlices"))
    slices = int(
        settings.one("hStackManager.numSlices", "stackNumSlices", "numSlices", "numberOfZSlices")
    )
    planes = max(actual or slices, 1)
    if not settings.on("hFastZ.enable", "fastZEnable"):
        off = settings.on("hStackManager.enable") is False
        return (1, 0) if off else (planes, 0)
    whole = int(
        settings.one("hStackManager.numFramesPerVolumeWithFlyback", "hFastZ.numFramesPerVolume")
    )
    back = int(settings.one("hFastZ.numDiscardFlybackFrames", "fastZNumDiscardFrames"))
    if not whole:
        return planes, back * (planes > 1)
    if not (actual or slices):
        # Old headers may give the pages of a volume alone.
        planes = max(whole - back, 1)
    return planes, max(whole - planes, 0)


def _rate(settings: Settings, path: Path, volume: int, fast: bool, averaged: int) -> float | None:
    """Hz of one plane's frames; of a volume's two rates both are compared."""
    frame = settings.one("hRoiManager.scanFrameRate", "scanFrameRate", "acq.frameRate")
    whole = settings.one("hRoiManager.scanVolumeRate", "scanVolumeRate")
    by_frame = frame / volume / averaged
    if volume == 1 or not fast:
        return (by_frame if volume == 1 else 0) or None
    if frame and whole and abs(frame / volume / whole - 1) > TOLERANCE:
        raise NeuroLoopError(
            f"{path} contradicts itself: ScanImage's header says {frame:g} frames and {whole:g} "
            f"volumes a second, but a volume of {volume} frames (flyback included): export the "
            "plane again as a file of its own"
        )
    return whole / averaged or by_frame or None


def _settings(tiff: "TiffFile") -> Settings:
    page = tiff.pages.first
    text = "\n".join((page.description, page.software)).replace("\r\n", "\n").replace("\r", "\n")
    found = LINE.findall(text)
    if not found and tiff.is_bigtiff:
        found = list(_flat(_frame_data(tiff), ""))
    return Settings(iter(found))


def _frame_data(tiff: "TiffFile") -> Mapping[str, Any]:
    """Settings that ScanImage writes before the first page, where there are any."""
    from tifffile import read_scanimage_metadata

    try:
        return read_scanimage_metadata(tiff.filehandle)[0]
    except ValueError:
        return {}


def _flat(values: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    """Names and values of settings, those of settings within them by both names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)


def _count(
    tiff: "TiffFile", path: Path, pages: int, channels: int, averaged: int
) -> tuple[bool, int, float]:
    """Compare the numbers that pages bear with their places.

    Returns
    -------
    counted : bool
        Whether they count the frames.
    first : int
        Frames of the acquisition before the first page.
    step : float
        By which numbers grow from page to page; 0 where they do not count.

    Raises
    ------
    NeuroLoopError
        If numbers are left out: pages are missing.
    """
    spread = np.linspace(0, pages - 1, min(pages, LOOKED_AT)).astype(int)
    places = np.unique([*range(min(pages, LOOKED_AT)), *spread])
    found = [FRAME_NUMBER.search(_description(tiff, int(place))) for place in places]
    numbers = np.array([int(one[1]) if one else 0 for one in found])
    steps = numbers - numbers[0]
    if not numbers.all() or not steps.any():
        # Headers of old releases, or the same one for each page.
        return False, 0, 0.0
    for step in {1, averaged}:
        if (steps == places // channels * step).all():
            first = (numbers[0] - 1) // step
            return True, int(first), step / channels
        if (steps == places * step).all():
            return True, 0, float(step)
    wrong = int(places[np.argmax(steps != places // channels)])
    raise NeuroLoopError(
        f"{path} lacks pages, or has some of another channel: page {wrong} bears the frame number "
        f"{numbers[places.tolist().index(wrong)]} by ScanImage, page 0 the number {numbers[0]} "
        f"({channels} channel{'s' * (channels > 1)}): copy or export the movie again"
    )


def _description(tiff: "TiffFile", place: int) -> str:
    return str(getattr(tiff.pages[place], "description", ""))


def _seconds(tiff: "TiffFile", pages: int) -> float:
    """Time from the first to the last page by what they bear; 0 if they bear none."""
    found = [TIMESTAMP.search(_description(tiff, place)) for place in (0, pages - 1)]
    first, last = (float(one[1]) if one else 0.0 for one in found)
    return last - first


def _place(tiff: "TiffFile", frames: int) -> Place | None:
    """Where the first page stands in its acquisition, and that after so many frames."""
    text = tiff.pages.first.description
    found = FRAME_NUMBER.search(text)
    if not found:
        return None
    number = int(found[1])
    start = re.search(r"^\s*epoch\s*=\s*\[([^]]*)\]", text, re.MULTILINE)
    if start:
        moment = tuple(float(one) for one in re.findall(r"\d+\.?\d*", start[1]))
        return Place("epoch", (*moment, number), (*moment, number + frames) if frames else None)
    which = re.search(r"^\s*acquisition ?numbers?\s*=\s*(\d+)", text, re.IGNORECASE | re.MULTILINE)
    return Place(which[1] if which else "", (number,), (number + frames,) if frames else None)
