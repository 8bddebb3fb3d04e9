"""The ablation as a picture: what each teacher adds to learning from labels alone."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop import registry
from neuroloop.distill.ablation import GROUP, MEAN, REFERENCE, misleads
from neuroloop.report.figures import grid
from neuroloop.report.names import teacher_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Teachers that stand side by side at a tick before panels grow with them.
MOST_BESIDE = 8

#: Names of the legend in a row, at most.
MOST_NAMES = 5


def ablation_figure(
    table: pd.DataFrame, comparisons: pd.DataFrame, *, simulated: bool = False
) -> "Figure":
    """Draw the gain of each teacher over ``none``, a panel per subject and a row per decoder.

    Parameters
    ----------
    table : DataFrame
        From `ablation.accuracies`.
    comparisons : DataFrame
        From `ablation.comparisons`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        Differences in percentage points with 95 % intervals over seeds and test images; the
        teachers that need no brain are drawn separately at the left of each panel, and fill the
        only panel if there is no brain.
    """
    single = ~comparisons["subject"].isin((GROUP, MEAN))
    gains = comparisons[(comparisons["control"] == "none") & single]
    brains = gains[gains["subject"] != REFERENCE]
    references = gains[gains["subject"] == REFERENCE]
    subjects = list(dict.fromkeys(brains["subject"])) or [REFERENCE]
    rows = list(dict.fromkeys(zip(brains["decoder"], brains["student"], strict=True)))
    rows = rows or [(REFERENCE, student) for student in dict.fromkeys(table["student"])]
    rois = list(dict.fromkeys(brains["roi"]))
    looks = teacher_looks(gains["teacher"])
    figure, axes = grid(
        len(rows),
        len(subjects),
        width=max(3.6, 1.4 + 0.8 * len(rois) * max(1.0, len(looks) / MOST_BESIDE)),
        height=3,
        sharey="row",
    )
    for row, (decoder, student) in enumerate(rows):
        labels_only = table[(table["teacher"] == "none") & (table["student"] == student)]
        for column, subject in enumerate(subjects):
            panel = axes[row, column]
            drawn = brains[
                (brains["subject"] == subject)
                & (brains["decoder"] == decoder)
                & (brains["student"] == student)
            ]
            lowest = _range(gains[gains["student"] == student])[0]
            without = references[references["student"] == student]
            _draw(panel, without, ["no brain"], 0, lowest, looks)
            _draw(panel, drawn, rois, 1, lowest, looks)
            panel.axhline(0, color="black", linewidth=0.8)
            panel.set_xticks(range(len(rois) + 1), ["no brain", *rois])
            panel.set_title(subject if len(rows) == 1 else f"{subject}, {decoder}, {student}")
        axes[row, 0].set_ylim(*_range(gains[gains["student"] == student]))
        accuracy = _percent(labels_only["accuracy"].mean())
        axes[row, 0].set_ylabel(f"accuracy less that of\nlabels alone ({accuracy}), points")
    _legend(figure, looks)
    seeds, images = table["seed"].nunique(), table["n"].iloc[0]
    chance = table["chance"].iloc[0]
    why = " (none: comparisons.tsv says why)" if gains["ci_low"].isna().any() else ""
    figure.suptitle(
        f"{'Simulated brains: what' if simulated else 'What'} each teacher adds to learning from "
        "labels alone\n"
        f"{seeds} seeds, {images:,} test images, chance {_percent(chance)}; "
        f"bars: 95 % intervals over both{why}; numbers: below the axis{_unseen(gains)}",
        fontsize=10,
    )
    return figure


def teacher_looks(teachers: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each teacher, in the order of the legend; none is left out."""
    present = set(teachers)
    order = {name: rank for rank, name in enumerate(registry.names("teacher"))}
    entries = {name: registry.entry("teacher", name) for name in present}
    return {
        name: (entries[name].COLOUR, entries[name].MARKER)
        for name in sorted(present, key=lambda name: order[name])
    }


def _draw(
    panel: "Axes",
    gains: pd.DataFrame,
    ticks: list[str],
    start: int,
    lowest: float,
    looks: Mapping[str, tuple[str, str]],
) -> None:
    """Draw the teachers side by side at each tick (a region, or no brain)."""
    teachers = [name for name in looks if name in set(gains["teacher"])]
    for number, teacher in enumerate(teachers):
        colour, marker = looks[teacher]
        rows = gains[gains["teacher"] == teacher]
        if start:
            rows = rows.set_index("roi").reindex(ticks)
        shift = (number - (len(teachers) - 1) / 2) * 0.8 / max(len(teachers), 1)
        value = 100 * rows["difference"].to_numpy()
        bars = np.abs(100 * rows[["ci_low", "ci_high"]].to_numpy(dtype=float).T - value)
        positions = np.arange(len(value)) + start + shift
        panel.errorbar(
            positions, value, bars, fmt=marker, color=colour, markersize=4.5, linewidth=1.2
        )
        for x, number_below in zip(positions[value < lowest], value[value < lowest], strict=True):
            panel.annotate(
                f"{number_below:.0f}".replace("-", "−"),
                (x, lowest),
                color=colour,
                ha="center",
                va="bottom",
                fontsize=8,
                fontweight="bold",
            )


def _percent(share: float) -> str:
    """A share as percent in three digits: ``"91.2 %"``."""
    return f"{100 * share:.3g} %"


def _unseen(gains: pd.DataFrame) -> str:
    """What no difference means: the smallest gains that the design could have seen."""
    points = 100 * gains.loc[~gains["teacher"].map(misleads).astype(bool), "smallest_effect"]
    if not points.notna().any():
        return ""
    return f"\ngains below {points.min():.1f} to {points.max():.1f} points could not be seen"


def _range(gains: pd.DataFrame) -> tuple[float, float]:
    """Lower and upper end of the axis, percentage points.

    Teachers that mislead on purpose may fall far below; they must not squeeze what the others add.
    """
    fair = gains[~gains["teacher"].map(misleads).astype(bool)]
    numbers = (fair if len(fair) else gains)[["ci_low", "ci_high", "difference"]]
    # Without an interval there is only the difference.
    bounds = 100 * numbers.to_numpy(dtype=float)[numbers.notna().to_numpy()]
    reach = max(1.0, float(np.abs(bounds).max(initial=0)))
    lowest, highest = float(bounds.min(initial=0)), float(bounds.max(initial=0))
    return min(-0.6 * reach, 1.15 * lowest), 1.15 * max(0.6 * reach, highest)


def _legend(figure: "Figure", looks: Mapping[str, tuple[str, str]]) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=teacher_name(name))
        for name, (colour, marker) in looks.items()
    ]
    # Seven names in plain words are wider than the page: several rows of them.
    lines = 1 if len(marks) <= 4 else max(2, -(-len(marks) // MOST_NAMES))
    columns = max(-(-len(marks) // lines), 1)
    figure.legend(handles=marks, loc="outside lower center", ncols=columns)
