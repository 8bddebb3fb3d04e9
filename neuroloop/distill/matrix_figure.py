"""The claim of the ablation as matrices: region by subject, less each control."""

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.distill.ablation import GROUP, MEAN, misleads
from neuroloop.distill.forest_figure import ordered_controls, panel_places
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.figures import grid
from neuroloop.report.matrices import draw_matrix
from neuroloop.report.names import teacher_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Most combinations of decoder and student, each a row of panels.
MOST_STUDENTS = 8

#: Names of columns that speak of several subjects.
OF_SEVERAL = {MEAN: "mean", GROUP: "people"}


def matrix_figure(comparisons: pd.DataFrame, *, simulated: bool = False) -> "Figure":
    """Draw the differences of brain-taught students from each control, region by subject.

    Parameters
    ----------
    comparisons : DataFrame
        From `ablation.compare_teachers`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        Panels of each decoder and student, at most `MOST_STUDENTS`, one a control that does not
        mislead on purpose. Cells: percentage points, with a star where q is at most
        0.05.
    """
    rows = comparisons[comparisons["teacher"] == "brain"]
    rows = rows[~rows["control"].map(misleads).astype(bool)]
    controls = [name for group in ordered_controls(rows["control"]) for name in group]
    if not controls:
        figure, axes = grid(1, 1, width=4, height=2)
        axes[0, 0].text(0.5, 0.5, "no brain taught a student", ha="center", va="center")
        axes[0, 0].set_axis_off()
        return figure
    pairs = list(dict.fromkeys(zip(rows["decoder"], rows["student"], strict=True)))
    rois = list(dict.fromkeys(rows["roi"]))
    subjects = list(dict.fromkeys(rows["subject"]))
    shown = pairs[:MOST_STUDENTS]
    lines, columns = panel_places(len(controls))
    figure, axes = grid(
        lines * len(shown),
        columns,
        width=0.6 + 0.34 * len(subjects),
        height=1.1 + 0.19 * len(rois),
    )
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 0.8)
    highest = 100 * float(rows["difference"].abs().max())
    of_pair_axes = axes.reshape(len(shown), lines * columns)
    for panel in of_pair_axes[:, len(controls) :].flat:
        panel.remove()
    for (row, (decoder, student)), (column, control) in product(
        enumerate(shown), enumerate(controls)
    ):
        panel = of_pair_axes[row, column]
        of_pair = (rows["decoder"] == decoder) & (rows["student"] == student)
        here = rows[of_pair & (rows["control"] == control)]
        points = _matrix(here, "difference", rois, subjects)
        found = _matrix(here, "q", rois, subjects) <= SIGNIFICANT
        image = draw_matrix(
            panel,
            100 * points,
            rois if column % columns == 0 else [""] * len(rois),
            [OF_SEVERAL.get(name, name) for name in subjects],
            ends=(-highest, highest),
            texts=[
                ["" if np.isnan(cell) else _written(100 * cell, star) for cell, star in pair]
                for pair in (zip(*lines, strict=True) for lines in zip(points, found, strict=True))
            ],
            colours="PuOr",
            fontsize=6.5,
        )
        named = f"less {teacher_name(control)}" + (
            f"\n{decoder}, {student}" if len(pairs) > 1 else ""
        )
        panel.set_title(named, fontsize=8.5, loc="left")
    bar = figure.colorbar(image, ax=figure.axes, location="bottom", shrink=0.4, aspect=40, pad=0.05)
    bar.ax.grid(False)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("difference of test accuracies, percentage points; *: q ≤ 0.05", fontsize=8)
    whose = "Simulated brains" if simulated else "Brains"
    more = f" (the first {len(shown)} of {len(pairs)} decoders and students)"
    figure.suptitle(
        f"{whose}: accuracy of taught students less each control"
        + (more if len(shown) < len(pairs) else ""),
        fontsize=10,
    )
    return figure


def _matrix(rows: pd.DataFrame, column: str, rois: list[str], subjects: list[str]) -> np.ndarray:
    """A column of the table, region by subject; NaN where there is no row."""
    table = rows.pivot(index="roi", columns="subject", values=column)
    return table.reindex(index=rois, columns=subjects).to_numpy(dtype=float)


def _written(points: float, star: bool) -> str:
    text = f"{points:.1f}"
    text = text.replace("-", "−") if float(text) else text.lstrip("-")
    return f"{text}*" if star else text
