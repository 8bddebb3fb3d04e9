"""OME-XML: which page of which file is which channel, plane and time point.

A set of files is one movie, of which any file names all; files are looked for beside it alone.
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from neuroloop.calcium.headers.declared import (
    SECONDS,
    Declared,
    number,
    numbered,
    rate_of,
)
from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import is_there, outside

#: Bytes at the beginning of a description in which its UUID stands.
HEAD = 4096


#: Names of types, by numpy's.
TYPES = {"float32": "float", "float64": "double"}


class Run(NamedTuple):
    """Planes that follow one another in a file, from a page on; None is to the end."""

    page: int
    first: tuple[int, int, int]
    planes: int | None


@dataclass(frozen=True)
class OmeImage:
    """An image of an OME header.

    Attributes
    ----------
    path : Path
        The file that was listed.
    names : tuple of str
        The files of the image, in the order of their first time point.
    uuids : mapping of str to str
        The UUID of each that has one.
    runs : mapping of str to list of Run
        Planes in each file.
    sizes : mapping of str to int
        Channels, planes and time points, by C, Z and T.
    order : str
        C, Z, T, the one that changes from page to page first.
    interval : float
        Seconds between time points; 0 if it is not said.
    page : (int, int, str)
        Height, width and type of a page; 0 and "" where they are not said.
    clock : (float, int)
        Seconds from the first to the last time point of which it is said when they were taken, and
        time points between them; 0, 0 if it is not said.
    """

    path: Path
    names: tuple[str, ...]
    uuids: dict[str, str]
    runs: dict[str, list[Run]]
    sizes: dict[str, int]
    order: str
    interval: float
    page: tuple[int, int, str]
    clock: tuple[float, int]

    @property
    def says(self) -> str:
        """The header in short."""
        sizes = ", ".join(f"Size{axis} {self.sizes[axis]}" for axis in "CZT")
        files = f" in {len(self.names)} files" if len(self.names) > 1 else ""
        return f"its OME header says {sizes}{files}"

    def files(self) -> list[Path]:
        """Paths of all files of the image.

        Raises
        ------
        NeuroLoopError
            If one is not beside the file that was listed.
        """
        found = [self.path.parent / name for name in self.names]
        for path in found:
            if not is_there(path):
                raise NeuroLoopError(
                    f"{self.path} is one of a set of {len(found)} files by its OME header, of "
                    f"which {path.name} is not beside it: put all of the set into one folder, "
                    "or save the movie as a plain TIFF"
                )
        return found

    def check_page(self, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> None:
        """Compare what is declared of a page with one.

        Raises
        ------
        NeuroLoopError
            If they differ.
        """
        held = (*shape[:2], TYPES.get(dtype.name, dtype.name))
        for name, said, there in zip(("SizeY", "SizeX", "Type"), self.page, held, strict=True):
            if said and said != there:
                raise NeuroLoopError(
                    f"{path} has pages of {held[0]} x {held[1]} {held[2]}, but its OME header says "
                    f"{name} {said}: save the movie again"
                )

    def declare(self, path: Path, pages: int) -> Declared:
        """What is declared of one file of the image.

        Raises
        ------
        NeuroLoopError
            If its pages are not those that are named.
        """
        runs = self.runs[path.name if path.name in self.runs else self.names[0]]
        sizes = [self.sizes[axis] for axis in self.order]
        known = np.full(pages, -1)
        for run in runs:
            start = 0
            for axis, step in zip(self.order, (1, sizes[0], sizes[0] * sizes[1]), strict=True):
                start += run.first["CZT".index(axis)] * step
            count = int(np.prod(sizes, dtype=object)) - start if run.planes is None else run.planes
            if run.page < 0 or count < 0 or run.page + count > pages:
                raise NeuroLoopError(
                    f"{path} holds {pages} frames, but {self.says}, and {run.page + count} of them "
                    "in this file: copy all of it again, or save the movie as a plain TIFF"
                )
            known[run.page : run.page + count] = np.arange(start, start + count)
        if (known < 0).any():
            raise NeuroLoopError(
                f"{path} holds {pages} frames, but {self.says}, and only {(known >= 0).sum()} of "
                "them in this file: save the movie again, alone"
            )
        if known.size and known.max() >= np.prod(sizes, dtype=object):
            raise NeuroLoopError(
                f"{path} holds {pages} frames, but {self.says}: save the movie again, alone"
            )
        by_axis = dict(zip(self.order, np.unravel_index(known, sizes, order="F"), strict=True))
        return Declared(
            self.says,
            numbered(self.sizes["C"]),
            self.sizes["Z"],
            frames=self.sizes["T"],
            frame_rate=rate_of(self.interval),
            order=self.order,
            where=np.column_stack([by_axis[axis] for axis in "CZT"]),
        ).timed(*self.clock)


def is_ome(description: str) -> bool:
    """Tell whether a description is OME-XML."""
    return description.rstrip("\0 \r\n").endswith("OME>")


def read_ome(text: str, path: Path) -> OmeImage:
    """Read the image of an OME header that a file is, or is part of.

    Raises
    ------
    NeuroLoopError
        If the header is in a file that is not there, speaks of several images in this file, or
        names files in other folders.
    """
    root, own = _root(text, path)
    images = root.findall("{*}Image/{*}Pixels")
    mine = [pixels for pixels in images if path.name in _runs(pixels, own, path)]
    if len(mine) != 1:
        raise NeuroLoopError(
            f"{path} holds {len(mine)} images by its OME header: save one movie a file"
        )
    pixels = mine[0]
    sizes = {axis: int(pixels.get(f"Size{axis}", 1)) for axis in "CZT"}
    if min(sizes.values()) < 1:
        raise NeuroLoopError(f"{path} has an image without extent by its OME header: save it again")
    order = pixels.get("DimensionOrder", "XYCZT")[2:]
    if sorted(order) != sorted("CZT"):
        raise NeuroLoopError(f"{path} has the DimensionOrder XY{order} by its OME header: no such")
    runs = _runs(pixels, own, path)
    names = tuple(sorted(runs, key=lambda name: min(run.first[2] for run in runs[name])))
    uuids = {
        _file_name(found.get("FileName", ""), path) or path.name: str(found.text)
        for found in pixels.findall("{*}TiffData/{*}UUID")
        if found.text
    }
    interval = number(pixels.get("TimeIncrement")) * SECONDS.get(
        pixels.get("TimeIncrementUnit", "s"), 0.0
    )
    page = (int(pixels.get("SizeY", 0)), int(pixels.get("SizeX", 0)), pixels.get("Type", ""))
    return OmeImage(path, names, uuids, runs, sizes, order, interval, page, _clock(pixels))


def _clock(pixels: ElementTree.Element) -> tuple[float, int]:
    """Seconds and time points between the first and the last plane that say when they were taken.

    Planes of one channel and one depth are compared.
    """
    times = {}
    for plane in pixels.findall("{*}Plane"):
        at = [int(plane.get(f"The{axis}", 0)) for axis in "CZT"]
        unit = SECONDS.get(plane.get("DeltaTUnit", "s"), 0.0)
        if at[:2] == [0, 0] and plane.get("DeltaT"):
            times[at[2]] = float(plane.get("DeltaT", 0)) * unit
    if len(times) < 2:
        return 0.0, 0
    first, last = min(times), max(times)
    return times[last] - times[first], last - first


def uuid_of(description: str) -> str | None:
    """The UUID that a file's own header gives it."""
    found = re.search(r"<(?:\w+:)?OME\b[^>]*\bUUID\s*=\s*[\"']([^\"']+)", description[:HEAD])
    return found[1] if found else None


def _root(text: str, path: Path) -> tuple[ElementTree.Element, str | None]:
    """Root of the OME-XML, of the master file where this one only names it; and the own UUID."""
    root = ElementTree.fromstring(text)
    own = root.get("UUID")
    only = root.find("{*}BinaryOnly")
    if only is None:
        return root, own
    name = _file_name(only.get("MetadataFile", ""), path)
    master = path.parent / name
    if not name or not is_there(master):
        raise NeuroLoopError(
            f"{path} has its OME header in the file {name}, which is not beside it: put it "
            "there, or save the movie as a plain TIFF"
        )
    with outside(master, "an OME header", "copy it again"):
        if name.endswith((".ome", ".xml")):
            return ElementTree.parse(master).getroot(), own
        import tifffile

        with tifffile.TiffFile(master, is_ome=False) as tiff:
            return ElementTree.fromstring(tiff.pages.first.description), own


def _runs(pixels: ElementTree.Element, own: str | None, path: Path) -> dict[str, list[Run]]:
    """Planes by the file that holds them."""
    found: dict[str, list[Run]] = {}
    data = pixels.findall("{*}TiffData")
    named = {child.text for one in data if (child := one.find("{*}UUID")) is not None}
    for one in data:
        child = one.find("{*}UUID")
        name = path.name
        if child is not None and child.text != own:
            stated = _file_name(child.get("FileName", ""), path)
            # A file without a UUID that is the only one may have been given another name.
            name = path.name if own is None and len(named) == 1 else stated or str(child.text)
        first = tuple(int(one.get(f"First{axis}", 0)) for axis in "CZT")
        count = one.get("PlaneCount", one.get("NumPlanes", "1" if "IFD" in one.attrib else None))
        run = Run(int(one.get("IFD", 0)), first, None if count is None else int(count))  # type: ignore[arg-type]
        found.setdefault(name, []).append(run)
    return found or {path.name: [Run(0, (0, 0, 0), None)]}


def _file_name(stated: str, path: Path) -> str:
    """Name of a file that a header states; none but its own folder counts."""
    name = PureWindowsPath(PurePosixPath(stated).name).name
    folder = stated[: len(stated) - len(name)].rstrip("/\\")
    if folder and folder != "." and Path(folder) != path.parent:
        raise NeuroLoopError(
            f"{path} names a file in another folder ({stated}) in its OME header: put all files of "
            "the set beside it and save the header anew, or save the movie as a plain TIFF"
        )
    return name
