"""Results that are gone though what follows from them is there."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.files.folder_contents import files_in, read_contents


def first_lost(jobs: Iterable[Sequence[str]]) -> list[str]:
    """The first missing file of each job that lacks any: making it makes all of the job's.

    A folder that lacks files which were put into it is missing too.

    Parameters
    ----------
    jobs : iterable of sequence of str
        Files that each job makes.
    """
    # os.path asks of thousands of files three times as fast as a Path does
    lost = ([path for path in files if _gone(path, files)] for files in jobs)
    return [paths[0] for paths in lost if paths]


def _gone(path: str, files: Sequence[str]) -> bool:
    """Whether a file, or a folder, or a file in it is gone."""
    if not os.path.exists(path):  # noqa: PTH110
        return True
    contents = f"{path}.json"
    if contents not in files or not Path(contents).is_file():
        return False
    try:
        return not read_contents(contents).keys() <= set(files_in(path))
    except NeuroLoopError:
        return True
