"""One difference on a line of a figure: its interval, what could not have been seen, and its q."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.figures import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colours of a difference that is shown, upwards and downwards, and of one that is not.
UP, DOWN, OPEN = PALETTE[0], PALETTE[1], "#6d7683"

#: Colour of the band of differences that could not have been seen.
UNSEEN = "#e3e6ea"


def draw_difference(panel: "Axes", row: pd.Series, place: float, scale: float = 1) -> None:
    """Draw a difference on the line at `place`.

    Parameters
    ----------
    panel : Axes
    row : Series
        ``difference``, ``ci_low``, ``ci_high``, ``smallest_effect``, ``p``, ``q``, ``family``.
    place : float
        Where the line stands on the vertical axis.
    scale : float
        Factor of differences: 100 for percentage points.
    """
    value = scale * row["difference"]
    shown = row["q"] <= SIGNIFICANT
    colour = OPEN if not shown else UP if value > 0 else DOWN
    unseen = scale * row["smallest_effect"]
    if np.isfinite(unseen):
        least = 0 if row["family"].startswith("images") else -unseen  # a one-sided test
        panel.barh(place, unseen - least, left=least, height=0.72, color=UNSEEN, zorder=1)
    if np.isfinite(row["ci_low"]):
        ends = [scale * row["ci_low"], scale * row["ci_high"]]
        panel.plot(ends, [place] * 2, color=colour, lw=1.6)
    marker = "o" if np.isfinite(row["p"]) else "x"
    panel.plot(
        [value],
        [place],
        marker,
        color=colour,
        markerfacecolor=colour if shown or marker == "x" else "white",
        markersize=4.6,
        zorder=3,
    )
    if np.isfinite(row["q"]):
        panel.text(
            0.985,
            place,
            "< 0.001" if row["q"] < 0.001 else f"{row['q']:.2g}",
            transform=panel.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=6.5,
            color=colour,
        )


def ends_of_axis(rows: pd.DataFrame, scale: float = 1) -> tuple[float, float]:
    """Ends of the axis of these rows: all differences, intervals and bands, and 0."""
    numbers = scale * rows[["difference", "ci_low", "ci_high"]].to_numpy(dtype=float).ravel()
    band = scale * rows["smallest_effect"].to_numpy(dtype=float)
    numbers = np.concatenate([numbers, band, -band, [0.0]])
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    room = 0.06 * max(high - low, scale / 100)
    return low - room, high + room


def explain_marks(figure: "Figure", columns: int | None = None) -> None:
    """Put the legend of all marks below a figure, in so many columns, or one a mark."""
    from matplotlib.lines import Line2D

    def mark(colour: str, label: str, marker: str = "o", filled: bool = True) -> Line2D:
        face = colour if filled else "white"
        return Line2D(
            [], [], color=colour, marker=marker, markerfacecolor=face, lw=1.6, label=label
        )

    marks = [
        mark(UP, "better, q ≤ 0.05"),
        mark(DOWN, "worse, q ≤ 0.05"),
        mark(OPEN, "not shown", filled=False),
        Line2D([], [], color=OPEN, marker="x", linestyle="", label="no test (the table says why)"),
        Line2D([], [], color=UNSEEN, linewidth=6, label="could not have been seen"),
    ]
    ncols = columns or len(marks)
    figure.legend(handles=marks, loc="outside lower center", ncols=ncols, fontsize=7.5)
