"""Matrices over patterns or cells as heat maps, with their groups marked."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.pattern_pairs import panels
from neuroloop.report.figures import PAGE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Panels side by side.
COLUMNS = 2

#: Most rows of a matrix that are named one by one.
NAMED = 24

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
        Why an entry may be NaN; such entries are hatched.
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
    columns = min(COLUMNS, len(matrices))
    rows = -(-len(matrices) // columns)
    figure, axes = grid(rows, columns, width=PAGE / columns, height=0.84 * PAGE / COLUMNS + 0.3)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 0.5)
    limits = _limits(matrices, scales)
    for panel in axes.flat[len(matrices) :]:
        panel.set_axis_off()
    for panel, (name, matrix) in zip(axes.flat, matrices.items(), strict=False):
        given = matrix[np.ix_(order, order)]
        _draw(figure, panel, given, limits[scales[name]], scales[name], name in sequential)
        _mark_groups(panel, sizes)
        _name_places(panel, names, sizes, axes_names)
        panel.set_title(name, pad=16)
    lines = [title]
    if note:
        lines.append(note)
    if not all(np.isfinite(matrix).all() for matrix in matrices.values()):
        lines.append(f"hatched: {undefined}")
    figure.suptitle("\n".join(lines), fontsize=10)
    return figure


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
    """Draw a matrix with its colour bar; hatching shows through entries that are NaN."""
    highest, cut = limit
    shown = panel.imshow(
        np.ma.masked_invalid(matrix),
        cmap="cividis" if sequential else "RdBu_r",
        vmin=0 if sequential else -highest,
        vmax=highest,
        interpolation="nearest",
    )
    panel.set_facecolor("#d9d9d9")
    panel.patch.set(hatch="/////", edgecolor="#8c8c8c", linewidth=0)
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


def _name_places(
    panel: "Axes", names: Sequence[str], sizes: Mapping[str, int], axes_names: tuple[str, str]
) -> None:
    """Name rows and columns one by one, or by group if they are too many."""
    for spine in panel.spines.values():
        spine.set_visible(True)
    if len(names) <= NAMED:
        size = 8 if len(names) <= 12 else 7
        panel.set_xticks(range(len(names)), names, fontsize=size, rotation=90)
        panel.set_yticks(range(len(names)), names, fontsize=size)
        each = ""
    else:
        ends = np.cumsum(list(sizes.values()))
        middles = ends - (np.array(list(sizes.values())) + 1) / 2
        panel.set_xticks([])
        panel.set_yticks(middles, list(sizes))
        panel.tick_params(length=0)
        each = f", {len(names)}"
    panel.set_ylabel(axes_names[0] + each, fontsize=8)
    panel.set_xlabel(axes_names[1] + each, fontsize=8)
