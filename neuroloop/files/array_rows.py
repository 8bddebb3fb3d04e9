"""Arrays larger than memory: rows that stay on disk, and are read a batch at a time.

What is mapped counts as memory of the job as long as the map lives. So each read maps the file,
takes its rows, and lets the map go: a job that goes through all rows needs no more than a batch.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.arrays import AGAIN, MAKE, read_header, sidecar_facts
from neuroloop.files.atomic import StrPath
from neuroloop.files.disk_space import check_space, disk_full, ran_full
from neuroloop.files.door import outside

#: Bytes that are read at a time where all rows are gone through.
BATCH = 2**22


class StoredRows:
    """An array on disk: indexing reads what is asked for, and nothing else.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    """

    def __init__(
        self,
        file: StrPath | IO[bytes],
        dtype: np.dtype,
        shape: tuple[int, ...],
        start: int = 0,
        rows: np.ndarray | None = None,
    ) -> None:
        """Describe an array that lies in C order in a file.

        Parameters
        ----------
        file : path or file
        dtype : dtype
        shape : tuple of int
            In the file.
        start : int
            Byte at which it begins.
        rows : ndarray of int, optional
            Rows that there are, in their order; all by default.
        """
        self._file, self._start, self._stored = file, start, shape
        self._rows = np.arange(shape[0]) if rows is None else rows
        self.dtype = dtype
        self.shape = (len(self._rows), *shape[1:])

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        """Read a part, chosen as of an array of NumPy; it is the caller's own."""
        first, *others = index if isinstance(index, tuple) else (index,)
        mapped = np.memmap(self._file, self.dtype, "r", self._start, self._stored)
        taken = mapped.view(np.ndarray)[(self._rows[first], *others)]
        return np.array(taken) if taken.base is not None else np.asarray(taken)

    def __iter__(self) -> Iterator[np.ndarray]:
        for part in row_batches(self):
            yield from part

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)

    def take(self, rows: np.ndarray) -> "StoredRows":
        """These rows (numbers, or a truth value each), still on disk."""
        return StoredRows(self._file, self.dtype, self._stored, self._start, self._rows[rows])


#: An array whose rows are read where they lie, in memory or on disk.
Rows = np.ndarray | StoredRows


def take_rows(array: Rows, rows: np.ndarray) -> Rows:
    """Some rows of an array, which stay on disk if they lie there."""
    return array.take(rows) if isinstance(array, StoredRows) else array[rows]


def row_batches(array: Rows) -> Iterator[np.ndarray]:
    """All rows in their order, some megabytes at a time."""
    row = max(1, int(np.prod(array.shape[1:])) * array.dtype.itemsize)
    step = max(1, BATCH // row)
    for start in range(0, len(array), step):
        yield array[start : start + step]


def open_array(path: StrPath) -> tuple[StoredRows, dict[str, Any]]:
    """Open an array that `save_array` wrote, without reading it, and read its sidecar.

    Raises
    ------
    NeuroLoopError
        If a file is missing or truncated, or array and sidecar disagree.
    """
    with outside(path, "a NumPy array", AGAIN, MAKE) as file, file.open("rb") as stream:
        shape, columns_first, dtype = read_header(stream, file.stat().st_size)
        start = stream.tell()
        if columns_first:
            raise ValueError("its columns, not its rows, lie one behind the other")
    return StoredRows(path, dtype, shape, start), sidecar_facts(path, shape, dtype)


class RowSpool:
    """Rows that wait on disk until it is known which of them are kept, and in which order.

    The file has no name, and is gone with the process, however that ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Begin without rows.

        Parameters
        ----------
        folder : Path, optional
            On the disk that has the room; otherwise where the system keeps temporary files, which
            may be memory.
        """
        self._folder = Path(folder or tempfile.gettempdir())
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - lives as its rows do
        self._count = 0
        self._row: tuple[np.dtype, tuple[int, ...]] | None = None

    def add(self, row: np.ndarray) -> None:
        """Append a row, of the shape and type of the first one.

        Raises
        ------
        DiskFull
            If there is no room for it.
        """
        self._row = self._row or (row.dtype, row.shape)
        if self._row != (row.dtype, row.shape):
            raise ValueError(f"a row of {row.dtype} {row.shape} after one of {self._row}")
        try:
            self._file.write(np.ascontiguousarray(row).data)
        except OSError as error:
            if not ran_full(error):
                raise
            raise disk_full(self._folder, self._file.tell()) from error
        self._count += 1

    def rows(self) -> StoredRows:
        """All rows so far.

        Raises
        ------
        NeuroLoopError
            If there are none.
        """
        if self._row is None:
            raise NeuroLoopError("there are no rows: nothing was read")
        try:
            self._file.flush()
        except OSError as error:
            if not ran_full(error):
                raise
            raise disk_full(self._folder) from error
        dtype, shape = self._row
        return StoredRows(self._file, dtype, (self._count, *shape))

    def check_room(self, count: int, row: int) -> None:
        """Refuse to begin `count` rows of `row` bytes for which there is no room.

        Raises
        ------
        DiskFull
        """
        check_space(self._folder / "rows", count * row)
