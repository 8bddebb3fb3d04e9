"""One run at a time in a folder: a lock that ends with the process that holds it.

Snakemake's own locks are files that outlive a killed run, and stop the next one until `--unlock`.
They are switched off (profiles/default: nolock). What jobs a killed run left is seen to by
neuroloop/workflow/orphans.py on one machine and by neuroloop/workflow/slurm/queue.py on a cluster.
"""

import atexit
import errno
import fcntl
import os
import platform
from pathlib import Path
from typing import TextIO

#: Lock file, and the stream that holds it for the life of this process.
_HELD: dict[Path, TextIO] = {}


class FolderInUse(Exception):
    """Another run works in the folder; the message is one line."""


def hold_folder(folder: Path) -> str:
    """Keep other runs out of a folder until this process ends, however it ends.

    Parameters
    ----------
    folder : Path
        Where results are written.

    Returns
    -------
    str
        A warning if the folder's file system knows no locks, else an empty text.

    Raises
    ------
    FolderInUse
        If another process holds it.
    """
    path = folder.resolve() / ".neuroloop/lock"
    if path in _HELD:
        return ""
    path.parent.mkdir(exist_ok=True)
    stream = path.open("a+")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        stream.seek(0)
        owner = stream.read().strip()
        stream.close()
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            return (
                f"the file system of {folder} cannot lock {path.name} ({error.strerror}): make "
                "sure that no other run works in this folder"
            )
        raise FolderInUse(
            f"another run works in this folder ({owner or 'unknown process'}): wait for its end, "
            "or stop it with Ctrl-C or kill"
        ) from None
    stream.truncate(0)
    stream.write(f"process {os.getpid()} on {platform.node()}\n")
    stream.flush()
    _HELD[path] = stream
    atexit.register(_release, path)
    return ""


def holder(folder: Path) -> str:
    """Which run works in a folder, or an empty text if none does or none can be seen.

    Parameters
    ----------
    folder : Path
        Where results are written.
    """
    path = folder.resolve() / ".neuroloop/lock"
    try:
        with path.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError as error:
                known = error.errno in (errno.EAGAIN, errno.EACCES)
                return (stream.read().strip() or "unknown process") if known else ""
    except OSError:
        return ""
    return ""


def _release(path: Path) -> None:
    stream = _HELD.pop(path, None)
    if stream:
        stream.close()
