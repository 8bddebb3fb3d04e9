"""Which classes of radiographs are taken for which."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.cxr.patient_bootstrap import ratio
from neuroloop.cxr.predictions_table import PredictionsTable, predictions_table
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PAGE, grid, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Panels side by side.
COLUMNS = 3


def draw_confusion(
    predictions: Mapping[str, pd.DataFrame], classes: Sequence[str], *paths: StrPath
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

    Returns
    -------
    Figure
        Rows: true classes with their recall, columns: named ones with their precision. Cells:
        radiographs, coloured by their share of the row.
    """
    from matplotlib.cm import ScalarMappable

    columns = min(COLUMNS, len(predictions))
    rows = -(-len(predictions) // columns)
    side = max(PAGE / COLUMNS, 1.35 + 0.45 * len(classes))
    figure, axes = grid(rows, columns, width=side + 0.55, height=side + 0.5)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 1.1)
    for panel in axes.flat[len(predictions) :]:
        panel.set_axis_off()
    for number, (title, table) in enumerate(predictions.items()):
        panel = axes.flat[number]
        radiographs = predictions_table(table, classes)
        _draw(panel, radiographs, classes)
        panel.set_title(
            f"{title}\nn = {len(radiographs.truth):,} radiographs, {radiographs.n_patients:,} "
            f"patients",
            fontsize=8,
        )
        if number % columns == 0:
            panel.set_ylabel("true class")
        panel.set_xlabel("predicted class")
    bar = figure.colorbar(
        ScalarMappable(cmap="Blues"), ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.02
    )
    bar.ax.grid(False)
    bar.set_label("share of the radiographs of a true class (of a row)", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    figure.suptitle(
        "Which classes are taken for which: radiographs of unseen folds, patients kept whole\n"
        "cells: radiographs; chance of a recall: the share of radiographs that are named so, "
        "below its column\n"
        "chance of a precision: the share of radiographs that are of the class, beside its row "
        "(no intervals)",
        fontsize=9,
    )
    save(figure, *paths)
    return figure


def _draw(panel: "Axes", radiographs: PredictionsTable, classes: Sequence[str]) -> None:
    """Draw one matrix."""
    k = len(classes)
    counts = np.bincount(k * radiographs.truth + radiographs.named, minlength=k * k).reshape(k, k)
    true, named = counts.sum(axis=1), counts.sum(axis=0)
    shares = ratio(counts, true[:, None] * np.ones(k))
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(k, k):
        share = shares[row, column]
        panel.text(
            column,
            row,
            f"{counts[row, column]}" if np.isnan(share) else f"{counts[row, column]}\n{share:.0%}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if share > 0.55 else "black",
        )
    recall, precision = ratio(counts.diagonal(), true), ratio(counts.diagonal(), named)
    panel.set_yticks(
        range(k),
        [
            f"{name}\nrecall {recall[label]:.2f}\n{true[label] / true.sum():.0%} of radiographs"
            for label, name in enumerate(classes)
        ],
        fontsize=7,
    )
    panel.set_xticks(
        range(k),
        [
            f"{name}\nprecision\n{precision[label]:.2f}\n{named[label] / true.sum():.0%} named"
            for label, name in enumerate(classes)
        ],
        fontsize=7,
    )
    panel.tick_params(length=0)
    panel.grid(False)
    for spine in panel.spines.values():
        spine.set_visible(False)
