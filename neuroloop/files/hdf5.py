"""HDF5 files that are whole or not there, also where the disk is full.

The HDF5 library ends the whole process (SIGSEGV) when it closes a file that it could not write. So
it never learns of it: what finds no room is kept aside until the file is closed, and then refused.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.disk_space import ran_full

if TYPE_CHECKING:
    import h5py

#: Bytes of the longest piece that is kept aside: HDF5 writes what it has to read again, its own
#: tables, in pieces of at most 1 MiB.
LONGEST = 2**20


@contextmanager
def new_hdf5(path: StrPath, needed: int = 0, **options: Any) -> Iterator["h5py.File"]:
    """Open a new HDF5 file, which is at its path once the block ends without an error.

    Parameters
    ----------
    path : path
    needed : int
        Bytes that the file will have, at least.
    **options
        Further arguments of `h5py.File`.

    Raises
    ------
    DiskFull
        If the disk has no room for it.
    """
    import h5py

    with atomic(path, needed) as temporary, _Unfailing(temporary, "w+") as stream:
        try:
            with h5py.File(stream, "w", **options) as file:
                yield file
        finally:
            if stream.failure:
                raise stream.failure


class _Unfailing(io.FileIO):
    """A file whose writes never fail for want of room; `failure` is the first that should have."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.failure: OSError | None = None
        self._aside: dict[int, bytes] = {}

    def write(self, content: Any, /) -> int:
        piece, start = memoryview(content).cast("B"), self.tell()
        done = 0
        try:
            while done < len(piece) and not self.failure:
                done += super().write(piece[done:]) or 0
        except OSError as error:
            if not ran_full(error):
                raise
            self.failure = error
        if done < len(piece):
            if len(piece) <= LONGEST:
                self._aside[start] = bytes(piece)
            self.seek(start + len(piece))
        return len(piece)

    def readinto(self, buffer: Any, /) -> int:
        start, into = self.tell(), memoryview(buffer).cast("B")
        if not self.failure:
            return super().readinto(into)
        read = super().readinto(into)
        into[read:] = bytes(len(into) - read)
        for place, piece in self._aside.items():  # in the order in which they were written
            first, end = max(place, start), min(place + len(piece), start + len(into))
            if first < end:
                into[first - start : end - start] = piece[first - place : end - place]
        self.seek(start + len(into))
        return len(into)

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            if not ran_full(error):
                raise
            self.failure = self.failure or error
            return size or 0
