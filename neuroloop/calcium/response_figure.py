"""Cells on the mean image of a session, and how chosen ones respond to stimulation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.calcium.cell_responses import chosen_cells
from neuroloop.calcium.field_figure import circle_cells, name_cells, ring_marks
from neuroloop.calcium.traces import Courses
from neuroloop.report.figures import PAGE, PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colour of each choice.
COLOURS = {"strongest": PALETTE[1], "median": PALETTE[2], "weakest": PALETTE[3]}
OTHERS = PALETTE[0]

#: Single trials of a panel, at most: of more, every so many.
TRIALS = 60

#: Share of single trials' values within the axis.
SHOWN = 0.998


def response_figure(
    courses: Courses,
    stimulated: np.ndarray,
    table: pd.DataFrame,
    image: np.ndarray,
    cells: pd.DataFrame,
    *,
    title: str,
) -> "Figure":
    """Draw the mean image with all cells, and single trials and averages of chosen ones.

    Parameters
    ----------
    courses : Courses
        dF/F around each onset.
    stimulated : ndarray of bool, shape (trials, cells)
    table : DataFrame
        From `cell_responses.response_table`.
    image : ndarray, shape (height, width)
        Mean of the session's frames before the stimuli.
    cells : DataFrame
        ``cell, row, column, radius``; pixels.
    title : str

    Returns
    -------
    Figure
    """
    chosen = chosen_cells(table)
    count = max(len(chosen), 1)
    figure, axes = grid(
        count,
        2,
        width=0.62 * PAGE,
        height=max(0.62 * PAGE * image.shape[0] / image.shape[1] + 0.5, 1.75 * count) / count,
        gridspec_kw={"width_ratios": [1.15, 1]},
    )
    spec = axes[0, 0].get_gridspec()
    for panel in axes[:, 0]:
        panel.remove()
    _draw_image(figure.add_subplot(spec[:, 0]), image, cells, stimulated, chosen)
    names = cells["cell"].tolist()
    for panel, (choice, cell) in zip(axes[:, 1], chosen.items(), strict=False):
        number = names.index(cell)
        _draw_trials(panel, courses, stimulated[:, number], number, COLOURS[choice])
        (said,) = table[table["cell"] == cell].to_dict("records")
        panel.set_title(
            f"{cell}, {choice}: {said['response']:.2g} dF/F in {_trials(said['trials'])}",
            fontsize=9,
        )
    _share_axis(axes[:, 1], courses, stimulated, [names.index(cell) for cell in chosen.values()])
    axes[-1, 1].set_xlabel("frames from the onset")
    _legend(figure, cells, stimulated)
    figure.suptitle(title, fontsize=10)
    return figure


def _draw_image(
    panel: "Axes",
    image: np.ndarray,
    cells: pd.DataFrame,
    stimulated: np.ndarray,
    chosen: Mapping[str, str],
) -> None:
    """Draw the image with all cells, the chosen ones in their colours."""
    low, high = np.quantile(image, [0.01, 0.995])
    panel.imshow(image, cmap="gray", vmin=low, vmax=max(high, low + 1e-9), interpolation="nearest")
    panel.grid(False)
    panel.set_xlabel("column, pixels")
    panel.set_ylabel("row, pixels")
    panel.set_title("mean of the frames before the stimuli", fontsize=9)
    targets = _targets(cells, stimulated)
    colours = {cell: COLOURS[choice] for choice, cell in chosen.items()}
    circle_cells(panel, cells, targets, colours)
    name_cells(panel, cells, colours)


def _draw_trials(
    panel: "Axes", courses: Courses, own: np.ndarray, number: int, colour: str
) -> None:
    """Draw single trials that stimulate a cell, and the means of these and of all others."""
    values, gap = courses.dff[:, :, number], _gap(courses.offsets)
    rows = np.flatnonzero(own)
    for row in rows[:: max(-(-len(rows) // TRIALS), 1)]:
        at, drawn = _parted(courses.offsets, values[row], gap)
        panel.plot(at, drawn, color=colour, linewidth=0.5, alpha=0.35)
    for chosen, shade, marker in ((~own, OTHERS, "s"), (own, colour, "o")):
        if not chosen.any():
            continue
        mean, half = _mean(values[chosen])
        at, drawn = _parted(courses.offsets, mean, gap)
        _, low = _parted(courses.offsets, mean - half, gap)
        _, high = _parted(courses.offsets, mean + half, gap)
        panel.fill_between(at, low, high, color=shade, alpha=0.3, linewidth=0)
        panel.plot(at, drawn, color=shade, marker=marker, ms=4, linewidth=2)
    if gap is not None:
        panel.axvspan(gap[0] + 0.5, gap[1] - 0.5, color="#e8edf2", zorder=0, linewidth=0)
        panel.text(
            sum(gap) / 2,
            0.03,
            "baseline,\nmean 0",
            transform=panel.get_xaxis_transform(),
            ha="center",
            fontsize=7,
            color="#555555",
        )
    panel.axvline(-0.5, color="#444444", linewidth=0.8, linestyle="--")
    panel.axhline(0, color="#444444", linewidth=0.6)
    panel.locator_params(axis="x", nbins=8, integer=True)
    panel.set_ylabel("dF/F")


def _gap(offsets: np.ndarray) -> tuple[int, int] | None:
    """Frames beside the first that are missing: those of the baseline, whose mean is 0."""
    places = np.flatnonzero(np.diff(offsets) > 1)
    return (int(offsets[places[0]]), int(offsets[places[0] + 1])) if len(places) else None


def _parted(
    offsets: np.ndarray, values: np.ndarray, gap: tuple[int, int] | None
) -> tuple[np.ndarray, np.ndarray]:
    """A course with nothing in its gap, so that no line crosses it."""
    if gap is None:
        return offsets, values
    place = int(np.searchsorted(offsets, gap[1]))
    return np.insert(offsets.astype(float), place, np.nan), np.insert(values, place, np.nan)


def _mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean over trials, and half of its 95 % interval by Student's t (nothing of one trial)."""
    count = len(values)
    if count < 2:
        return values.mean(axis=0), np.zeros(values.shape[1])
    error = values.std(axis=0, ddof=1) / np.sqrt(count)
    return values.mean(axis=0), special.stdtrit(count - 1, 0.975) * error


def _share_axis(
    panels: np.ndarray, courses: Courses, stimulated: np.ndarray, numbers: list[int]
) -> None:
    """One scale for all panels, which a single trial far off does not stretch."""
    shown = [courses.dff[stimulated[:, number], :, number].ravel() for number in numbers]
    if not shown:
        return
    values = np.concatenate(shown)
    low, high = np.quantile(values, [1 - SHOWN, SHOWN])
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    room = 0.05 * (high - low or 1.0)
    for panel in panels:
        panel.set_ylim(low - room, high + room)


def _targets(cells: pd.DataFrame, stimulated: np.ndarray) -> list[str]:
    names = cells["cell"].tolist()
    return [names[number] for number in np.flatnonzero(stimulated.any(axis=0))]


def _trials(count: float) -> str:
    return "1 trial" if count == 1 else f"{count:.0f} trials"


def _legend(figure: "Figure", cells: pd.DataFrame, stimulated: np.ndarray) -> None:
    from matplotlib.lines import Line2D

    targets = _targets(cells, stimulated)
    plain = "#555555"
    marks = [
        *ring_marks(cells, targets),
        Line2D([], [], color=plain, linewidth=0.7, alpha=0.6, label="a trial that stimulates it"),
        Line2D([], [], color=plain, marker="o", ms=4, lw=2, label="their mean, 95 % over trials"),
        Line2D([], [], color=OTHERS, marker="s", ms=4, lw=2, label="mean of all other trials"),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3, fontsize=8)
