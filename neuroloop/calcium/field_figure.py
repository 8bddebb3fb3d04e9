"""Where the table says that cells are, on what the movies show."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.recording_courses import SessionCourses
from neuroloop.calcium.traces import neuropil_rings
from neuroloop.errors import NeuroLoopError
from neuroloop.report.figures import PAGE, PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

TARGET, FOLLOWER, RING = PALETTE[4], PALETTE[5], PALETTE[2]

#: Cells whose names are written beside them, at most.
NAMED = 60

#: Cells around which the exclusion radius is drawn, at most: more circles would hide the image.
CIRCLED = 12


def field_figure(
    courses: SessionCourses,
    cells: pd.DataFrame,
    targets: Collection[str],
    *,
    exclusion_radius: float,
    title: str,
) -> "Figure":
    """Draw the mean image and the first frame of a session with its cells.

    Parameters
    ----------
    courses : SessionCourses
    cells : DataFrame
        ``cell, row, column, radius``; pixels.
    targets : collection of str
        Cells that are stimulated.
    exclusion_radius : float
        Pixels.
    title : str

    Returns
    -------
    Figure
    """
    shape = courses.mean.shape
    figure, axes = grid(1, 2, width=PAGE / 2, height=0.5 * PAGE * shape[0] / shape[1] + 0.9)
    mean, first = axes[0]
    for panel, image, said in (
        (mean, courses.mean, f"mean of {courses.frames} frames, and neuropil"),
        (first, courses.first, "first frame"),
    ):
        low, high = np.quantile(image, [0.01, 0.995])
        panel.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-9))
        panel.set_title(said, fontsize=9)
        panel.grid(False)
        panel.set_xlabel("column, pixels")
        circle_cells(panel, cells, targets)
    mean.set_ylabel("row, pixels")
    name_cells(mean, cells)
    radius = _around(mean, cells, shape, exclusion_radius)
    _legend(figure, cells, targets, exclusion_radius if radius else None)
    figure.suptitle(title, fontsize=10)
    return figure


def circle_cells(
    panel: "Axes",
    cells: pd.DataFrame,
    targets: Collection[str],
    colours: Mapping[str, str] | None = None,
) -> None:
    """Circle cells by whether they are stimulated; some in colours of their own."""
    from matplotlib.patches import Circle

    for cell in cells.to_dict("records"):
        plain = TARGET if cell["cell"] in targets else FOLLOWER
        own = (colours or {}).get(cell["cell"])
        panel.add_patch(
            Circle(
                (cell["column"], cell["row"]),
                cell["radius"],
                fill=False,
                edgecolor=own or plain,
                linewidth=2.2 if own else 1.2,
            )
        )


def name_cells(
    panel: "Axes", cells: pd.DataFrame, colours: Mapping[str, str] | None = None
) -> None:
    """Write names above cells, or below those at the upper edge; of many those with a colour.

    White with a black rim is read on any image; a colour is told by the cell's circle.
    """
    from matplotlib import patheffects

    if len(cells) > NAMED:
        cells = cells[cells["cell"].isin(list(colours or {}))]
    upper = 0.1 * panel.get_ylim()[0]
    for cell in cells.to_dict("records"):
        below = cell["row"] - cell["radius"] < upper
        panel.annotate(
            cell["cell"],
            (cell["column"], cell["row"] + (cell["radius"] if below else -cell["radius"])),
            xytext=(0, -2 if below else 2),
            textcoords="offset points",
            ha="center",
            va="top" if below else "bottom",
            fontsize=8,
            fontweight="bold" if cell["cell"] in (colours or {}) else "normal",
            color="white",
            path_effects=[patheffects.withStroke(linewidth=2, foreground="black")],
        )


def _around(
    panel: "Axes", cells: pd.DataFrame, shape: tuple[int, int], exclusion_radius: float
) -> bool:
    """Tint the neuropil, and circle what light aimed at a cell may reach; whether it was."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Circle

    try:
        rings = neuropil_rings(cells, shape).any(axis=0) & ~cell_masks(cells, shape).any(axis=0)
    except NeuroLoopError:  # traces will refuse, and say why
        rings = np.zeros(shape, dtype=bool)
    tint = np.zeros((*shape, 4))
    tint[rings] = to_rgba(RING, 0.3)
    panel.imshow(tint)
    circled = exclusion_radius > 0 and len(cells) <= CIRCLED
    for cell in cells.to_dict("records") if circled else []:
        panel.add_patch(
            Circle(
                (cell["column"], cell["row"]),
                exclusion_radius,
                fill=False,
                edgecolor="white",
                linewidth=0.6,
                linestyle=":",
            )
        )
    return circled


def _legend(
    figure: "Figure", cells: pd.DataFrame, targets: Collection[str], radius: float | None
) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = [*ring_marks(cells, targets)]
    handles.append(Patch(facecolor=RING, alpha=0.5, label="neuropil of the cells"))
    if radius is not None:
        label = f"exclusion radius, {radius:g} px"
        handles.append(Line2D([], [], color="#999999", linestyle=":", label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=8)


def ring_marks(cells: pd.DataFrame, targets: Collection[str]) -> "list[Line2D]":
    """Marks of a legend for the circles of `circle_cells`."""
    from matplotlib.lines import Line2D

    aimed = int(cells["cell"].isin(targets).sum())
    rings = {TARGET: f"stimulated cells ({aimed})"}
    if aimed < len(cells):
        rings[FOLLOWER] = f"never stimulated ({len(cells) - aimed})"
    return [
        Line2D([], [], marker="o", ls="", mfc="none", ms=8, mec=colour, label=label)
        for colour, label in rings.items()
    ]
