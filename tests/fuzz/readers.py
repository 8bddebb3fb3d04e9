"""The readers that are tried: each writes small valid files, and reads them as a job does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reader:
    """What reads one kind of file.

    Attributes
    ----------
    name : str
    write : callable
        Writes valid files into an empty folder.
    read : callable
        Reads the files of a folder, and returns what is compared.
    spoilt : str
        Pattern of the files that are spoilt, one at a time.
    checked : bool
        Whether the format has a checksum over all that is read, so that damage may not give other
        values in silence.
    """

    name: str
    write: Callable[[Path], None]
    read: Callable[[Path], Any]
    spoilt: str
    checked: bool = False


def all_readers() -> dict[str, list[Reader]]:
    """Readers by the part of the library that they belong to."""
    from tests.fuzz import (
        brain_readers,
        image_readers,
        movie_readers,
        network_readers,
        result_readers,
    )

    return {
        "brain": brain_readers.READERS,
        "movies": movie_readers.READERS,
        "images": image_readers.READERS,
        "networks": network_readers.READERS,
        "results": result_readers.READERS,
    }
