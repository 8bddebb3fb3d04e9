"""Texts that only save time: written whole or not at all, and where nothing can be, no loss."""

import os
from contextlib import suppress
from pathlib import Path


def keep_text(path: Path, text: str) -> None:
    """Write a file that is whole or not there; a disk that is full or read-only is no error.

    Parameters
    ----------
    path : Path
        Its folder is made.
    text : str
    """
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
