"""How classifiers learned, and whether their probabilities mean what they say."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.cxr.predictions_table import BINS, PredictionsTable, predictions_table
from neuroloop.cxr.training_panels import counted, kind, panels
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, save
from neuroloop.report.reliability import draw_reliability, reliability_legend
from neuroloop.statistics.reliability import expected_error, reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Columns of a history with their names and colours.
LOSSES = {"loss": ("training", PALETTE[0]), "validation": ("validation", PALETTE[1])}


def draw_learning(
    histories: Mapping[str, pd.DataFrame],
    *paths: StrPath,
    n_classes: int | None = None,
    simulated: bool = False,
) -> "Figure":
    """Draw the losses of each fold by epoch, and their means.

    Parameters
    ----------
    histories : mapping of str to DataFrame
        By title; ``fold, epoch, loss, validation``, a row per fold and epoch. May be empty. The
        validation of who has no validation radiographs is NaN, and not drawn.
    *paths : path
        .png or .svg files to write.
    n_classes : int, optional
        Draws the loss of naming all classes alike, ln(n_classes).
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        Folds stop at different epochs: a mean goes as far as all folds.
    """
    figure, axes = panels(len(histories), height=2.5)
    for panel, (title, history) in zip(axes.flat, histories.items(), strict=False):
        for column, (_, colour) in LOSSES.items():
            if history[column].isna().all():
                continue
            by_fold = history.pivot(index="epoch", columns="fold", values=column).sort_index()
            panel.plot(by_fold.index, by_fold, color=colour, linewidth=0.7, alpha=0.5)
            common = by_fold.dropna()
            panel.plot(common.index, common.mean(axis=1), color=colour, linewidth=2.2)
            if column == "validation":
                panel.plot(by_fold.idxmin(), by_fold.min(), "o", color=colour, markersize=3.5)
        if n_classes:
            panel.axhline(np.log(n_classes), color="black", linewidth=0.9, linestyle="--")
        panel.set_title(f"{title}\nn = {history['fold'].nunique()} folds", fontsize=8)
        panel.set_xlabel("epoch")
        panel.locator_params(axis="x", integer=True)
        panel.set_ylim(bottom=0)
    for panel in axes[:, 0]:
        panel.set_ylabel("cross-entropy, nats")
    if not histories:
        axes[0, 0].text(0.5, 0.5, "no classifier was trained by epochs", ha="center", va="center")
    _learning_legend(figure, n_classes)
    figure.suptitle(
        f"{kind(simulated)}: losses by epoch; thin: a fold, bold: their mean (no intervals)",
        fontsize=10,
    )
    save(figure, *paths)
    return figure


def _learning_legend(figure: "Figure", n_classes: int | None) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, linewidth=2.2, label=name) for name, colour in LOSSES.values()
    ]
    lowest = "lowest validation loss of a fold"
    colour = LOSSES["validation"][1]
    marks.append(Line2D([], [], color=colour, marker="o", markersize=4, linestyle="", label=lowest))
    if n_classes:
        chance = f"chance: all {n_classes} classes alike"
        marks.append(Line2D([], [], color="black", linestyle="--", label=chance))
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks), fontsize=8)


def draw_calibration(
    predictions: Mapping[str, pd.DataFrame],
    classes: Sequence[str],
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw how often classifiers are right against how sure they are (reliability diagram).

    Parameters
    ----------
    predictions : mapping of str to DataFrame
        By title; a row a radiograph, as in `radiograph_metrics`.
    classes : sequence of str
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        Radiographs in bins of equal width of their largest probability (Guo et al. 2017, On
        Calibration of Modern Neural Networks).
    """
    tables = {title: predictions_table(table, classes) for title, table in predictions.items()}
    figure, axes = panels(len(tables), height=2.9)
    for panel, (title, radiographs) in zip(axes.flat, tables.items(), strict=False):
        _draw_reliability(panel, radiographs, title)
        panel.set_xlabel("largest probability")
    for panel in axes[:, 0]:
        panel.set_ylabel("share of radiographs")
    reliability_legend(figure, "radiographs", "the largest class")
    figure.suptitle(
        f"{kind(simulated)}: right as often as sure? ({counted(tables.values())})",
        fontsize=10,
    )
    save(figure, *paths)
    return figure


def _draw_reliability(panel: "Axes", radiographs: PredictionsTable, title: str) -> None:
    """Draw the share of right radiographs in each bin, and how many radiographs are in it."""
    bins = reliability(
        radiographs.probabilities.max(axis=1),
        radiographs.named == radiographs.truth,
        radiographs.patients.astype(str),
        bins=BINS,
    )
    draw_reliability(panel, bins, np.bincount(radiographs.truth).max() / len(radiographs.truth))
    panel.set_title(f"{title}\ncalibration error {expected_error(bins):.3f}", fontsize=8)
