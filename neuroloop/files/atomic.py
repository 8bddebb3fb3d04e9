"""Files that are whole or not there: written under another name, and renamed."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

StrPath = str | os.PathLike[str]


@contextmanager
def atomic(path: StrPath) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it if the block ends without an error.

    The temporary name keeps the suffix, which some writers depend on. The file gets the mode of
    any new file in its folder (umask, or the folder's default access list): safetensors would make
    it readable by its owner only, so that the group could not read the weights.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode
        temporary.unlink()
        yield temporary
        if temporary.stat().st_mode != mode:
            temporary.chmod(stat.S_IMODE(mode))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
