"""How well classifiers name radiographs, and what they need of a radiograph for it."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.training_panels import kind, number_range, write_value
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, grid, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Look(NamedTuple):
    """How a kind of row is drawn, and what the legend calls it."""

    label: str
    colour: str
    marker: str
    hollow: bool = False


#: What a split keeps whole.
SPLITS = {
    "patient": Look("split by patient", PALETTE[0], "o"),
    "image": Look(
        "split by image: leaks, as a patient's radiographs are on both sides", PALETTE[1], "o", True
    ),
    "site": Look("new sites: each left out in turn, interval over sites", PALETTE[3], "^"),
}

#: What the classifier is shown of a test radiograph.
SHOWN = {
    "whole": Look("whole radiograph", PALETTE[0], "o"),
    "lungs": Look("lungs only", PALETTE[2], "s"),
    "background": Look("background only, the lungs masked", PALETTE[1], "D"),
}


def draw_scores(
    metrics: pd.DataFrame,
    contrast: tuple[str, str] | None,
    baseline: tuple[str, str] | None,
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw macro-F1 and AUC of every case and classifier, those of other splits beside them.

    Parameters
    ----------
    metrics : DataFrame
        ``case, classifier, split, shown`` and the columns of `radiograph_metrics`; whole
        radiographs are drawn, of the splits by patient, by image and by site, and of other sets
        of radiographs (``external NAME``).
    contrast : (str, str) or None
        Classes of the AUC; None: mean AUC of each class against the others.
    baseline : (str, str) or None
        Case and classifier whose value is a line through all rows.
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        A row a case and classifier.
    """
    others = [name for name in dict.fromkeys(metrics["split"]) if name.startswith("external ")]
    looks = SPLITS | {
        name: Look(f"{name.removeprefix('external ')}: another set", colour, "v")
        for name, colour in zip(others, cycle(PALETTE[4:]), strict=False)
    }
    whole = metrics[(metrics["shown"] == "whole") & metrics["split"].isin(list(looks))]
    figure, axes = _panels(whole, contrast, "split", looks)
    if baseline:
        chosen = (whole["case"] == baseline[0]) & (whole["classifier"] == baseline[1])
        lines = whole[chosen & (whole["split"] == "patient")].set_index("metric")["value"]
        for panel, metric in zip(axes, _measures(contrast), strict=True):
            panel.axvline(lines[metric], color=PALETTE[0], linewidth=0.9, linestyle=":", zorder=1)
    _finish(
        figure,
        f"{kind(simulated)}: how well classifiers name what they never saw",
        [looks[name] for name in looks if name in set(whole["split"])],
        f"baseline: {baseline[1]}, {baseline[0]}" if baseline else None,
    )
    save(figure, *paths)
    return figure


def draw_shortcuts(
    metrics: pd.DataFrame,
    contrast: tuple[str, str] | None,
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw what classifiers of whole images still name when they see a part of a test radiograph.

    Parameters
    ----------
    metrics : DataFrame
        As in `draw_scores`; those of one split, with ``shown``: whole, lungs or background.
    contrast : (str, str) or None
        As in `draw_scores`.
    *paths : path
        .png or .svg files to write.
    simulated : bool
        As in `draw_scores`.

    Returns
    -------
    Figure
        A row a case and classifier. What is above chance on the background alone is a shortcut,
        unless the mask leaves some of the lungs in it.
    """
    figure, _ = _panels(metrics, contrast, "shown", SHOWN)
    _finish(
        figure,
        f"{kind(simulated)}: what classifiers of whole ones name when they see a part",
        [SHOWN[name] for name in SHOWN if name in set(metrics["shown"])],
    )
    save(figure, *paths)
    return figure


def _measures(contrast: tuple[str, str] | None) -> dict[str, str]:
    """Metrics of the panels with their names at the axis."""
    if contrast:
        return {"macro_f1": "macro-F1", "auc": f"AUC, {contrast[0]} against {contrast[1]}"}
    return {"macro_f1": "macro-F1", "auc_ovr": "AUC, mean of each class against the others"}


def _panels(
    metrics: pd.DataFrame,
    contrast: tuple[str, str] | None,
    column: str,
    looks: Mapping[str, Look],
) -> tuple["Figure", Sequence["Axes"]]:
    """Draw the values of each kind in `column`, a row a case and classifier."""
    runs = list(dict.fromkeys(zip(metrics["classifier"], metrics["case"], strict=True)))
    kinds = [name for name in looks if name in set(metrics[column])]
    high = 0.16 + 0.17 * len(kinds)
    figure, axes = grid(1, 2, width=4.3, height=1.9 + high * len(runs), sharey=True)
    for panel, (metric, name) in zip(axes[0], _measures(contrast).items(), strict=True):
        chosen = metrics[metrics["metric"] == metric]
        for number, each in enumerate(kinds):
            rows = chosen[chosen[column] == each].set_index(["classifier", "case"]).reindex(runs)
            shift = (number - (len(kinds) - 1) / 2) * 0.62 / len(kinds)
            _points(panel, np.arange(len(runs)) + shift, rows, looks[each])
        panel.set_xlabel(name)
        panel.set_title(
            f"{name.split(',')[0]} ({number_range(chosen['n'])} radiographs, "
            f"{number_range(chosen['patients'])} patients)"
        )
        panel.set_yticks(range(len(runs)), [f"{classifier}, {case}" for classifier, case in runs])
        panel.set_ylim(len(runs) - 0.45, -0.55)
        panel.grid(axis="x", visible=True)
        panel.margins(x=0.04)
        panel.locator_params(axis="x", nbins=6)
    return figure, axes[0]


def _points(panel: "Axes", place: np.ndarray, rows: pd.DataFrame, look: Look) -> None:
    """Draw values with their intervals, a tick at the chance of each, the number at the right."""
    value = rows["value"].to_numpy(dtype=float)
    bounds = rows[["ci_low", "ci_high"]].to_numpy(dtype=float).T
    panel.errorbar(
        value,
        place,
        xerr=np.abs(bounds - value),
        fmt=look.marker,
        color=look.colour,
        markerfacecolor="white" if look.hollow else look.colour,
        markersize=4.8,
        linewidth=1.3,
    )
    panel.plot(
        rows["chance"], place, "|", color="black", markersize=7, markeredgewidth=1.4, zorder=3
    )
    for y, number in zip(place, value, strict=True):
        if np.isfinite(number):
            write_value(panel, y, f"{number:.2f}", look.colour)


def _finish(
    figure: "Figure", title: str, looks: Sequence[Look], baseline: str | None = None
) -> None:
    """Title and legend."""
    from matplotlib.lines import Line2D

    marks = [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            markerfacecolor="white" if look.hollow else look.colour,
            linestyle="",
            label=look.label,
        )
        for look in looks
    ]
    chance = "chance (macro-F1: names permuted among radiographs; AUC: 0.5)"
    marks.append(
        Line2D([], [], color="black", marker="|", linestyle="", markeredgewidth=1.4, label=chance)
    )
    if baseline:
        marks.append(Line2D([], [], color=PALETTE[0], linestyle=":", label=baseline))
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=8)
    figure.suptitle(title, fontsize=10)
