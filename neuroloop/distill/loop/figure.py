"""The closed loop as a picture: what brains' students know of their brain that others' do not."""

from collections.abc import Sequence
from itertools import product
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.difference_marks import (
    OPEN,
    draw_difference,
    ends_of_axis,
    explain_marks,
)
from neuroloop.distill.forest_figure import ordered_controls
from neuroloop.distill.loop.closed import CONTROL, OTHER, SCORE, SPECIFIC
from neuroloop.report.figures import grid
from neuroloop.report.names import teacher_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most combinations of decoder and student, each a row of panels for every subject.
MOST_STUDENTS = 4

#: Height of a line and width of a panel, inches.
LINE, PANEL = 0.22, 2.8

#: What a line shows: kind of row, control, other subject.
Line = tuple[str, str, str]


def loop_figure(table: pd.DataFrame, *, simulated: bool = False) -> "Figure":
    """Draw how much better brains' students predict their brain, a panel a region.

    Parameters
    ----------
    table : DataFrame
        From `closed.close_loop`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        A row of panels a subject (and decoder and student where there are several). Lines: the
        score of the brain's students less that of each control's, those first that a brain has to
        beat; below them, less their score of the same region of another subject, and that beyond
        the same of students of the labels alone. With 95 % intervals over seeds and images; filled
        where q is at most 0.05. The title of a panel has the score itself.
    """
    brains = table[(table["subject"] != REFERENCE) & (table["teacher"] == "brain")]
    brains = brains.rename(columns={"value": "difference"})
    pairs = list(dict.fromkeys(zip(brains["decoder"], brains["student"], strict=True)))
    pairs = pairs[:MOST_STUDENTS]
    subjects, regions = (list(dict.fromkeys(brains[key])) for key in ("subject", "roi"))
    if not pairs:
        figure, axes = grid(1, 1, width=4, height=2)
        axes[0, 0].text(0.5, 0.5, "no brain taught a student", ha="center", va="center")
        axes[0, 0].set_axis_off()
        return figure
    controls = [name for group in ordered_controls(brains["control"]) for name in group]
    others = len(subjects) - 1
    rows = list(product(pairs, subjects))
    height = 1.0 + LINE * (len(controls) + 2 * others)
    figure, axes = grid(len(rows), len(regions), width=PANEL, height=height, sharey="row")
    for (line, ((decoder, student), subject)), (column, region) in product(
        enumerate(rows), enumerate(regions)
    ):
        own = brains[(brains["decoder"] == decoder) & (brains["student"] == student)]
        own = own[(own["predicted"] == subject) & (own["region"] == region)]
        lines = _lines(controls, [other for other in subjects if other != subject])
        more = "" if len(pairs) == 1 else f", {decoder}, {student}"
        _draw(axes[line, column], own, lines, f"{subject} {region}{more}")
        if not column:
            _name_lines(axes[line, column], lines)
    for panel in axes[-1]:
        panel.set_xlabel("difference of scores")
    explain_marks(figure, columns=min(2 * len(regions), 5))
    figure.suptitle(_title(brains, simulated), fontsize=10)
    return figure


def _lines(controls: Sequence[str], others: Sequence[str]) -> list[Line]:
    """Lines of the panels of a subject, from top to bottom."""
    more = [[(OTHER, "", other), (SPECIFIC, "none", other)] for other in others]
    return [
        *((CONTROL, name, "") for name in controls),
        *(line for of_one in more for line in of_one),
    ]


def _name_lines(panel: "Axes", lines: Sequence[Line]) -> None:
    """Name the lines of a row of panels."""
    names = {
        CONTROL: "less {control}",
        OTHER: "less its score of {other}",
        SPECIFIC: "that, beyond labels alone",
    }
    panel.set_yticks(
        [_place(line, lines) for line in lines],
        [
            names[kind].format(control=teacher_name(control), other=other)
            for kind, control, other in lines
        ],
    )
    panel.set_ylim(_place(lines[-1], lines) + 0.8, -0.8)


def _place(line: Line, lines: Sequence[Line]) -> float:
    """Where a line stands: other brains below a gap."""
    return lines.index(line) + (0 if line[0] == CONTROL else 0.6)


def _draw(panel: "Axes", own: pd.DataFrame, lines: Sequence[Line], name: str) -> None:
    """Draw the differences of one brain, with its score in the title."""
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    panel.locator_params(axis="x", nbins=4, prune="both")
    score = own[own["kind"] == SCORE].iloc[0]
    shown = own[own["kind"].isin([CONTROL, OTHER, SPECIFIC]) & own["difference"].notna()]
    if pd.isna(score["difference"]):
        panel.set_title(f"{name}: not judged", fontsize=9)
        reason = fill(str(score["reason"]).split(":")[0], 28)
        panel.text(0.5, 0.5, reason, transform=panel.transAxes, ha="center", va="center")
        panel.set_xticks([])
        return
    interval = (
        f" [{score['ci_low']:.3f}, {score['ci_high']:.3f}]" if pd.notna(score["ci_low"]) else ""
    )
    panel.set_title(f"{name}: {score['difference']:.3f}{interval}", fontsize=9)
    panel.axvline(0, color="black", linewidth=0.8, zorder=2)
    low, high = ends_of_axis(shown)
    panel.set_xlim(low, high + 0.3 * (high - low))
    panel.text(1, 1.0, "q", transform=panel.transAxes, ha="right", va="top", fontsize=7)
    for line in lines:
        kind, control, other = line
        found = shown[(shown["kind"] == kind) & (shown["control"] == control)]
        for _, row in found[found["other"] == other].iterrows():
            draw_difference(panel, row, _place(line, lines))
    if not len(shown):
        panel.text(0.5, 0.5, "nothing beside it", transform=panel.transAxes, color=OPEN)


def _title(brains: pd.DataFrame, simulated: bool) -> str:
    counts = brains[["n", "seeds"]].dropna().max()
    sizes = "" if counts.isna().any() else f"  {counts['seeds']:g} seeds, {counts['n']:g} images"
    whose = "simulated brains" if simulated else "brains"
    return (
        f"Are {whose} found again in their students?{sizes}\n"
        "titles: score of the brain's students (1: noise ceiling); lines: that less another's; "
        "bars: 95 % intervals"
    )
