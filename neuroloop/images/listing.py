"""Names of the images below a folder, links followed."""

import fnmatch
import glob
import os
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

from neuroloop.images.image_file import SUFFIXES


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


def _files_below(folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """Yield all files below a folder, relative to it, following links but not in circles."""
    try:
        status = folder.stat()
        entries = list(os.scandir(folder))
    except OSError:
        return
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in entries:
        if entry.is_dir():
            for name in _files_below(Path(entry.path), (*above, identity)):
                yield f"{entry.name}/{name}"
        else:
            yield entry.name
