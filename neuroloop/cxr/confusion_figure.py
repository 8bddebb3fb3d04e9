"""Which classes of radiographs are taken for which."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.cxr.patient_bootstrap import ratio
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.cxr.training_panels import COLUMNS, counted, kind, panels
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PAGE, save
from neuroloop.report.matrices import draw_matrix
from neuroloop.statistics.intervals import cluster_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most classes whose cells have room for counts and intervals.
ROOMY = 5

#: Name of the row that all true classes make together.
ALL = "all"


def draw_confusion(
    predictions: Mapping[str, pd.DataFrame],
    classes: Sequence[str],
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw the confusion matrix of each classifier.

    Parameters
    ----------
    predictions : mapping of str to DataFrame
        By title; a row a radiograph, as in `radiograph_metrics`.
    classes : sequence of str
        Order of rows and columns.
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        Rows: true classes, columns: named ones. Cells: share of the row, in percent, by which they
        are coloured; up to `ROOMY` classes, the count, and on the diagonal the 95 % interval over
        patients. The last row holds all radiographs: what a row would have by chance.
    """
    from matplotlib.cm import ScalarMappable

    k = len(classes)
    tables = {title: predictions_table(table, classes) for title, table in predictions.items()}
    room = 0.62 if k <= ROOMY else 0.3
    wide = max(PAGE / COLUMNS, 1.0 + room * k)
    figure, axes = panels(len(tables), 0.9 + room * (k + 1), wide, more=1.1)
    for number, (title, radiographs) in enumerate(tables.items()):
        panel = axes.flat[number]
        _draw(panel, radiographs, classes)
        panel.set_title(title, fontsize=9)
        if number % axes.shape[1] == 0:
            panel.set_ylabel("true class")
        panel.set_xlabel("predicted class")
    bar = figure.colorbar(
        ScalarMappable(cmap="Blues"), ax=axes, location="bottom", shrink=0.4, aspect=40, pad=0.02
    )
    bar.ax.grid(False)
    bar.set_label("share of the row's radiographs", fontsize=8)
    bar.set_ticks([0, 0.5, 1], labels=["0 %", "50 %", "100 %"])
    bar.ax.tick_params(labelsize=8)
    figure.suptitle(
        f"{kind(simulated)}: which classes are taken for which ({counted(tables.values())})",
        fontsize=10,
    )
    save(figure, *paths)
    return figure


def _draw(panel: "Axes", radiographs: PredictionsTable, classes: Sequence[str]) -> None:
    """Draw one matrix, and below it the row of all radiographs."""
    k = len(classes)
    counts = np.bincount(k * radiographs.truth + radiographs.named, minlength=k * k).reshape(k, k)
    counts = np.vstack([counts, counts.sum(axis=0)])
    shares = ratio(counts, counts.sum(axis=1)[:, None] * np.ones(k))
    draw_matrix(
        panel,
        shares,
        [*classes, ALL],
        classes,
        ends=(0, 1),
        texts=[
            [_said(radiographs, counts, row, column) for column in range(k)] for row in range(k + 1)
        ],
        fontsize=7 if k <= ROOMY else 6,
        of_names=8,
        upright=9 if k <= ROOMY else 0,
        square=True,
    )
    panel.axhline(k - 0.5, color="white", linewidth=4)


def _said(radiographs: PredictionsTable, counts: np.ndarray, row: int, column: int) -> str:
    """What stands in a cell."""
    of_row, k = counts[row].sum(), counts.shape[1]
    if not of_row:
        return "–"
    share = f"{100 * counts[row, column] / of_row:.0f}"
    if k > ROOMY:
        return share if counts[row, column] else ""
    if row != column:
        return f"{share} %\n{counts[row, column]}"
    own = radiographs.truth == row
    hits = radiographs.named[own] == row
    found = cluster_interval(hits, radiographs.patients[own].astype(str))
    if found.ci_low is None or found.ci_high is None:
        return f"{share} %\n{counts[row, column]}"
    ends = f"[{100 * found.ci_low:.0f}, {100 * found.ci_high:.0f}]"
    return f"{share} %\n{ends}\n{counts[row, column]}"
