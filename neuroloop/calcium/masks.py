"""Cells as discs: which pixels are a cell's own.

Positions are (row, column) in pixels; the centre of the first pixel is (0, 0). A pixel belongs to a
cell if its centre lies within the cell's radius.
"""

import numpy as np
import pandas as pd


def distances(shape: tuple[int, int], row: float, column: float) -> np.ndarray:
    """Distance of every pixel's centre from a point, pixels; shape `shape`."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(rows - row, columns - column)


def disc(shape: tuple[int, int], row: float, column: float, radius: float) -> np.ndarray:
    """Pixels within `radius` of a point, bool of shape `shape`."""
    inside = np.zeros(shape, dtype=bool)
    # The rest of a frame is farther away; to look at all of it for each cell takes long.
    top, left = (int(np.clip(at - radius, 0, np.iinfo(np.int32).max)) for at in (row, column))
    rows, columns = np.ogrid[top : shape[0], left : shape[1]]
    rows = rows[: int(np.clip(row + radius - top + 2, 0, shape[0]))]
    columns = columns[:, : int(np.clip(column + radius - left + 2, 0, shape[1]))]
    near = inside[top : top + len(rows), left : left + columns.shape[1]]
    near[:] = np.hypot(rows - row, columns - column) <= radius
    return inside


def cell_masks(cells: pd.DataFrame, shape: tuple[int, int]) -> np.ndarray:
    """Disc of every cell.

    Parameters
    ----------
    cells : DataFrame
        ``row``, ``column``, ``radius`` in pixels.
    shape : (int, int)
        Height and width of a frame.

    Returns
    -------
    ndarray of bool, shape (cells, height, width)
        Rows as in `cells`.
    """
    masks = np.zeros((len(cells), *shape), dtype=bool)
    for mask, cell in zip(masks, cells.to_dict("records"), strict=True):
        mask[:] = disc(shape, cell["row"], cell["column"], cell["radius"])
    return masks


def area_mask(cells: pd.DataFrame, shape: tuple[int, int]) -> np.ndarray:
    """Pixels of any cell of the area: the one mask of all its recordings.

    A mask of the stimulated cells alone would tell a network which recording it looks at.

    Returns
    -------
    ndarray of bool, shape (height, width)
    """
    return np.asarray(cell_masks(cells, shape).any(axis=0))


class Outside:
    """The pixels of no cell, and their mean.

    Attributes
    ----------
    count : int
        How many there are.
    """

    def __init__(self, masks: np.ndarray) -> None:
        """Take the masks of all cells, bool of shape (cells, height, width)."""
        inside = masks.any(axis=0)
        self._free = ~inside
        self._inside = np.flatnonzero(inside)
        self.count = int(self._free.sum())

    def mean(self, frame: np.ndarray) -> float:
        """Mean of these pixels in a frame; NaN if there are none."""
        if not self.count:
            return float("nan")
        if frame.dtype.kind in "ui" and frame.dtype.itemsize <= 4:
            # Sums of whole numbers are exact: the same mean in a third of the time.
            inside = int(frame.reshape(-1)[self._inside].sum())
            return (int(frame.sum()) - inside) / self.count
        return float(frame[self._free].mean())
