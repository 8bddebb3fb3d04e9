"""Matrices of numbers: a colour and a number a cell, names at two sides."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

#: Names up to this length stand upright below columns.
UPRIGHT = 4

#: Letters of a name that are shown.
LONGEST = 32

#: Colour of cells without a number.
ABSENT = "#e3e6ea"


def draw_matrix(
    panel: "Axes",
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    ends: tuple[float, float],
    texts: Sequence[Sequence[str]] | None = None,
    colours: str = "Blues",
    fontsize: float = 7.0,
    of_names: float | None = None,
    upright: int = UPRIGHT,
    square: bool = False,
) -> "AxesImage":
    """Draw a matrix.

    Parameters
    ----------
    panel : Axes
    values : ndarray of float, shape (rows, columns)
        By which cells are coloured; NaN is grey.
    rows, columns : sequence of str
        Names at the left and below, without their middle where they are longer than `LONGEST`.
    ends : (float, float)
        Where the colours begin and end; what lies beyond has the colour of the end.
    texts : sequence of sequence of str, optional
        What stands in each cell.
    colours : str
        A colour map of matplotlib.
    fontsize : float
        Of cells, points.
    of_names : float, optional
        Of names, points; that of cells by default.
    upright : int
        Names of columns stand on end if one is longer.
    square : bool
        Whether cells are.

    Returns
    -------
    AxesImage
        For a colour bar.
    """
    from matplotlib import colormaps

    colour_map = colormaps[colours].with_extremes(bad=ABSENT)
    image = panel.imshow(values, cmap=colour_map, vmin=ends[0], vmax=ends[1])
    panel.set_aspect("equal" if square else "auto")
    for row, column in np.ndindex(*values.shape) if texts is not None else ():
        assert texts is not None
        panel.text(
            column,
            row,
            texts[row][column],
            ha="center",
            va="center",
            fontsize=fontsize,
            color=_readable(image.to_rgba(values[row, column])[:3]),
        )
    rows = [without_middle(name) for name in rows]
    columns = [without_middle(name) for name in columns]
    panel.set_yticks(range(len(rows)), rows, fontsize=of_names or fontsize)
    angle = 90 if max(map(len, columns), default=0) > upright else 0
    panel.set_xticks(range(len(columns)), columns, fontsize=of_names or fontsize, rotation=angle)
    panel.tick_params(length=0)
    panel.grid(False)
    for spine in panel.spines.values():
        spine.set_visible(False)
    return image


def without_middle(name: str, longest: int = LONGEST) -> str:
    """A name of at most so many letters: both ends stay, which tell names apart."""
    if len(name) <= longest:
        return name
    end = (longest - 1) // 2
    return f"{name[: longest - 1 - end]}…{name[-end:]}"


def _readable(colour: np.ndarray) -> str:
    """Black or white, whichever is read on a colour (relative luminance of WCAG 2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if luminance < 0.179 else "black"
