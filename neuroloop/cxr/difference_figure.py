"""Differences between trainings on the same patients: to the baseline, by a leak, at new sites."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.cxr.training_panels import kind as kind_of
from neuroloop.cxr.training_panels import write_value
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, grid, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Metrics of the panels.
METRICS = {"macro_f1": "macro-F1", "auc": "AUC of the contrast"}

#: Kinds of comparisons, how each is drawn and what it is.
KINDS = {
    "baseline": (PALETTE[0], "o", "less the baseline"),
    "leak": (PALETTE[1], "D", "split by image less split by patient: what a leak adds"),
    "site": (PALETTE[3], "^", "at new sites less among other patients of the same ones"),
}

#: Level of q from which on a marker is filled.
LEVEL = 0.05


def draw_differences(
    comparisons: pd.DataFrame, *paths: StrPath, simulated: bool = False
) -> "Figure":
    """Draw all comparisons, with their intervals.

    Parameters
    ----------
    comparisons : DataFrame
        Of `classifier_contrasts.contrasts`. May be empty.
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        A row a comparison, a panel a metric. Markers are filled where q is at most `LEVEL`, hollow
        where it is larger or there is no test.
    """
    from matplotlib.lines import Line2D

    shown = [name for name in METRICS if (comparisons["metric"] == name).any()] or ["macro_f1"]
    keys = ["kind", "case", "classifier", "split"]
    rows = comparisons[keys].drop_duplicates()
    order = rows["kind"].map({name: place for place, name in enumerate(KINDS)})
    rows = rows.iloc[np.argsort(order.to_numpy(), kind="stable")]
    height = 1.5 + 0.27 * max(len(rows), 1)
    figure, axes = grid(1, len(shown), width=4.3, height=height, sharey=True)
    for panel, metric in zip(axes[0], shown, strict=True):
        of_metric = comparisons[comparisons["metric"] == metric].set_index(keys)
        _draw(panel, of_metric.reindex(pd.MultiIndex.from_frame(rows)), METRICS[metric])
    axes[0, 0].set_yticks(range(len(rows)), [_named(row) for row in rows.to_dict("records")])
    axes[0, 0].set_ylim(max(len(rows), 1) - 0.4, -0.6)
    if rows.empty:
        said = "there is a single training: nothing is compared"
        axes[0, 0].text(0, 0.2, said, ha="center", va="center")
    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=told)
        for name, (colour, marker, told) in KINDS.items()
        if (rows["kind"] == name).any()
    ]
    grey: dict[str, Any] = {"color": "#555555", "marker": "o", "linestyle": ""}
    marks.append(Line2D([], [], label=f"filled: q ≤ {LEVEL:g}", **grey))
    hollow = "hollow: larger, or no test"
    marks.append(Line2D([], [], label=hollow, markerfacecolor="white", **grey))
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=8)
    figure.suptitle(f"{kind_of(simulated)}: differences on the same patients", fontsize=10)
    save(figure, *paths)
    return figure


def _draw(panel: "Axes", rows: pd.DataFrame, title: str) -> None:
    """Draw the differences of one metric."""
    panel.axvline(0, color="black", linewidth=0.9)
    for place, (key, row) in enumerate(rows.iterrows()):
        colour, marker, _ = KINDS[key[0]]  # type: ignore[index]
        value = float(row["difference"])
        if not np.isfinite(value):
            continue
        bounds = np.array([[row["ci_low"]], [row["ci_high"]]], dtype=float)
        panel.errorbar(
            [value],
            [place],
            xerr=np.abs(bounds - value),
            fmt=marker,
            color=colour,
            markerfacecolor=colour if row["q"] <= LEVEL else "white",
            markersize=5,
            linewidth=1.3,
        )
        write_value(panel, place, f"{value:+.2f}".replace("-", "−"), colour)
    panel.set_title(title)
    panel.set_xlabel("difference")
    panel.grid(axis="x", visible=True)
    panel.locator_params(axis="x", nbins=6)


def _named(row: Mapping[Any, str]) -> str:
    """A comparison as the axis names it."""
    where = row["split"].removeprefix("external ")
    told = {"patient": "", "image": ", by image", "site": ", new sites"}.get(where, f", {where}")
    return f"{row['classifier']}, {row['case']}{told}"
