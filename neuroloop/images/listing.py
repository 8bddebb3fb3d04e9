"""Names of the images below a folder, links followed."""

import fnmatch
import glob
import os
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

from neuroloop.images.upright import SUFFIXES


def images_below(folder: Path, places: Iterable[str] = (".",)) -> list[str]:
    """Images anywhere below some places in a folder, also behind links.

    Returns
    -------
    list of str
        Sorted names relative to `folder`.
    """
    return sorted(
        name if place == "." else f"{place}/{name}"
        for place in places
        for name in _files_below(folder / place)
        if Path(name).suffix.lower() in SUFFIXES
    )


def images_like(folder: Path, pattern: str) -> list[str]:
    """Files below a folder whose names a pattern with fields may take.

    Parameters
    ----------
    folder : Path
    pattern : str
        As ``{synset}/{synset}_{number}.JPEG``; each field may be any text.

    Returns
    -------
    list of str
        Sorted names relative to `folder`; none if the pattern is no pattern.
    """
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError:
        return []
    above = parts[0][0].rpartition("/")[0] if parts else ""
    names = (f"{above}/{name}" if above else name for name in _files_below(folder / above))
    wanted = "".join(
        glob.escape(text) + ("" if field is None else "*") for text, field, _, _ in parts
    )
    return sorted(name for name in names if fnmatch.fnmatchcase(name, wanted))


def _files_below(folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """Names relative to a folder of all files below it, links followed, but not in circles."""
    try:
        told = folder.stat()
        entries = list(os.scandir(folder))
    except OSError:
        return
    here = (told.st_dev, told.st_ino)
    if here in above:
        return
    for entry in entries:
        if entry.is_dir():
            for name in _files_below(Path(entry.path), (*above, here)):
                yield f"{entry.name}/{name}"
        else:
            yield entry.name
