"""Images by rows, of which only those requested need to be in memory."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np


class ImageRows(Protocol):
    """What arrays of images and images on disk have in common: rows by index or by slice."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, then the shape of one, as (n, channels, height, width)."""
        ...

    def __len__(self) -> int:
        """Count the images."""
        ...

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        """Return some of the images."""
        ...


class RowsOnDemand:
    """Images that are read on demand, each time anew.

    Parameters
    ----------
    shape : tuple of int
        Images, then the shape of one.
    read : callable
        Maps a row to its image.
    """

    def __init__(self, shape: tuple[int, ...], read: Callable[[int], np.ndarray]) -> None:
        self.shape, self.read = shape, read

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        """Return images of float32, for a slice or an array of row numbers."""
        chosen = np.arange(len(self))[rows]
        if chosen.ndim != 1:
            raise IndexError("images on disk are indexed by a slice or an array of rows")
        images = np.empty((len(chosen), *self.shape[1:]), dtype=np.float32)
        for index, row in enumerate(chosen.tolist()):
            images[index] = self.read(row)
        return images


def row_batches(images: ImageRows, batch: int = 32) -> Iterator[np.ndarray]:
    """Yield all images, a batch in memory at a time."""
    for start in range(0, len(images), batch):
        yield images[start : start + batch]


def channel_ends(images: ImageRows) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest value of each channel over all images.

    Parameters
    ----------
    images : ImageRows, shape (n, channels, height, width)

    Returns
    -------
    low, high : ndarray of float32, shape (channels,)
    """
    ends = [(part.min(axis=(0, 2, 3)), part.max(axis=(0, 2, 3))) for part in row_batches(images)]
    lows, highs = zip(*ends, strict=True)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def small_copies(images: ImageRows, most: int) -> np.ndarray:
    """Return all images as rows of at most a number of values, by averaging over areas.

    Parameters
    ----------
    images : ImageRows, shape (n, channels, height, width)
    most : int
        Most values per image; smaller images stay as they are.

    Returns
    -------
    ndarray of float32, shape (n, values)
        Channel by channel, both sides by the same factor, at least one pixel.
    """
    import torch

    channels, height, width = images.shape[1:]
    factor = min(1.0, (most / (channels * height * width)) ** 0.5)
    size = max(1, int(height * factor)), max(1, int(width * factor))
    copies = np.empty((len(images), channels * size[0] * size[1]), dtype=np.float32)
    start = 0
    for part in row_batches(images):
        small = part
        if factor < 1:
            given = torch.from_numpy(np.ascontiguousarray(part))
            small = torch.nn.functional.adaptive_avg_pool2d(given, size).numpy()
        copies[start : start + len(part)] = small.reshape(len(part), -1)
        start += len(part)
    return copies
