"""Outcomes beside accuracy as matrices: students of brains less those of each control."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.distill.ablation import GROUP, MEAN, misleads
from neuroloop.distill.forest_figure import ordered_controls
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.figures import grid
from neuroloop.report.matrices import draw_matrix
from neuroloop.report.names import teacher_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Most panels: a region, decoder and student each.
MOST_PANELS = 12

#: Columns that tell panels apart.
PANEL = ["subject", "roi", "decoder", "student"]

#: What outcomes are called; accuracies under a corruption or attack are in percentage points.
NAMES = {
    "calibration_error": "calibration error ↓",
    "brier": "Brier score ↓",
    "log_loss": "log loss, nat ↓",
    "noise": "right in noise, points ↑",
    "blur": "right if blurred, points ↑",
    "contrast": "right at low contrast, points ↑",
    "fgsm": "right under FGSM, points ↑",
    "pgd": "right under PGD, points ↑",
    "error_consistency": "error consistency, κ",
}


def outcomes_figure(comparisons: pd.DataFrame, *, simulated: bool = False) -> "Figure":
    """Draw the differences of brain-taught students from each control, outcome by control.

    Parameters
    ----------
    comparisons : DataFrame
        From `comparisons.compare_outcomes`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        A panel a region (of the mean over subjects where there are several), decoder and student,
        at most `MOST_PANELS`. Cells: differences, with a star where q is at most 0.05; colours are
        differences in half widths of their intervals, whose units differ, turned so that violet is
        what the brain's students do better, or where they err unlike the control's.
    """
    rows = comparisons[(comparisons["teacher"] == "brain") & (comparisons["subject"] != GROUP)]
    rows = rows[~rows["control"].map(misleads).astype(bool)]
    if (rows["subject"] == MEAN).any():
        rows = rows[rows["subject"] == MEAN]
    must, beside = ordered_controls(rows["control"])
    controls, outcomes = [*must, *beside], list(dict.fromkeys(rows["outcome"]))
    panels = [tuple(panel) for panel in rows[PANEL].drop_duplicates().to_numpy()]
    if not panels:
        figure, axes = grid(1, 1, width=4, height=2)
        axes[0, 0].text(0.5, 0.5, "no brain taught a student", ha="center", va="center")
        axes[0, 0].set_axis_off()
        return figure
    shown = panels[:MOST_PANELS]
    columns = min(len(shown), 2)
    lines = -(-len(shown) // columns)
    width, height = 1.9 + 0.46 * len(controls), 1.3 + 0.24 * len(outcomes)
    figure, axes = grid(lines, columns, width=width, height=height)
    for unused in axes.flat[len(shown) :]:
        unused.remove()
    for place, (panel, of_panel) in enumerate(zip(axes.flat, shown, strict=False)):
        here = rows[(rows[PANEL] == list(of_panel)).all(axis=1)].set_index(["outcome", "control"])
        told = zip(here["difference"], here["q"], here["better"], strict=True)
        texts = dict(zip(here.index, (_written(*one) for one in told), strict=True))
        image = draw_matrix(
            panel,
            _better_or_unlike(here, outcomes, controls),
            [NAMES.get(name, name) for name in outcomes]
            if place % columns == 0
            else [""] * len(outcomes),
            [teacher_name(name) for name in controls],
            ends=(-2, 2),
            texts=[
                [texts.get((outcome, control), "") for control in controls] for outcome in outcomes
            ],
            colours="PuOr",
            fontsize=6.5,
        )
        panel.set_title(_named(of_panel, panels), fontsize=8.5, loc="left")
    bar = figure.colorbar(image, ax=figure.axes, location="bottom", shrink=0.4, aspect=40, pad=0.05)
    bar.ax.grid(False)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("better or unlike, in half widths of 95 % intervals; *: q ≤ 0.05", fontsize=8)
    more = f" (the first {len(shown)} of {len(panels)})" if len(shown) < len(panels) else ""
    figure.suptitle(
        f"{'Simulated brains' if simulated else 'Brains'}: taught students less each control, "
        f"beside accuracy{more}",
        fontsize=10,
    )
    return figure


def _better_or_unlike(
    here: pd.DataFrame, outcomes: Sequence[str], controls: Sequence[str]
) -> np.ndarray:
    """By how much brains' students do better, or err otherwise, in half widths; else NaN."""
    towards = here["better"].map({"higher": 1}).fillna(-1)
    values = towards * here["difference"] / here["smallest_effect"]
    places = pd.MultiIndex.from_product([outcomes, controls])
    cells: np.ndarray = values.reindex(places).to_numpy(dtype=float)
    return cells.reshape(len(outcomes), len(controls))


def _written(difference: float, q: float, better: str) -> str:
    """A difference as it stands in its cell: accuracies in points, with a star if it is found."""
    if np.isnan(difference):
        return "–"
    text = f"{100 * difference:.1f}" if better == "higher" else f"{difference:.3f}"
    text = text.replace("-", "−") if float(text) else text.lstrip("-")
    return f"{text}*" if q <= SIGNIFICANT else text


def _named(panel: tuple[str, ...], panels: Sequence[tuple[str, ...]]) -> str:
    """What tells a panel from others: the region, and what differs besides."""
    subject, roi, decoder, student = panel
    differing = [
        name
        for name, values in zip(
            (decoder, student), list(zip(*panels, strict=True))[2:], strict=True
        )
        if len(set(values)) > 1
    ]
    whose = "mean of subjects" if subject == MEAN else subject
    return ", ".join([roi, whose, *differing])
