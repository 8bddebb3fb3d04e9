"""Reliability diagrams: how often predictions are right against how sure they are."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.report.figures import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What the bars of the histogram and the line of perfect calibration look like.
INSIDE, PERFECT = "#cccccc", "#999999"


def draw_reliability(panel: "Axes", bins: pd.DataFrame, chance: float) -> None:
    """Draw the share of right predictions in each bin, and how many predictions are in it.

    Parameters
    ----------
    panel : Axes
        Both axes go from 0 to 1: largest probability, and shares.
    bins : DataFrame
        From `neuroloop.statistics.reliability.reliability`.
    chance : float
        Share that is right without knowledge.
    """
    low, high = bins["low"].to_numpy(dtype=float), bins["high"].to_numpy(dtype=float)
    shares = bins["n"].to_numpy(dtype=float) / bins["n"].sum()
    panel.bar((low + high) / 2, shares, width=0.9 * (high - low), color=INSIDE)
    panel.plot([0, 1], [0, 1], color=PERFECT, linewidth=1)
    panel.axhline(chance, color="black", linewidth=0.9, linestyle="--")
    value = bins["share"].to_numpy(dtype=float)
    bounds = bins[["ci_low", "ci_high"]].to_numpy(dtype=float).T
    # An interval of Wilson's may leave a share of 1 out by a rounding error.
    panel.errorbar(
        bins["confidence"].to_numpy(dtype=float),
        value,
        np.abs(bounds - value),
        fmt="o",
        color=PALETTE[0],
        markersize=4,
        linewidth=1.2,
    )
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.02)


def reliability_legend(figure: "Figure", what: str, chance: str) -> None:
    """Explain the marks below a figure.

    Parameters
    ----------
    figure : Figure
    what : str
        What is predicted: ``"radiographs"``.
    chance : str
        What the line of chance is.
    """
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=PALETTE[0], marker="o", linestyle="", label=f"{what} named right"),
        Line2D([], [], color=PERFECT, linewidth=1, label="perfect calibration"),
        Line2D([], [], color="black", linestyle="--", label=f"chance: {chance}"),
        Line2D([], [], color=INSIDE, linewidth=6, label=f"share of all {what}, by bin"),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=8)
