"""Textures of the empty entries of a matrix: one a reason, told apart without colour."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neuroloop.calcium.empty_entries import kinds_of, told_empty
from neuroloop.calcium.influence import (
    ITSELF,
    NEAR,
    NEVER,
    SILENT,
    TOGETHER,
    TWO_SCALES,
    UNSCALED,
    UNTAUGHT,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Ground and hatching of each reason, none of which is a colour of the scale. Lines alone: dots
#: make heavy files.
TEXTURES = {
    ITSELF: ("#8c8c8c", ""),
    NEAR: ("#d9d9d9", "/////"),
    SILENT: ("#efe8c3", "xxxx"),
    UNSCALED: ("#efe8c3", "//||"),
    TWO_SCALES: ("#efe8c3", "++++"),
    NEVER: ("#cfe3cf", "-----"),
    TOGETHER: ("#ddd0e3", "|||||"),
    UNTAUGHT: ("#cfe3cf", "\\\\\\\\\\"),
}
#: Of reasons that are a route's own: that it failed; of entries without a given reason.
OF_ROUTES = (("#e6e6e6", "//--"), ("#e6e6e6", "\\\\||"))

EDGE = "#6e6e6e"

#: Letters of a line of the legend.
WIDTH = 96


class Empty(NamedTuple):
    """Entries that are empty for one reason.

    Attributes
    ----------
    told : str
        The reason, with what it empties.
    entries : mapping of str to ndarray of bool, shape (n, n)
        By the titles of matrices.
    ground, hatch : str
    """

    told: str
    entries: Mapping[str, np.ndarray]
    ground: str = "#d9d9d9"
    hatch: str = "/////"


def empty_entries(
    reasons: Mapping[str, np.ndarray], names: Sequence[str], exclusion_radius: float
) -> list[Empty]:
    """Give each reason its texture.

    Parameters
    ----------
    reasons, names, exclusion_radius
        As of `empty_entries.told_empty`.
    """
    said = told_empty(reasons, names, exclusion_radius)
    own = iter(OF_ROUTES)
    return [
        Empty(
            said[kind],
            {title: given == kind for title, given in reasons.items() if (given == kind).any()},
            *(TEXTURES[kind] if kind in TEXTURES else next(own, OF_ROUTES[-1])),
        )
        for kind in kinds_of(reasons)
    ]


def shade(panel: "Axes", empty: Empty, entries: np.ndarray) -> None:
    """Cover entries of a panel whose rows and columns are at whole numbers."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners = []
    for row, start, end in _runs(entries):
        left, right, top, bottom = start - 0.5, end - 0.5, row - 0.5, row + 0.5
        corners += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    if not corners:
        return
    one = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    path = Path(corners, one * (len(corners) // 5))
    looks = {"facecolor": empty.ground, "edgecolor": EDGE, "linewidth": 0, "hatch": empty.hatch}
    panel.add_patch(PathPatch(path, **looks, label=empty.told, zorder=1.5))


def legend_height(reasons: Sequence[Empty]) -> float:
    """Inches that the legend of `texture_legend` takes."""
    lines = sum(1 + fill(one.told, WIDTH).count("\n") for one in reasons)
    return 0.25 * lines


def texture_legend(figure: "Figure", reasons: Sequence[Empty]) -> None:
    """Tell below a figure what each texture means."""
    from matplotlib.patches import Patch

    if not reasons:
        return
    marks = [
        Patch(
            facecolor=one.ground,
            edgecolor=EDGE,
            linewidth=0.5,
            hatch=one.hatch,
            label=fill(one.told, WIDTH),
        )
        for one in reasons
    ]
    figure.legend(
        handles=marks,
        loc="outside lower center",
        ncols=1,
        fontsize=8,
        handlelength=2.6,
        handleheight=1.3,
    )


def _runs(entries: np.ndarray) -> list[tuple[int, int, int]]:
    """Row, start and end of each run of true values along rows."""
    steps = np.diff(np.pad(entries.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return list(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True))
