"""Paths as rules give them: one, or several."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from neuroloop.files.atomic import StrPath


def paths_of(given: StrPath | Sequence[StrPath]) -> list[Path]:
    """Return one path or several as a list."""
    return [Path(given)] if isinstance(given, str | PathLike) else [Path(path) for path in given]
