"""Where the movies of a table lie: beside it, below the data folder, or where a whole path says."""

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from neuroloop.calcium.tables import PATHS
from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import is_there
from neuroloop.files.formats import StrPath


def movie_paths(recordings: pd.DataFrame, folders: Sequence[StrPath]) -> dict[str, list[Path]]:
    """Files of every recording.

    Parameters
    ----------
    recordings : DataFrame
        From `tables.read_recordings`.
    folders : sequence of path
        Where relative paths may start.

    Returns
    -------
    dict of str to list of Path
        Recording -> its files in order.

    Raises
    ------
    NeuroLoopError
        If a file is not there, or in two of the folders, or is listed twice under two names.
    """
    found: dict[str, list[Path]] = {}
    names: dict[str, str] = {}
    for row in recordings.to_dict("records"):
        for name in map(str.strip, row["path"].split(PATHS)):
            path = _movie_path(name, row["recording"], folders)
            before = names.setdefault(os.path.realpath(path), name)
            if before != name:
                raise NeuroLoopError(
                    f"recording {row['recording']}: {name} and {before} are one and the same file: "
                    "correct the table of recordings, in which a file belongs to one recording"
                )
            found.setdefault(row["recording"], []).append(path)
    return found


def _movie_path(name: str, recording: str, folders: Sequence[StrPath]) -> Path:
    """Path of a file, which may be named from any of the folders but lie in one of them only."""
    starts = [""] if Path(name).is_absolute() else folders
    positions = dict.fromkeys(Path(folder) / name for folder in starts)
    there = {os.path.realpath(path): path for path in positions if is_there(path)}
    if not there:
        where = "missing" if starts == [""] else f"not in {_joined(folders)}"
        where += " (folders are parted by /, not by \\)" * ("\\" in name)
        raise NeuroLoopError(
            f"recording {recording}: {name} is {where}: put the movie there, or take the "
            "recording out of the table"
        )
    if len(there) > 1:
        raise NeuroLoopError(
            f"recording {recording}: {name} is in {' and in '.join(map(str, there.values()))}: "
            "write the whole path into the table, or take one of the files away"
        )
    return next(iter(there.values()))


def _joined(folders: Sequence[StrPath]) -> str:
    return " or ".join(dict.fromkeys(map(str, folders)))
