"""The surroundings of a cell that are nearer to it than to any other."""

import numpy as np
import pandas as pd

from neuroloop.calcium.masks import distances
from neuroloop.errors import NeuroLoopError

#: How far a window reaches beyond the rim of its cell, pixels: the soft edge of a cell and motion.
REACH = 1.0


def cell_windows(cells: pd.DataFrame, shape: tuple[int, int], reach: float = REACH) -> np.ndarray:
    """Pixels in which each cell is looked at alone.

    Parameters
    ----------
    cells : DataFrame
        ``cell, row, column, radius``; pixels.
    shape : (int, int)
        Height and width of a frame.
    reach : float
        Pixels beyond the rim that belong to a window. A pixel belongs to the cell whose rim is
        nearest, so that light of a neighbour is not taken for the cell's own.

    Returns
    -------
    ndarray of bool, shape (cells, height, width)
        No pixel is in two windows.

    Raises
    ------
    NeuroLoopError
        If a window is empty: the cell lies within another.
    """
    beyond = np.stack(
        [
            distances(shape, row, column) - radius
            for row, column, radius in cells[["row", "column", "radius"]].to_numpy(float)
        ]
    )
    nearest = beyond.argmin(axis=0)
    windows = (beyond <= reach) & (nearest == np.arange(len(cells))[:, None, None])
    for cell, size in zip(cells["cell"], windows.sum(axis=(1, 2)), strict=True):
        if not size:
            raise NeuroLoopError(
                f"cell {cell} has no pixel of its own: it is smaller than one, or lies within "
                "another cell: correct the table of cells"
            )
    return windows
