"""Files that are whole or not there: written under another name, and renamed."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.files.disk_space import check_space, disk_full, ran_full

StrPath = str | os.PathLike[str]

#: Name of a file that is being written: its own, and the number of the process.
TEMPORARY = re.compile(r"\..+\.(?P<process>\d+)(\.\w+)?")

#: Files that this process finished, in their order; jobs record them.
WRITTEN: dict[Path, None] = {}


@contextmanager
def atomic(path: StrPath, needed: int = 0) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it if the block ends without an error.

    The temporary name keeps the suffix, which some writers depend on. The file gets the mode of
    any new file in its folder (umask, or the folder's default access list): safetensors would make
    it readable by its owner only, so that the group could not read the weights.

    Parameters
    ----------
    path : path
    needed : int
        Bytes that the file will have, at least.

    Raises
    ------
    DiskFull
        If the disk has no room for it, whatever the writer raised.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        check_space(path, needed)
        temporary.touch()
        mode = temporary.stat().st_mode
        temporary.unlink()
        yield temporary
        if temporary.stat().st_mode != mode:
            temporary.chmod(stat.S_IMODE(mode))
        os.replace(temporary, path)
    except NeuroLoopError:
        raise
    except Exception as error:
        if not ran_full(error):
            raise
        written = temporary.stat().st_blocks * 512 if temporary.exists() else 0
        raise disk_full(path, written) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    WRITTEN[path] = None
