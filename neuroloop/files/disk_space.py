"""Room on the disk: looked for before much is written, and where there is none, told in a line."""

import errno
import re
import shutil
from pathlib import Path

from neuroloop.errors import NeuroLoopError

#: What the system says where a disk, a quota or the largest file allowed is full.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

#: What libraries say of it that hide its number; NumPy says only that a file was cut short.
SAID = re.compile(
    r"No space left on device|Disk quota exceeded|File too large|\d+ requested and \d+ written"
)

#: What to do.
REMEDY = "free space and type the same command again"

#: Bytes of a megabyte.
MEGABYTE = 10**6


class DiskFull(NeuroLoopError):
    """A file has no room; the message names it, its folder and the room there."""


def ran_full(error: BaseException) -> bool:
    """Whether an error, or one that led to it, says that there is no room."""
    one: BaseException | None = error
    while one is not None:
        if (isinstance(one, OSError) and one.errno in FULL) or SAID.search(str(one)):
            return True
        one = one.__cause__ or one.__context__
    return False


def disk_full(path: Path, written: int = 0) -> DiskFull:
    """The line about a file that found no room.

    Parameters
    ----------
    path : Path
    written : int
        Bytes that were written of it, and are free again.
    """
    folder = existing(path)
    free = free_space(folder) + written
    quota = " (a quota may allow less: see `quota -s`)" if free > 100 * MEGABYTE else ""
    return DiskFull(f"disk full: {path}, {megabytes(free)} free in {folder}{quota}: {REMEDY}")


def check_space(path: Path, needed: int) -> None:
    """Refuse to begin a file for which there is no room.

    Parameters
    ----------
    path : Path
    needed : int
        Bytes, at least.

    Raises
    ------
    DiskFull
        If fewer are free.
    """
    folder = existing(path)
    free = free_space(folder)
    if needed > free:
        raise DiskFull(
            f"disk full: {path} needs {megabytes(needed)}, {megabytes(free)} free in {folder}: "
            f"{REMEDY}"
        )


def existing(path: Path) -> Path:
    """The folder in which a file stands or will, or the first above it that is there."""
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def free_space(path: Path) -> int:
    """Bytes that are free for a file or folder, whether or not it is there."""
    return shutil.disk_usage(existing(path)).free


def megabytes(size: int) -> str:
    """A number of bytes in MB, with a digit behind the point of a small one."""
    number = size / MEGABYTE
    return f"{number:.1f} MB" if number < 10 else f"{number:.0f} MB"
