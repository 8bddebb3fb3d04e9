"""Files that killed processes were writing: they go when a run begins."""

from pathlib import Path

import psutil

from neuroloop.files.atomic import TEMPORARY


def sweep_leftovers(*folders: Path) -> tuple[int, int]:
    """Delete the temporary files of dead processes (see `neuroloop.files.atomic`), at any depth.

    Parameters
    ----------
    *folders : Path
        Where only this workflow writes. The run must hold the folder around them: a process of
        another machine cannot be seen.

    Returns
    -------
    files, bytes : int
        What was deleted.
    """
    files = size = 0
    for path in (path for folder in folders for path in folder.rglob(".*")):
        found = TEMPORARY.fullmatch(path.name)
        if found and path.is_file() and not psutil.pid_exists(int(found["process"])):
            size += path.stat().st_size
            path.unlink(missing_ok=True)
            files += 1
    return files, size
