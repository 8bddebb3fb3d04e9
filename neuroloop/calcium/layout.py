"""Where simulated cells lie: groups side by side, cells that do not overlap."""

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError

#: Starts from an empty field, and darts thrown for each cell, before a field is called too small.
STARTS, DARTS = 20, 2000


def place_cells(
    generator: np.random.Generator,
    shape: tuple[int, int],
    groups: int,
    cells_per_group: int,
    radius: float,
    radius_spread: float,
    gap: float,
) -> pd.DataFrame:
    """Place cells at random.

    The field is cut into as many tiles of one size as there are groups, as square as they can be;
    each group has a tile of its own.

    Parameters
    ----------
    generator : numpy.random.Generator
        Draws radii and places.
    shape : (int, int)
        Height and width of the field, pixels.
    groups, cells_per_group : int
        Numbers.
    radius : float
        Mean radius, pixels.
    radius_spread : float
        Radii are uniform within ``radius * (1 +- radius_spread)``.
    gap : float
        Least distance between the rims of two cells, and of a rim from the field's border, pixels.

    Returns
    -------
    DataFrame
        ``cell`` (``c1``, ...), ``row``, ``column``, ``radius`` (rounded to 1/100 pixel), ``group``
        (``g1``, ...).

    Raises
    ------
    NeuroLoopError
        If the cells find no room.
    """
    tiles_down, tiles_across = _tiles(shape, groups)
    height, width = shape[0] / tiles_down, shape[1] / tiles_across
    total = groups * cells_per_group
    radii = radius * generator.uniform(1 - radius_spread, 1 + radius_spread, total)
    radii = np.round(radii, 2)
    for _ in range(STARTS):
        placed: list[tuple[float, float]] = []
        for number, own in enumerate(radii):
            tile = number // cells_per_group
            corner = np.array([tile // tiles_across * height, tile % tiles_across * width])
            free = np.array([height, width]) - 2 * (own + gap)
            if (free < 0).any():
                break
            darts = corner + own + gap + generator.uniform(0, 1, (DARTS, 2)) * free
            # Pixel centres run from 0 to size - 1: half a pixel off the edges of the tiles.
            darts = np.round(darts - 0.5, 2)
            clear = np.ones(DARTS, dtype=bool)
            for (row, column), other in zip(placed, radii, strict=False):
                clear &= np.hypot(*(darts - (row, column)).T) >= own + other + gap
            if not clear.any():
                break
            placed.append(tuple(darts[clear.argmax()]))
        if len(placed) == total:
            break
    else:
        raise NeuroLoopError(
            f"simulated area: {total} cells of radius {radius:g} with gaps of {gap:g} find no room "
            f"in {shape[0]} x {shape[1]} pixels: enlarge the field or lower a number"
        )
    rows, columns = np.array(placed).T
    return pd.DataFrame(
        {
            "cell": [f"c{number + 1}" for number in range(total)],
            "row": rows,
            "column": columns,
            "radius": radii,
            "group": [f"g{number // cells_per_group + 1}" for number in range(total)],
        }
    )


def _tiles(shape: tuple[int, int], groups: int) -> tuple[int, int]:
    """Tiles down and across, the product being at least `groups`, for the squarest tiles."""

    def elongation(down: int) -> tuple[int, float]:
        across = -(-groups // down)
        return down * across - groups, abs(np.log(shape[0] / down / (shape[1] / across)))

    down = min(range(1, groups + 1), key=elongation)
    return down, -(-groups // down)
