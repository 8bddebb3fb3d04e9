"""The closed loop as a picture: how well each teacher's students predict brains."""

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop import registry
from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.loop.closed import OTHER, SCORE
from neuroloop.files.natural_order import natural_sorted
from neuroloop.report.figures import grid
from neuroloop.report.names import teacher_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Markers that lie along an interval are turned, so that they are seen on it.
UPRIGHT = {"_": "|"}

#: Most combinations of decoder and student, each a row of panels for every subject.
MOST_STUDENTS = 4


def loop_figure(table: pd.DataFrame, *, simulated: bool = False) -> "Figure":
    """Draw the scores of each teacher's students, a panel a region and a row of panels a brain.

    Parameters
    ----------
    table : DataFrame
        From `closed.close_loop`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        Scores with 95 % intervals over seeds and images. Open diamonds: what the brain's students
        score on the same region of another subject.
    """
    brains = table[table["subject"] != REFERENCE]
    pairs = list(dict.fromkeys(zip(brains["decoder"], brains["student"], strict=True)))
    pairs = pairs[:MOST_STUDENTS]
    subjects, regions = natural_sorted(set(brains["subject"])), list(dict.fromkeys(brains["roi"]))
    if not pairs:
        figure, axes = grid(1, 1, width=4, height=2)
        axes[0, 0].text(0.5, 0.5, "no brain taught a student", ha="center", va="center")
        axes[0, 0].set_axis_off()
        return figure
    order = [name for name in registry.names("teacher") if name in set(table["teacher"])]
    lines = list(product(pairs, subjects))
    figure, axes = grid(
        len(lines),
        len(regions),
        width=2.8,
        height=0.8 + 0.24 * len(order),
        sharex=True,
        sharey=True,
    )
    for (line, ((decoder, student), subject)), (column, region) in product(
        enumerate(lines), enumerate(regions)
    ):
        panel = axes[line, column]
        own = table[(table["predicted"] == subject) & (table["region"] == region)]
        own = own[(own["student"] == student) & own["decoder"].isin([decoder, REFERENCE])]
        _draw(panel, own, order)
        more = "" if len(pairs) == 1 else f", {decoder}, {student}"
        panel.set_title(f"{subject} {region}{more}", fontsize=9)
    axes[0, 0].set_yticks(range(len(order)), [teacher_name(name) for name in order])
    axes[0, 0].invert_yaxis()
    for panel in axes[-1]:
        panel.set_xlabel("score (1: noise ceiling)")
    counts = table[["n", "seeds"]].dropna().max()
    sizes = "" if counts.isna().any() else f"{counts['seeds']:g} seeds, {counts['n']:g} images; "
    figure.suptitle(
        f"{'Simulated brains' if simulated else 'Brains'} predicted from the features of students, "
        f"by who taught these\n{sizes}bars: 95 % intervals over both; open diamonds: the same "
        "region of another subject",
        fontsize=10,
    )
    return figure


def _draw(panel: "Axes", own: pd.DataFrame, order: list[str]) -> None:
    """Draw a teacher a line: the score of its students, and that of another brain."""
    panel.axvline(0, color="0.6", linewidth=0.8)
    scores = own[own["kind"] == SCORE].set_index("teacher")
    for place, name in enumerate(order):
        if name not in scores["value"].dropna().index:
            continue
        look, row = registry.entry("teacher", name), scores.loc[name]
        bars = np.abs(np.array([[row["ci_low"]], [row["ci_high"]]], dtype=float) - row["value"])
        bars = None if np.isnan(bars).any() else bars
        marker = UPRIGHT.get(look.MARKER, look.MARKER)
        panel.errorbar(row["value"], place, xerr=bars, fmt=marker, color=look.COLOUR)
        of_others = own[(own["kind"] == OTHER) & (own["teacher"] == name)]
        others = row["value"] - of_others["value"].to_numpy()
        panel.plot(others, [place] * len(others), "D", mfc="none", color=look.COLOUR)
    if scores["value"].isna().all():
        panel.text(
            0.5, 0.5, "no voxel has a\nnoise ceiling", transform=panel.transAxes, ha="center"
        )
