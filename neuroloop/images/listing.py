"""Names of the images below a folder, links followed."""

import fnmatch
import glob
import os
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from neuroloop.images.image_file import SUFFIXES


class Below(NamedTuple):
    """What lies anywhere below a folder, by names relative to it.

    Attributes
    ----------
    files : list of str
        Sorted.
    links : list of str
        Links to folders, whose files are among `files`.
    broken : list of str
        Links that lead nowhere, and folders that may not be read.
    """

    files: list[str]
    links: list[str]
    broken: list[str]


def below(folder: Path) -> Below:
    """List what lies anywhere below a folder, following links but not in circles."""
    found = Below([], [], [])
    _gather(folder, "", (), found)
    return Below(*(sorted(names) for names in found))


def images_below(folder: Path, subfolders: Iterable[str] = (".",)) -> list[str]:
    """List the images anywhere below some subfolders of a folder, following links.

    Returns
    -------
    list of str
        Sorted names relative to `folder`.
    """
    return sorted(
        name if subfolder == "." else f"{subfolder}/{name}"
        for subfolder in subfolders
        for name in _files_below(folder / subfolder)
        if Path(name).suffix.lower() in SUFFIXES
    )


def images_like(folder: Path, pattern: str) -> list[str]:
    """List the files below a folder that match a pattern with fields.

    Parameters
    ----------
    folder : Path
    pattern : str
        For example ``{synset}/{synset}_{number}.JPEG``; a field matches any text.

    Returns
    -------
    list of str
        Sorted names relative to `folder`; none if the pattern is not valid.
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


def _files_below(folder: Path) -> Iterator[str]:
    """Yield all files below a folder, relative to it, links that lead nowhere included."""
    found = below(folder)
    yield from found.files
    yield from (name for name in found.broken if (folder / name).is_symlink())


def _gather(folder: Path, name: str, above: tuple[tuple[int, int], ...], found: Below) -> None:
    try:
        status = folder.stat()
        entries = list(os.scandir(folder))
    except OSError:
        if name:
            found.broken.append(name)
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in entries:
        path = f"{name}/{entry.name}" if name else entry.name
        if Path(entry.path).is_dir():  # of a link to itself os.scandir's raises
            if entry.is_symlink():
                found.links.append(path)
            _gather(Path(entry.path), path, (*above, identity), found)
        elif entry.is_symlink() and not Path(entry.path).exists():
            found.broken.append(path)
        else:
            found.files.append(path)
