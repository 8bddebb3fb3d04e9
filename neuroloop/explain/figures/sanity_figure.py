"""What the sanity tests of an attribution method found: similarity by layer, and the curves."""

from collections.abc import Hashable, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.explain.sanity.perturbation import BASELINES, Curves, Removal
from neuroloop.explain.sanity.randomisation import (
    CASCADING,
    INDEPENDENT,
    LABELS,
    LEVEL,
    STATISTIC,
    THRESHOLD,
)
from neuroloop.explain.sanity.sanity import DIRECTIONS, EDGES, MAP, RANDOM, Sanity
from neuroloop.explain.sanity.sanity_rows import FIXED
from neuroloop.report.figures import PALETTE, grid
from neuroloop.report.names import method_name
from neuroloop.statistics.units import scope

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {
    CASCADING: ("from the output down to it (cascade)", PALETTE[0], "o"),
    INDEPENDENT: ("in this layer alone (independent)", PALETTE[2], "s"),
}
ORDERS = {
    MAP: ("the map", PALETTE[0], "-"),
    RANDOM: ("at random", PALETTE[6], "--"),
    EDGES: ("edges of the image", PALETTE[1], ":"),
}
#: Letters of a layer's name on the axis.
LETTERS = 28


def sanity_figure(sanity: Sanity, *, model: str, method: str) -> "Figure":
    """Draw similarity by layer with the threshold, and the deletion and insertion curves.

    Parameters
    ----------
    sanity : Sanity
    model, method : str
        For the title.

    Returns
    -------
    Figure
    """
    figure, axes = grid(1, 3, width=3.5, height=4.2)
    similarity, *curves = axes[0]
    _draw_similarity(similarity, sanity)
    for panel, direction in zip(curves, DIRECTIONS, strict=True):
        curves_of = sanity.curves[sanity.curves["direction"] == direction]
        _draw_curves(panel, curves_of, direction, sanity.removal)
    verdicts = sanity.table.set_index("test")["verdict"]
    images = sanity.randomisation["image"].nunique()
    figure.suptitle(
        f"{model}, {method_name(method)}: does the map depend on the network, "
        "and does it find the pixels that matter?\n"
        f"n = {images} images; lines are means over images, and intervals speak of "
        f"{scope(['image'], FIXED)};\ncascade: "
        f"{verdicts[CASCADING]} (sensitive: upper bound of the {100 * LEVEL:g} % "
        f"interval of the last point below {THRESHOLD:g})",
        fontsize=9,
    )
    return figure


def _draw_similarity(panel: "Axes", sanity: Sanity) -> None:
    table = sanity.randomisation
    names: list[str] = []
    for kind, (label, colour, marker) in KINDS.items():
        rows = table[table["kind"] == kind]
        means = rows.groupby("depth")[STATISTIC].mean()
        names = rows.groupby("depth")["layer"].first().tolist()
        panel.plot(means.index, means, color=colour, marker=marker, markersize=4, label=label)
    panel.axhline(THRESHOLD, color=PALETTE[7], linewidth=0.8, linestyle="--", label="threshold")
    judged = {row["test"]: row for row in sanity.table.to_dict("records")}
    end = judged[CASCADING]
    panel.errorbar(len(names), end["value"], _bars(end), color=PALETTE[0])
    ticks = [*range(1, len(names) + 1)]
    if LABELS in judged:
        permuted = judged[LABELS]
        label = f"trained on permuted labels: {permuted['verdict']}"
        last = len(names) + 1
        panel.errorbar(
            last,
            permuted["value"],
            _bars(permuted),
            color=PALETTE[3],
            marker="D",
            markersize=4,
            linestyle="",
            label=label,
        )
        ticks.append(last)
        names.append("permuted labels")
    panel.set_xticks(ticks, [_short(name) for name in names], rotation=90, fontsize=6)
    panel.set_ylim(-1.05, 1.05)
    panel.set_ylabel("Spearman's correlation of magnitudes\nwith the trained network's map")
    panel.set_xlabel("layer with random weights, output first")
    panel.legend(fontsize=6, loc="lower left")
    panel.set_title("Randomised networks", fontsize=9)


def _bars(row: Mapping[Hashable, Any]) -> np.ndarray | None:
    """Lengths of the error bar down and up."""
    value, low, high = (float(row[name]) for name in ("value", "ci_low", "ci_high"))
    return np.abs([[value - low], [high - value]]) if np.isfinite(high) else None


def _draw_curves(panel: "Axes", table: pd.DataFrame, direction: str, removal: Removal) -> None:
    for order, (label, colour, line) in ORDERS.items():
        means = table[table["order"] == order].groupby("share")["probability"].mean()
        shares, values = means.index.to_numpy(dtype=float), means.to_numpy(dtype=float)
        area = float(Curves(shares, values[None]).auc[0])
        told = label if removal.reason else f"{label}: {area:.3f}"
        panel.plot(shares, values, line, color=colour, label=told)
    panel.set(xlim=(0, 1), ylim=(0, 1))
    way = "replaced by" if direction == "deletion" else "restored from"
    panel.set_xlabel(f"proportion of pixels\n{way} {BASELINES[removal.baseline]}")
    panel.set_ylabel("probability of the predicted class")
    better = "lower" if direction == "deletion" else "higher"
    title = f"order, area under curve\n({better} is better)"
    if removal.reason:
        title = "order"
        panel.text(
            0.5, 0.02, "\n".join(wrap(f"void: {removal.reason}", 48)), fontsize=7, ha="center"
        )
    panel.legend(title=title, fontsize=7, title_fontsize=7)
    void = ": shows nothing here" if removal.reason else ""
    panel.set_title(f"{direction.capitalize()}{void}", fontsize=9)


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else f"…{name[1 - LETTERS :]}"
