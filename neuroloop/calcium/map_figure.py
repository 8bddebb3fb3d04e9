"""Where readers looked: maps of patterns over the mean image of a session."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import pattern_cells
from neuroloop.report.figures import PAGE, PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

#: Panels side by side; of more patterns than these, as many as make the figure about square.
COLUMNS, SQUARE = 6, 48

#: Least width of a panel, inches.
LEAST_PANEL = 0.8

#: Circles of a figure, at most, of cells that a pattern does not stimulate.
CIRCLES = 4000

#: Share of map pixels within the colour scale: a single bright one must not darken all others.
SHOWN = 0.995

#: How opaque a map is where it is highest.
OPACITY = 0.8

#: Least radius of a thick circle, share of the image's width: a smaller one would hide its cell.
LEAST_CIRCLE = 0.045

STIMULATED = PALETTE[5]
OTHER = "#ffffff"


def map_figure(
    maps: np.ndarray,
    patterns: Sequence[str],
    mean_image: np.ndarray,
    cells: pd.DataFrame,
    *,
    session: str,
    method: str,
    trials: int,
    seeds: int,
    simulated: bool = False,
    warning: str = "",
) -> "Figure":
    """Draw the map of each pattern over the mean image, on one colour scale.

    Parameters
    ----------
    maps : ndarray, shape (patterns, height, width)
        Means over seeds and held-out trials, native resolution of the reader's last pooling.
    patterns : sequence of str
        Name of each.
    mean_image : ndarray, shape (height, width)
        Of the session, in frame pixels.
    cells : DataFrame
        ``cell, row, column, radius`` in frame pixels.
    session, method : str
        Names for the titles.
    trials, seeds : int
        What each map is a mean of.
    simulated : bool
        Whether the title says so.
    warning : str
        What a reader must know of them first, as that the reader is at chance.

    Returns
    -------
    Figure
        All patterns, those of fewest cells first. The more a map says, the less of the image is
        seen through it. A map's pixels are drawn as they are, at their place in the frame. Cells
        of the pattern are circled.
    """
    chosen = sorted(
        range(len(patterns)), key=lambda position: len(pattern_cells(patterns[position]))
    )
    columns = min(COLUMNS, max(len(chosen), 3))
    if len(chosen) > SQUARE:
        columns = int(np.ceil(np.sqrt(1.3 * len(chosen))))
    rows = -(-len(chosen) // columns)
    width = max(PAGE / columns, LEAST_PANEL)
    height = 0.9 * width * mean_image.shape[0] / mean_image.shape[1] + 0.22
    figure, axes = grid(rows, columns, width=width, height=height)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 1.1)
    colours, norm = _scale(maps[chosen])
    stride = frame_stride(mean_image.shape[0], maps.shape[1])
    others = len(cells) * len(chosen) <= CIRCLES
    for panel in axes.flat[len(chosen) :]:
        panel.set_axis_off()
    for panel, position in zip(axes.flat, chosen, strict=False):
        _draw(panel, mean_image, maps[position], stride, colours, norm)
        _circle(panel, cells, pattern_cells(patterns[position]), others)
        panel.set_title(patterns[position], fontsize=8 if len(chosen) <= SQUARE else 6, pad=2)
    _name_axes(axes[rows - 1, 0], mean_image)
    _colour_bar(figure, axes, colours, norm, method)
    figure.suptitle(
        f"Where readers looked in session {session}{', simulated' * simulated}: "
        f"all {len(patterns)} patterns, {trials} held-out trials each, "
        f"{seeds} seed{'s' * (seeds != 1)}\n"
        f"circles: cells, blue those that the pattern stimulates; maps of {maps.shape[2]} × "
        f"{maps.shape[1]} pixels, not smoothed, each {stride} × {stride} pixels of the frame"
        + (f"\n{fill(warning, 88)}" if warning else ""),
        fontsize=9,
    )
    return figure


def _scale(maps: np.ndarray) -> tuple["Colormap", "Normalize"]:
    """Colours that turn transparent towards 0, and the range that all panels share."""
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap, Normalize

    finite = maps[np.isfinite(maps)]
    signed = bool((finite < 0).any())
    highest = float(np.quantile(np.abs(finite), SHOWN)) if finite.size else 0.0
    highest = highest or float(np.abs(finite).max(initial=0)) or 1.0
    steps = np.linspace(-1 if signed else 0, 1, 256)
    # The dark end of inferno would hide the image where a map says little.
    name, first = ("PuOr_r", 0.0) if signed else ("inferno", 0.35)
    shades = mpl.colormaps[name](np.linspace(first, 1, 256))
    shades[:, 3] = OPACITY * np.minimum(1, 1.6 * np.abs(steps))
    colours = ListedColormap(shades).with_extremes(bad=(0, 0, 0, 0))
    return colours, Normalize(-highest if signed else 0, highest)


def frame_stride(frame: int, native: int) -> int:
    """Frame pixels under a map pixel: poolings by 2 that drop what is left over at the edge."""
    stride = 1
    while 2 * stride * native <= frame:
        stride *= 2
    return stride


def _draw(
    panel: "Axes",
    image: np.ndarray,
    drawn: np.ndarray,
    stride: int,
    colours: "Colormap",
    norm: "Normalize",
) -> None:
    """Draw a map over the image, in frame pixels whose first has its centre at 0."""
    low, high = np.quantile(image, [0.01, 0.99])
    panel.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    height, width = drawn.shape
    panel.imshow(
        drawn,
        cmap=colours,
        norm=norm,
        interpolation="nearest",
        extent=(-0.5, stride * width - 0.5, stride * height - 0.5, -0.5),
    )
    panel.set_xlim(-0.5, image.shape[1] - 0.5)
    panel.set_ylim(image.shape[0] - 0.5, -0.5)
    panel.grid(False)
    panel.set_xticks([])
    panel.set_yticks([])


def _circle(panel: "Axes", cells: pd.DataFrame, stimulated: Sequence[str], others: bool) -> None:
    from matplotlib.patches import Circle

    low, high = panel.get_xlim()
    smallest = LEAST_CIRCLE * (high - low)
    for cell in cells.to_dict("records"):
        on = cell["cell"] in stimulated
        if not (on or others):
            continue
        panel.add_patch(
            Circle(
                (cell["column"], cell["row"]),
                max(cell["radius"], smallest) if on else cell["radius"],
                fill=False,
                edgecolor=STIMULATED if on else OTHER,
                linewidth=1.6 if on else 0.6,
                zorder=4 if on else 3,
            )
        )


def _name_axes(panel: "Axes", image: np.ndarray) -> None:
    """Ticks at one panel stand for all: they have the same axes."""
    height, width = image.shape
    panel.set_xticks([0, width - 1])
    panel.set_yticks([0, height - 1])
    panel.tick_params(labelsize=7, length=2)
    # Labels that stand out over the panel's ends would push the next panel away.
    first, last = panel.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    first, last = panel.get_yticklabels()
    first.set_verticalalignment("top")
    last.set_verticalalignment("bottom")
    panel.set_xlabel("column, pixels", fontsize=8, labelpad=0)
    panel.set_ylabel("row, pixels", fontsize=8, labelpad=-6)


def _colour_bar(
    figure: "Figure", axes: np.ndarray, colours: "Colormap", norm: "Normalize", method: str
) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(
        ScalarMappable(norm, colours),
        ax=axes,
        location="bottom",
        shrink=0.6,
        aspect=40,
        pad=0.02,
        extend="both" if norm.vmin else "max",
    )
    bar.ax.set_facecolor("#808080")
    bar.ax.grid(False)
    bar.set_label(
        f"{method}, arbitrary unit; one scale for all panels, "
        f"to the {100 * SHOWN:g}th percentile of their pixels",
        fontsize=8,
    )
    bar.ax.tick_params(labelsize=8)
