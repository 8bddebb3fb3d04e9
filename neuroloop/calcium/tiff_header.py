"""What a TIFF file's header says of its pages: channels, planes, frames, frame rate.

Read from ImageJ's, OME's, ScanImage's (3.x to 2020 and later), Micro-Manager's and tifffile's own
metadata. Nothing here looks at a pixel or at another file's pages.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree

import numpy as np

from neuroloop.calcium.page_header import Place, first_place
from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    from tifffile import TiffFile

#: Seconds in the units in which OME-XML gives times.
OME_SECONDS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}
#: Beginnings of the names that ImageJ gives them; anything may stand there.
IMAGEJ_SECONDS = {"s": "s sec second", "ms": "ms msec millisec millisecond", "h": "h hr hour"} | {
    "us": "us usec microsec microsecond µs \\u00b5s",
    "min": "m min minute",
}

#: A line of ScanImage's header: its key, and its value in Matlab's notation.
SCANIMAGE = re.compile(
    r"^\s*((?:scanimage\.)?(?:SI\d*|state)\.[\w.]+)\s*=\s*(.*?)\s*;?\s*$", re.MULTILINE
)


class Header(NamedTuple):
    """What is said of a file's pages.

    Attributes
    ----------
    says : str
        In the words of the header, for messages.
    channels, planes : int
        That follow one another before the next frame; pages of an objective's flyback count as
        planes.
    frames : int or None
        Frames of the whole recording.
    plan : bool
        Whether that number was written before the frames were: they may be fewer, or go on in
        another file.
    frame_rate : float or None
        Hz.
    place : Place or None
        Where the first page stands in its acquisition.
    """

    says: str = "its header says nothing"
    channels: int = 1
    planes: int = 1
    frames: int | None = None
    plan: bool = True
    frame_rate: float | None = None
    place: Place | None = None


def read_header(tiff: "TiffFile", path: Path) -> Header:
    """Read the header of a file.

    Parameters
    ----------
    tiff : TiffFile
        Open.
    path : path
        Of the file.

    Raises
    ------
    NeuroLoopError
        If the pages' order or images cannot be told from it.
    """
    header = _read(tiff, path)
    return header if header.place else header._replace(place=first_place(tiff, path))


def _read(tiff: "TiffFile", path: Path) -> Header:
    description = tiff.pages.first.description
    if tiff.imagej_metadata and description.startswith("ImageJ="):
        return _imagej(tiff.imagej_metadata)
    if description.rstrip("\0 \r\n").endswith("OME>"):
        return _ome(description, path, len(tiff.pages))
    scanimage = _scanimage_values(tiff)
    if scanimage:
        return _scanimage(scanimage)
    if tiff.shaped_metadata and "S" not in tiff.pages.first.axes:
        return _shaped(tiff.shaped_metadata, len(tiff.pages), tiff.pages.first.shape, path)
    summary = (tiff.micromanager_metadata or {}).get("Summary")
    return _micromanager(summary) if summary else Header()


def _imagej(metadata: Mapping[str, Any]) -> Header:
    channels, slices, frames = (
        int(metadata.get(name, 1)) for name in ("channels", "slices", "frames")
    )
    says = f"ImageJ's header says {channels} channels, {slices} slices, {frames} frames"
    # ImageJ's own `fps` is the speed of playing, not of recording.
    interval = number(metadata.get("finterval")) * _imagej_seconds(metadata.get("tunit"))
    rate = 1 / interval if interval else None
    if slices > 1 and channels == frames == 1 and metadata.get("images", slices) == slices:
        # A stack that nobody called a time series is one of slices in ImageJ.
        return Header(says, 1, 1, slices, False, rate)
    return Header(says, channels, slices, frames, False, rate)


def _imagej_seconds(unit: object) -> float:
    """Seconds in ImageJ's unit of time; 0 if it is none that is known."""
    name = str(unit or "s").strip().lower().rstrip(".").replace("μ", "µ")
    unit_of = {one: key for key, names in IMAGEJ_SECONDS.items() for one in names.split()}
    return OME_SECONDS.get(unit_of.get(name, unit_of.get(name.removesuffix("s"), "")), 0.0)


def _shaped(
    metadata: tuple[Mapping[str, Any], ...], pages: int, page: tuple[int, ...], path: Path
) -> Header:
    """Header of a file that tifffile wrote."""
    shapes = [tuple(one["shape"]) for one in metadata]
    rate = number(metadata[0].get("fps")) or None
    if len(shapes) > 1:
        # Frames that were written one by one have a header each.
        if len(shapes) == pages and all(np.prod(shape[:-2]) == 1 for shape in shapes):
            return Header("tifffile's header says one frame a page", frame_rate=rate)
        raise NeuroLoopError(
            f"{path} holds {len(shapes)} series of frames, of the shapes "
            f"{', '.join(map(str, dict.fromkeys(shapes)))}: save one movie a file"
        )
    shape = shapes[0]
    axes = str(metadata[0].get("axes") or "").upper()
    named = axes if len(axes) == len(shape) else len(shape) * "Q"
    says = f"tifffile's header says the shape {' x '.join(map(str, shape))}, axes {named}"
    # One grey value a pixel may be written as an axis of its own.
    last = 3 if shape[-1] == 1 and shape[-3:-1] == page[:2] else 2
    before = [(axis, size) for axis, size in zip(named, shape, strict=True)][:-last]
    channels, planes = (
        int(np.prod([size for axis, size in before if axis == one])) for one in "CZ"
    )
    times = [size for axis, size in before if axis not in "CZ" and size > 1]
    # Of several axes of which none is known to be time, all but the first lie within a frame.
    return Header(
        says, channels, planes * int(np.prod(times[1:])), times[0] if times else 1, False, rate
    )


def _micromanager(summary: Mapping[str, Any]) -> Header:
    channels, planes = (int(number(summary.get(name)) or 1) for name in ("Channels", "Slices"))
    frames = int(number(summary.get("Frames"))) or None
    says = f"Micro-Manager's header says {channels} channels, {planes} slices, {frames} frames"
    return Header(says, channels, planes, frames)


def _ome(text: str, path: Path, pages: int) -> Header:
    """Header in OME-XML; of a set of files, what it says of this one."""
    root = _ome_root(text, path)
    images = root.findall("{*}Image/{*}Pixels")
    mine = [pixels for pixels in images if _in_file(pixels, root, path)] or images
    if len(mine) != 1:
        raise NeuroLoopError(
            f"{path} holds {len(mine)} images by its OME header: save one movie a file"
        )
    pixels = mine[0]
    channels, planes, frames = (int(pixels.get(f"Size{axis}", 1)) for axis in "CZT")
    says = f"its OME header says SizeC {channels}, SizeZ {planes}, SizeT {frames}"
    own = [data for data in pixels.findall("{*}TiffData") if _is_own(data, root, path)]
    if own and all(data.get("PlaneCount") == "1" for data in own):
        # Each page has its place: channels and planes may be in files of their own.
        channels, planes = (len({data.get(f"First{axis}", "0") for data in own}) for axis in "CZ")
    positions = sorted((int(data.get("FirstT", 0)), int(data.get("IFD", 0))) for data in own)
    if channels == planes == 1 and [page for _, page in positions] != sorted(
        p for _, p in positions
    ):
        raise NeuroLoopError(
            f"{path} holds its frames in another order than that of time by its OME header: save "
            "them in order"
        )
    interval = number(pixels.get("TimeIncrement")) * OME_SECONDS.get(
        pixels.get("TimeIncrementUnit", "s"), 0.0
    )
    # Frames may be missing, or lie in other files; those that it does not speak of are no frames.
    plan = pages <= frames
    of_set = ";".join(sorted({str(uuid.text) for uuid in pixels.findall("{*}TiffData/{*}UUID")}))
    position = Place(f"OME {of_set}", (positions[0][0],)) if of_set and positions else None
    rate = 1 / interval if interval else None
    return Header(says, channels, planes, frames, plan, rate, position)


def _ome_root(text: str, path: Path) -> ElementTree.Element:
    """Root of the OME-XML; of the master file where this one only names it."""
    root = ElementTree.fromstring(text)
    only = root.find("{*}BinaryOnly")
    if only is None:
        return root
    master = path.parent / Path(only.get("MetadataFile", "")).name
    if not master.is_file():
        raise NeuroLoopError(
            f"{path} has its OME header in the file {master.name}, which is not beside it: put it "
            "there, or save the movie as a plain TIFF"
        )
    if master.name.endswith((".ome", ".xml")):
        found = ElementTree.parse(master).getroot()
    else:
        import tifffile

        with tifffile.TiffFile(master, is_ome=False) as tiff:
            found = ElementTree.fromstring(tiff.pages.first.description)
    if only.get("UUID") and root.get("UUID"):
        found.set("UUID", str(root.get("UUID")))
    return found


def _in_file(pixels: ElementTree.Element, root: ElementTree.Element, path: Path) -> bool:
    return any(_is_own(data, root, path) for data in pixels.findall("{*}TiffData"))


def _is_own(data: ElementTree.Element, root: ElementTree.Element, path: Path) -> bool:
    """Tell whether pages that OME-XML speaks of lie in this file."""
    found = data.find("{*}UUID")
    if found is None:
        return True
    known = root.get("UUID")
    return found.text == known if known else found.get("FileName") == path.name


def _scanimage_values(tiff: "TiffFile") -> dict[str, str]:
    """ScanImage's settings, by the last two parts of their names and by the last alone."""
    page = tiff.pages.first
    found = SCANIMAGE.findall(
        "\n".join((page.description, page.software)).replace("\r\n", "\n").replace("\r", "\n")
    )
    if not found and tiff.is_bigtiff:
        found = list(_flat(_frame_data(tiff), ""))
    values: dict[str, str] = {}
    for key, value in found:
        parts = key.split(".")
        values.setdefault(".".join(parts[-2:]), value)
        values.setdefault(parts[-1], value)
    return values


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


def _scanimage(values: Mapping[str, str]) -> Header:
    """Header of ScanImage, whose names for the same settings differ between its releases."""

    def numbers(*names: str) -> list[float]:
        text = next((values[name] for name in names if name in values), "")
        return [float(one) for one in re.findall(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", text)]

    def one(*names: str) -> int:
        return int(next(iter(numbers(*names)), 0))

    def on(*names: str) -> bool | None:
        text = next((values[name] for name in names if name in values), None)
        return None if text is None else text.strip().lower() in ("true", "1")

    saved = numbers("hChannels.channelSave", "channelSave", "channelsSave")
    by_flag = sum(
        value.strip() == "1"
        for name, value in values.items()
        if re.fullmatch(r"savingChannel\d", name)
    )
    channels = len(saved) or one("numberOfChannelsSave") or by_flag or 1
    actual = one("hStackManager.actualNumSlices")
    slices = one("hStackManager.numSlices", "stackNumSlices", "numSlices", "numberOfZSlices")
    fast = bool(on("hFastZ.enable", "fastZEnable"))
    if fast:
        flyback = one("hFastZ.numDiscardFlybackFrames", "fastZNumDiscardFrames")
        several = max(actual, slices, 1)
        planes = one("hFastZ.numFramesPerVolume") or several + flyback * (several > 1)
    elif on("hStackManager.enable") is False:
        planes = 1
    else:
        planes = actual or slices or 1
    averaged = one("hScan2D.logAverageFactor", "acqNumAveragedFrames") or 1
    if on("acq.averaging"):
        averaged = one("acq.numberOfFrames") or 1
    planned = one("hStackManager.framesPerSlice", "acqNumFrames", "acq.numberOfFrames")
    said = {
        name: values[name]
        for name in (
            *("hChannels.channelSave", "channelsSave", "numberOfChannelsSave"),
            *("hStackManager.numSlices", "stackNumSlices", "numberOfZSlices"),
            *("hStackManager.actualNumSlices", "hFastZ.enable", "fastZEnable"),
            *("hFastZ.numFramesPerVolume", "hStackManager.framesPerSlice"),
        )
        if name in values
    }
    says = "ScanImage's header says " + ", ".join(f"{n} = {v}" for n, v in said.items())
    return Header(says, channels, planes, planned // averaged or None)


def number(value: object) -> float:
    """Return a positive finite number as such, and 0 for all else."""
    try:
        found = float(str(value))
    except ValueError:
        return 0.0
    return found if np.isfinite(found) and found > 0 else 0.0
