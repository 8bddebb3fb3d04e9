"""The ablation as a picture: what each teacher adds to learning from labels alone."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scripts.lib.core.figures import PALETTE, grid
from scripts.lib.distill.ablation import REFERENCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Teachers in the order of the legend, with their colours and markers.
LOOKS = {
    "brain": (PALETTE[1], "o"),
    "withinclass": (PALETTE[4], "s"),
    "classmean": (PALETTE[3], "D"),
    "smooth": (PALETTE[0], "^"),
    "rowshuffled": (PALETTE[5], "v"),
    "random": (PALETTE[6], "v"),
    "cnn": (PALETTE[2], "P"),
}


def ablation_figure(table: pd.DataFrame, comparisons: pd.DataFrame) -> "Figure":
    """Draw the gain of every teacher over ``none``, a panel a subject and a row a decoder.

    Parameters
    ----------
    table : DataFrame
        From `ablation.accuracies`.
    comparisons : DataFrame
        From `ablation.comparisons`.

    Returns
    -------
    Figure
        Differences in percentage points with 95 % intervals over seeds and test images; the
        teachers that need no brain stand on their own at the left of each panel, and fill the
        only one if no brain teaches.
    """
    gains = comparisons[(comparisons["control"] == "none") & (comparisons["subject"] != "group")]
    brains = gains[gains["subject"] != REFERENCE]
    references = gains[gains["subject"] == REFERENCE]
    subjects = list(dict.fromkeys(brains["subject"])) or [REFERENCE]
    rows = list(dict.fromkeys(zip(brains["decoder"], brains["student"], strict=True)))
    rows = rows or [(REFERENCE, student) for student in dict.fromkeys(table["student"])]
    rois = list(dict.fromkeys(brains["roi"]))
    figure, axes = grid(
        len(rows),
        len(subjects),
        width=max(3.6, 1.4 + 0.8 * len(rois)),
        height=3,
        sharey=True,
    )
    for row, (decoder, student) in enumerate(rows):
        alone = table[(table["teacher"] == "none") & (table["student"] == student)]
        for column, subject in enumerate(subjects):
            panel = axes[row, column]
            here = brains[
                (brains["subject"] == subject)
                & (brains["decoder"] == decoder)
                & (brains["student"] == student)
            ]
            _draw(panel, references[references["student"] == student], ["no brain"], 0)
            _draw(panel, here, rois, 1)
            panel.axhline(0, color="black", linewidth=0.8)
            panel.set_xticks(range(len(rois) + 1), ["no brain", *rois])
            panel.set_title(subject if len(rows) == 1 else f"{subject}, {decoder}, {student}")
        axes[row, 0].set_ylabel(
            f"accuracy less that of labels alone\n({alone['accuracy'].mean():.1%}), "
            "percentage points"
        )
    _legend(figure, set(gains["teacher"]))
    seeds, images = table["seed"].nunique(), table["n"].iloc[0]
    chance = table["chance"].iloc[0]
    figure.suptitle(
        "What each teacher adds to learning from labels alone\n"
        f"{seeds} seeds, {images} test images, chance {chance:.1%}, bars: 95 % intervals",
        fontsize=10,
    )
    return figure


def _draw(panel: "Axes", gains: pd.DataFrame, places: list[str], start: int) -> None:
    """Draw the teachers side by side at each place (a region, or none)."""
    teachers = [name for name in LOOKS if name in set(gains["teacher"])]
    for number, teacher in enumerate(teachers):
        colour, marker = LOOKS[teacher]
        of_teacher = gains[gains["teacher"] == teacher]
        if start:
            of_teacher = of_teacher.set_index("roi").reindex(places)
        shift = (number - (len(teachers) - 1) / 2) * 0.8 / max(len(teachers), 1)
        value = 100 * of_teacher["difference"].to_numpy()
        bars = np.abs(100 * of_teacher[["ci_low", "ci_high"]].to_numpy().T - value)
        panel.errorbar(
            np.arange(len(value)) + start + shift,
            value,
            bars,
            fmt=marker,
            color=colour,
            markersize=4.5,
            linewidth=1.2,
        )


def _legend(figure: "Figure", teachers: set[str]) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=name)
        for name, (colour, marker) in LOOKS.items()
        if name in teachers
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=max(len(marks), 1))
