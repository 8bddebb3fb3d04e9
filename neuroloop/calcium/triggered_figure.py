"""Stimulus-triggered averages, and how bright each recording is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.frame_plan import Selection
from neuroloop.calcium.triggered_average import (
    BACKGROUND,
    OTHERS,
    REST,
    TARGETS,
    Average,
    Triggered,
)
from neuroloop.report.figures import PAGE, PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {TARGETS: PALETTE[1], OTHERS: PALETTE[0], BACKGROUND: PALETTE[7], REST: PALETTE[6]}
SPANS = {
    "control": "#eeeeee",
    "baseline": "#d6e6f2",
    "skipped": "#f2d6d6",
    "stimulated": "#fbe9d0",
}


def triggered_figure(
    triggered: Triggered, selection: Selection, rate: float, levels: pd.Series, *, title: str
) -> "Figure":
    """Draw the averages by frame from the onset, and the brightness of every recording.

    Parameters
    ----------
    triggered : Triggered
    selection : Selection
        Its frames are shaded.
    rate : float
        Hz; for the axis in seconds.
    levels : Series
        Brightness of each recording, counts, in order.
    title : str

    Returns
    -------
    Figure
    """
    figure, axes = grid(1, 2, width=PAGE / 2, height=3.9, width_ratios=[2, 1])
    left, right = axes[0]
    _shade(left, selection)
    _draw(left, triggered.averages(), triggered.offsets)
    left.set_xlim(triggered.offsets[0] - 0.5, triggered.offsets[-1] + 0.5)
    left.set_xlabel(f"frames from the onset ({rate:g} a second)")
    left.set_ylabel("change from before the onset, %")
    left.set_title("mean and 95 % interval over trials", fontsize=9)
    left.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, fontsize=8, columnspacing=1.2
    )
    right.plot(np.arange(1, len(levels) + 1), levels.to_numpy(), "o", ms=3, color=PALETTE[0])
    right.set_xlim(0.5, len(levels) + 0.5)
    right.set_ylim(0, 1.15 * float(levels.max()) if levels.max() > 0 else None)
    right.set_xlabel("recording, in the order of the table")
    right.set_ylabel("median brightness of the cells, counts")
    right.set_title(f"{len(levels)} recording{'s' * (len(levels) != 1)}", fontsize=9)
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    figure.suptitle(title, fontsize=10)
    return figure


def _shade(panel: "Axes", selection: Selection) -> None:
    """Shade frames by what they are used as, named at the upper edge."""
    spans = {
        "control": (-selection.before, -selection.baseline),
        "baseline": (-selection.baseline, 0),
        "skipped": (0, selection.skip),
        "stimulated": (selection.skip, selection.stimulated),
    }
    for name, (start, end) in spans.items():
        if start == end:
            continue
        panel.axvspan(start - 0.5, end - 0.5, color=SPANS[name], zorder=0, linewidth=0)
        panel.text(
            (start + end - 1) / 2,
            0.985,
            name,
            transform=panel.get_xaxis_transform(),
            ha="center",
            va="top",
            fontsize=7,
            rotation=90 if end - start < 2 else 0,
        )
    panel.axvline(-0.5, color="#444444", linewidth=0.8, linestyle="--")
    panel.axhline(0, color="#444444", linewidth=0.6)


def _draw(panel: "Axes", averages: Mapping[str, Average], offsets: np.ndarray) -> None:
    for name, average in averages.items():
        cells = f" of {average.cells} cell{'s' * (average.cells != 1)}" * bool(average.cells)
        label = f"{name} ({average.trials} trial{'s' * (average.trials != 1)}{cells})"
        colour = COLOURS[name]
        panel.fill_between(
            offsets, 100 * average.low, 100 * average.high, color=colour, alpha=0.2, linewidth=0
        )
        panel.plot(
            offsets,
            100 * average.mean,
            color=colour,
            marker="o" if len(offsets) < 40 else None,
            ms=3,
            lw=1.3,
            label=label,
        )
    # Room for the names of the spans.
    low, high = panel.get_ylim()
    panel.set_ylim(low, high + 0.12 * (high - low))
