"""ROC curves of classifiers, and what they are worth at named thresholds."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from neuroloop.cxr.operating_points import (
    LIKELIEST,
    SENSITIVE,
    SPECIFIC,
    asked,
    roc,
)
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.training_panels import counted, kind, panels
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: How a point is marked.
MARKERS = {LIKELIEST: "o", SENSITIVE: "^", SPECIFIC: "s"}

#: Lines of classes beyond the colours of the palette.
STYLES = ("-", "--", ":")


def draw_operating_points(
    predictions: Mapping[tuple[str, str], pd.DataFrame],
    points: pd.DataFrame,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw the ROC curves of each classifier, and its operating points on them.

    Parameters
    ----------
    predictions : mapping of (case, classifier) to DataFrame
        A row a radiograph, as in `radiograph_metrics`.
    points : DataFrame
        Of `operating_points`.
    classes : sequence of str
    contrast : (str, str) or None
        See `operating_points.asked`.
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        A panel a classifier, a line a class. A point's bars are the intervals of its sensitivity
        and specificity.
    """
    from matplotlib.lines import Line2D

    tables = {of: predictions_table(table, classes) for of, table in predictions.items()}
    shown = asked(classes, contrast)
    figure, axes = panels(len(tables), height=3.0, more=0.75 + 0.2 * (-(-len(shown) // 5)))
    for number, (of, radiographs) in enumerate(tables.items()):
        panel = axes.flat[number]
        panel.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
        for place, name in enumerate(shown):
            curve = roc(radiographs, list(classes).index(name))
            look = _look(place)
            panel.plot(curve.false, curve.true, linewidth=1.4, **look)
            _points(panel, points, of, name, look["color"], bars=len(shown) <= 4)
        panel.set_title(f"{of[1]}, {of[0]}", fontsize=9)
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        panel.set(xticks=ticks, yticks=ticks, aspect="equal")
        panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        panel.set_xlabel("1 − specificity")
        panel.grid(axis="both")
        if number % axes.shape[1] == 0:
            panel.set_ylabel("sensitivity")
    lines = [Line2D([], [], label=name, **_look(place)) for place, name in enumerate(shown)]
    grey: dict[str, Any] = {"color": "#555555", "linestyle": ""}
    marks = [
        Line2D([], [], marker=MARKERS[point], label=point, markersize=5, **grey)
        for point in MARKERS
        if (points["point"] == point).any()
    ]
    chance = Line2D([], [], color="#999999", linewidth=1, linestyle="--", label="chance")
    figure.legend(handles=[*lines, *marks, chance], loc="outside lower center", ncols=5, fontsize=8)
    against = "one class against the other" if len(classes) == 2 else "each class against the rest"
    figure.suptitle(
        f"{kind(simulated)}: {against} ({counted(tables.values())})",
        fontsize=10,
    )
    save(figure, *paths)
    return figure


def _look(place: int) -> dict[str, Any]:
    """Colour and line of a class."""
    n = len(PALETTE) - 1
    return {"color": PALETTE[:-1][place % n], "linestyle": STYLES[place // n % len(STYLES)]}


def _points(
    panel: "Axes", points: pd.DataFrame, of: tuple[str, str], name: str, colour: str, *, bars: bool
) -> None:
    """Mark the points of a class; bars where there is room for them."""
    chosen = (points["case"] == of[0]) & (points["classifier"] == of[1]) & (points["class"] == name)
    for row in points[chosen].to_dict("records"):
        x, y = 1 - row["specificity"], row["sensitivity"]
        wide = high = None
        if bars:
            wide = [[x - 1 + row["specificity_high"]], [1 - row["specificity_low"] - x]]
            high = [[y - row["sensitivity_low"]], [row["sensitivity_high"] - y]]
        panel.errorbar(
            [x],
            [y],
            xerr=_least_zero(wide),
            yerr=_least_zero(high),
            fmt=MARKERS[row["point"]],
            color=colour,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.6,
            linewidth=0.9,
        )


def _least_zero(bars: list[list[float]] | None) -> list[list[float]] | None:
    """Lengths of bars: bounds may leave a share of 1 out by a rounding error."""
    return None if bars is None else [[max(0.0, each) for each in side] for side in bars]
