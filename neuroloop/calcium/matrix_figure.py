"""Matrices over patterns or cells as heat maps, with their groups marked."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.entry_textures import Empty, legend_height, shade, texture_legend
from neuroloop.calcium.pattern_pairs import panels
from neuroloop.report.figures import PAGE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Panels side by side, and in one row if each has few names.
COLUMNS, SIDE_BY_SIDE, FEW = 2, 3, 12

#: Most rows of a matrix that are named one by one; of more, every so many.
NAMED = 60

#: Inches of a name at an axis, of all beside it, and the most of a panel.
A_NAME, AROUND, WIDEST = 0.105, 1.45, 8.0

#: Share of entries within the colour scale: ratios of small numbers must not pale all others.
SHOWN = 0.99


def matrix_figure(
    matrices: Mapping[str, np.ndarray],
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    title: str,
    scales: Mapping[str, str],
    axes_names: tuple[str, str] = ("pattern", "pattern"),
    sequential: Collection[str] = (),
    undefined: str = "not defined",
    empty: Sequence[Empty] = (),
    note: str = "",
) -> "Figure":
    """Draw matrices of the same rows and columns.

    Parameters
    ----------
    matrices : mapping of str to ndarray, shape (n, n)
        By the titles of their panels.
    labels, groups : sequence of str, length n
        Name and group of each row and column; they are brought together by group.
    title : str
        Of the figure.
    scales : mapping of str to str
        What each matrix holds, with its unit. Matrices that hold the same share a colour scale.
    axes_names : (str, str)
        What a row and what a column is.
    sequential : collection of str
        Titles of matrices without a sign, as squares; the others' colours part at 0.
    undefined : str
        Why an entry may be NaN that none of `empty` tells; such entries are hatched.
    empty : sequence of Empty
        Entries that are NaN, a texture and a line of the legend for each reason.
    note : str
        What the entries are means of, below the title.

    Returns
    -------
    Figure
    """
    members = panels(groups)
    order = np.concatenate(list(members.values()))
    sizes = {name: len(positions) for name, positions in members.items()}
    names = [labels[position] for position in order]
    columns = min(SIDE_BY_SIDE if len(names) <= FEW else COLUMNS, len(matrices))
    columns = columns if len(matrices) != SIDE_BY_SIDE + 1 else COLUMNS
    rows = -(-len(matrices) // columns)
    side = min(max(PAGE / COLUMNS, AROUND + A_NAME * min(len(names), NAMED)), WIDEST)
    told = _left_over(matrices, empty, undefined)
    figure, axes = grid(rows, columns, width=side, height=side - 0.7)
    beside = 0.2 * (2 + note.count("\n") + bool(note)) + legend_height(told)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + beside)
    limits = _limits(matrices, scales)
    for panel in axes.flat[len(matrices) :]:
        panel.set_axis_off()
    for panel, (name, matrix) in zip(axes.flat, matrices.items(), strict=False):
        given = matrix[np.ix_(order, order)]
        _draw(figure, panel, given, limits[scales[name]], scales[name], name in sequential)
        for one in told:
            if name in one.entries:
                shade(panel, one, one.entries[name][np.ix_(order, order)])
        if len(sizes) > 1:
            _mark_groups(panel, sizes)
        _name_places(panel, names, axes_names)
        panel.set_title(name, pad=16 if len(sizes) > 1 else 6)
    texture_legend(figure, told)
    figure.suptitle("\n".join([title, *filter(None, [note])]), fontsize=10)
    return figure


def _left_over(
    matrices: Mapping[str, np.ndarray], empty: Sequence[Empty], undefined: str
) -> list[Empty]:
    """All reasons, with one more for entries that are NaN and that none tells."""
    rest = {}
    for name, matrix in matrices.items():
        lacking = np.isnan(matrix)
        for one in empty:
            lacking &= ~one.entries.get(name, np.zeros_like(lacking))
        if lacking.any():
            rest[name] = lacking
    return [*empty, *([Empty(undefined, rest)] if rest else [])]


def _limits(
    matrices: Mapping[str, np.ndarray], scales: Mapping[str, str]
) -> dict[str, tuple[float, bool]]:
    """Reach of each colour scale, and whether an entry lies beyond it."""
    limits = {}
    for scale in scales.values():
        held = np.concatenate(
            [matrices[name].ravel() for name in matrices if scales[name] == scale]
        )
        sizes = np.abs(held[np.isfinite(held)])
        highest = float(sizes.max(initial=0))
        reach = float(np.quantile(sizes, SHOWN)) if len(sizes) else 0.0
        # Only what stands far out is cut off, not the diagonal.
        reach = reach if 0 < 3 * reach < highest else highest
        limits[scale] = (reach or 1.0, reach < highest)
    return limits


def _draw(
    figure: "Figure",
    panel: "Axes",
    matrix: np.ndarray,
    limit: tuple[float, bool],
    scale: str,
    sequential: bool,
) -> None:
    """Draw a matrix with its colour bar; what lies behind shows through entries that are NaN."""
    highest, cut = limit
    shown = panel.imshow(
        np.ma.masked_invalid(matrix),
        cmap="cividis" if sequential else "RdBu_r",
        vmin=0 if sequential else -highest,
        vmax=highest,
        interpolation="nearest",
    )
    panel.grid(False)
    extend = ("max" if sequential else "both") if cut else "neither"
    beside = panel.inset_axes((1.03, 0, 0.04, 1))
    bar = figure.colorbar(shown, cax=beside, extend=extend)
    bar.set_label(scale, fontsize=8)
    bar.ax.tick_params(labelsize=8)
    bar.ax.grid(False)


def _mark_groups(panel: "Axes", sizes: Mapping[str, int]) -> None:
    """Draw a border between groups, and their names above."""
    start = 0
    for name, size in sizes.items():
        if start:
            panel.axhline(start - 0.5, color="black", linewidth=1)
            panel.axvline(start - 0.5, color="black", linewidth=1)
        panel.annotate(
            name,
            (start + (size - 1) / 2, 1),
            xycoords=panel.get_xaxis_transform(),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            fontweight="bold",
        )
        start += size


def _name_places(panel: "Axes", names: Sequence[str], axes_names: tuple[str, str]) -> None:
    """Name rows and columns one by one, or every so many of them if they are too many."""
    for spine in panel.spines.values():
        spine.set_visible(True)
    size = 8 if len(names) <= FEW else 7
    step = -(-len(names) // NAMED)
    places = range(0, len(names), step)
    shown = [names[place] for place in places]
    panel.set_xticks(places, shown, fontsize=size, rotation=90)
    panel.set_yticks(places, shown, fontsize=size)
    panel.tick_params(length=2 if len(names) > FEW else 3.5)
    each = "" if step == 1 else f", {len(names)}, one of {step} named"
    panel.set_ylabel(axes_names[0] + each, fontsize=8)
    panel.set_xlabel(axes_names[1] + each, fontsize=8)
