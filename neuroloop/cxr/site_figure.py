"""What classifiers are worth at sites that they never saw, beside their own."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.cxr.training_panels import kind, write_value
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, grid, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Where a row's radiographs are from, by the beginning of its split: colour, marker, name.
PLACES = {
    "patient": (PALETTE[0], "o", "other patients of the same sites"),
    "site": (PALETTE[3], "^", "new sites: mean, interval over sites"),
    "site ": (PALETTE[3], "v", "each site left out, interval over its patients"),
    "external ": (PALETTE[4], "s", "another set of radiographs, interval over its patients"),
}


def draw_sites(
    metrics: pd.DataFrame,
    contrast: tuple[str, str] | None,
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw scores at new sites and on other sets beside those among patients of the same sites.

    Parameters
    ----------
    metrics : DataFrame
        Of `classifier_summary.scores_of_runs`.
    contrast : (str, str) or None
        Classes of the AUC; None: mean AUC of each class against the others.
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        A row a training and place, of trainings that have a new one; says so where none has.
    """
    from matplotlib.lines import Line2D

    rows = of_new_places(metrics)
    auc = ("auc", f"AUC, {contrast[0]} against {contrast[1]}") if contrast else ("auc_ovr", "AUC")
    measures = dict([("macro_f1", "macro-F1"), auc])
    places = rows[["classifier", "case", "split"]].drop_duplicates().to_numpy().tolist()
    height = 1.5 + 0.25 * max(len(places), 1)
    figure, axes = grid(1, len(measures), width=4.3, height=height, sharey=True)
    for panel, (metric, name) in zip(axes[0], measures.items(), strict=True):
        _draw(panel, rows[rows["metric"] == metric], places)
        panel.set_title(name)
    axes[0, 0].set_yticks(range(len(places)), [_named(*place) for place in places])
    axes[0, 0].set_ylim(max(len(places), 1) - 0.4, -0.6)
    if not places:
        figure.text(0.5, 0.5, "no new site, and no other set of radiographs", ha="center")
    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=told)
        for name, (colour, marker, told) in PLACES.items()
        if any(_place(split) == name for _, _, split in places)
    ]
    tick: dict[str, Any] = {
        "color": "black",
        "marker": "|",
        "linestyle": "",
        "markeredgewidth": 1.4,
    }
    marks.append(Line2D([], [], label="chance", **tick))
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=8)
    figure.suptitle(f"{kind(simulated)}: new sites beside the classifier's own", fontsize=10)
    save(figure, *paths)
    return figure


def of_new_places(metrics: pd.DataFrame) -> pd.DataFrame:
    """Rows of trainings that were asked of new sites or other sets, with those of their own."""
    whole = metrics[metrics["shown"] == "whole"]
    split = whole["split"]
    new = (split == "site") | split.str.startswith(("site ", "external "))
    asked = set(zip(whole.loc[new, "classifier"], whole.loc[new, "case"], strict=True))
    among = [pair in asked for pair in zip(whole["classifier"], whole["case"], strict=True)]
    kept = whole[(new | (split == "patient")) & np.array(among, dtype=bool)]
    order = pd.DataFrame(
        {
            "run": pd.factorize(pd.MultiIndex.from_frame(kept[["classifier", "case"]]))[0],
            "place": [list(PLACES).index(_place(one)) for one in kept["split"]],
        }
    )
    return kept.iloc[np.lexsort((order["place"], order["run"]))]


def _place(split: str) -> str:
    """Which of `PLACES` a split is of."""
    return split if split in PLACES else f"{split.partition(' ')[0]} "


def _named(classifier: str, case: str, split: str) -> str:
    where = {"patient": "own sites", "site": "new sites"}.get(split, split.partition(" ")[2])
    return f"{classifier}, {case}: {where}"


def _draw(panel: "Axes", rows: pd.DataFrame, places: list[list[str]]) -> None:
    """Draw the values of one metric, chance beside each."""
    keys = rows[["classifier", "case", "split"]].itertuples(index=False, name=None)
    by_place = dict(zip(keys, rows.to_dict("records"), strict=True))
    for number, place in enumerate(places):
        row = by_place[place[0], place[1], place[2]]
        colour, marker, _ = PLACES[_place(place[2])]
        value = float(row["value"])
        bounds = np.array([[row["ci_low"]], [row["ci_high"]]], dtype=float)
        panel.errorbar(
            [value],
            [number],
            xerr=np.abs(bounds - value),
            fmt=marker,
            color=colour,
            markersize=5,
            linewidth=1.3,
        )
        chance = [row["chance"]], [number]
        panel.plot(*chance, "|", color="black", markersize=7, markeredgewidth=1.4)
        write_value(panel, number, f"{value:.2f}", colour)
    panel.grid(axis="x", visible=True)
    panel.locator_params(axis="x", nbins=6)
