"""Reading stored frames in batches, as the inputs of a network.

Every image is one chunk, so that HDF5 says once where each lies, and a batch is then read straight
into its array; the next batch is read while the caller works on this one.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_plan import COLUMNS
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table

if TYPE_CHECKING:
    import h5py

#: What a network may see of a frame.
INPUTS = ("raw", "dff", "dff_scaled")


def read_rows(path: StrPath) -> pd.DataFrame:
    """Read the table of kept frames.

    Raises
    ------
    NeuroLoopError
        If it cannot be used, or its rows are not in order.
    """
    texts = ("recording", "kind", "pattern", "cells", "group")
    table = read_table(path, {name: str if name in texts else int for name in COLUMNS})
    if not (table["row"].to_numpy() == np.arange(len(table))).all():
        raise NeuroLoopError(f"{path}: rows are not numbered from 0 in order: remake it")
    return table


class FrameStore:
    """The frames of a session, open for reading.

    Attributes
    ----------
    rows : DataFrame
        The table of frames.
    shape : (int, int)
        Height and width.
    baseline : ndarray of float32, shape (height, width)
        The session's baseline image.
    scale : ndarray of float32, shape (recordings, 2)
        Lowest and highest value of each recording.
    brightness : ndarray of float32, shape (trials,)
        Mean of each trial's baseline, over that of the session.
    """

    def __init__(self, path: StrPath, table: StrPath) -> None:
        """Open a file that `frames.write_frames` made.

        Raises
        ------
        NeuroLoopError
            If the file or its table is missing or damaged, or they do not belong together.
        """
        import h5py

        self.rows = read_rows(table)
        if not Path(path).is_file():
            raise NeuroLoopError(f"{path} is missing: run the rule that makes it")
        try:
            with h5py.File(path, "r") as file:
                self.baseline: np.ndarray = file["baseline"][()]
                self.scale: np.ndarray = file["scale"][()]
                self.brightness: np.ndarray = file["brightness"][()]
                self._dtype = file["frames"].dtype
                self._frames = _offsets(file["frames"])
                self._before = _offsets(file["before"])
        except (OSError, KeyError) as error:
            raise NeuroLoopError(
                f"{path} is truncated or no file of frames ({error}): delete it and run again"
            ) from error
        if len(self._frames) != len(self.rows):
            raise NeuroLoopError(
                f"{path} holds {len(self._frames)} frames, {table} lists {len(self.rows)}: delete "
                "both and run again"
            )
        self.path = Path(path)
        self.shape: tuple[int, int] = self.baseline.shape
        self._trial_row = self.rows["trial_row"].to_numpy()
        self._recording_row = self.rows["recording_row"].to_numpy()
        self._inverse = 1 / self.baseline
        self._file = os.open(path, os.O_RDONLY)

    def __enter__(self) -> "FrameStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def counts(self, rows: np.ndarray) -> np.ndarray:
        """Stored frames as they are, in the type they are stored in; shape (rows, h, w)."""
        return self._read(self._frames[rows], self._dtype)

    def before(self, trial_rows: np.ndarray) -> np.ndarray:
        """Baselines of trials, float32 of shape (trials, height, width)."""
        return self._read(self._before[trial_rows], np.dtype("<f4"))

    def read(
        self, rows: np.ndarray, kind: str = "dff", mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Read frames as a network's input.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Rows of the table, in any order.
        kind : {"raw", "dff", "dff_scaled"}
            For a frame F, ``raw``: (F - lowest) / (highest - lowest) of the recording. ``dff``:
            (F - the mean of the trial's own baseline frames) / the session's baseline image.
            ``dff_scaled``: this over the square root of the trial's brightness. The shot noise of
            ``dff`` grows with the square root of a recording's brightness, and so still tells
            recordings apart (measured at brightness varying by 10 %: the log variance of a control
            frame names 1 of 15 recordings in 18 %; scaled, in 6 %).
        mask : ndarray of bool, shape (height, width), optional
            Pixels that are kept; the others become 0.

        Returns
        -------
        ndarray of float32, shape (n, height, width)
        """
        if kind not in INPUTS:
            raise ValueError(f"input {kind}: known are {', '.join(INPUTS)}")
        rows = np.asarray(rows)
        images = self.counts(rows).astype(np.float32, copy=False)
        if kind == "raw":
            lowest, highest = self.scale[self._recording_row[rows]].T[:, :, None, None]
            images -= lowest
            images /= highest - lowest
        else:
            images -= self.before(self._trial_row[rows])
            images *= self._inverse
            if kind == "dff_scaled":
                images /= np.sqrt(self.brightness[self._trial_row[rows]])[:, None, None]
        if mask is not None:
            images *= mask
        return images

    def batches(
        self,
        rows: np.ndarray,
        size: int,
        kind: str = "dff",
        mask: np.ndarray | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Read frames batch after batch, always one ahead.

        Parameters
        ----------
        rows : ndarray of int, shape (n,)
            Rows in the order in which they are wanted.
        size : int
            Rows of a batch; the last one has what is left.
        kind, mask
            See `read`.

        Yields
        ------
        rows : ndarray of int, shape (batch,)
        images : ndarray of float32, shape (batch, height, width)
        """
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        with ThreadPoolExecutor(1) as pool:
            ahead = [pool.submit(self.read, part, kind, mask) for part in parts[:1]]
            for position, part in enumerate(parts):
                images = ahead.pop().result()
                if position + 1 < len(parts):
                    ahead.append(pool.submit(self.read, parts[position + 1], kind, mask))
                yield part, images

    def _read(self, offsets: np.ndarray, dtype: np.dtype) -> np.ndarray:
        images = np.empty((len(offsets), *self.shape), dtype)
        for image, offset in zip(images, offsets.tolist(), strict=True):
            if os.preadv(self._file, [image.data], offset) < image.nbytes:
                raise NeuroLoopError(f"{self.path} is truncated: delete it and run again")
        return images


def _offsets(dataset: "h5py.Dataset") -> np.ndarray:
    """Place in the file of each image of a dataset with one image a chunk."""
    offsets = np.full(dataset.shape[0], -1, dtype=np.int64)

    def note(chunk: "h5py.h5d.StoreInfo") -> None:
        offsets[chunk.chunk_offset[0]] = chunk.byte_offset

    dataset.id.chunk_iter(note)
    if (offsets < 0).any():
        raise KeyError(f"{dataset.name} lacks images")
    return offsets
