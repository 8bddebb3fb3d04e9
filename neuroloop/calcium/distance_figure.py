"""Influence by distance: pairs, means of bins, the truth of a simulation, and what is not there."""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.coupling_routes import LEVEL, pair_q
from neuroloop.calcium.empty_entries import KINDS, kinds_of
from neuroloop.calcium.influence import ITSELF, Influence
from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MEAN, TRUTH, PAIR, FOUND = PALETTE[0], PALETTE[7], "#b0b0b0", PALETTE[1]

#: Pairs that are drawn as vectors; more would make the file slow.
VECTORS = 2000

#: Share of pairs within the axis: ratios of small numbers must not press all others together.
SHOWN = 0.99


def distance_figure(
    routes: Mapping[str, Influence],
    titles: Mapping[str, str],
    table: pd.DataFrame,
    distances: np.ndarray,
    *,
    exclusion_radius: float,
    title: str,
    marked: Mapping[str, str] | None = None,
) -> "Figure":
    """Draw the response to stimulation of others against their distance.

    Parameters
    ----------
    routes : mapping of str to Influence
    titles : mapping of str to str
        What each route is called.
    table : DataFrame
        From `influence_distance.distance_table`.
    distances : ndarray, shape (cells, cells)
        Pixels.
    exclusion_radius : float
        Nearer pairs are left out, pixels.
    title : str
    marked : mapping of str to str, optional
        What a reader must know of a route first, as that its networks are at chance.

    Returns
    -------
    Figure
        A column a route: pairs and means of bins, and below them pairs without a value at their
        distance, a row a reason.
    """
    # Of routes that say nothing each pair would be listed.
    reasons = {
        name: route.reasons for name, route in routes.items() if np.isfinite(route.matrix).any()
    }
    kinds = [kind for kind in kinds_of(reasons) if kind != ITSELF] if reasons else []
    lower = 0.2 + 0.27 * max(len(kinds), 1)
    figure, axes = grid(
        2,
        len(routes),
        width=4.4,
        height=(3.2 + lower) / 2,
        sharex=True,
        sharey="row",
        gridspec_kw={"height_ratios": [3.2, lower]},
    )
    for column, (name, route) in enumerate(routes.items()):
        upper, below = axes[:, column]
        rows = table[table["route"] == name]
        _draw_pairs(upper, route, distances)
        _draw_means(upper, rows)
        upper.set_title(_titled(titles[name], route, (marked or {}).get(name, "")), fontsize=9)
        upper.axhline(0, color="black", linewidth=0.8)
        _draw_missing(below, reasons.get(name), kinds, distances)
        below.set_xlabel("distance of the two cells, pixels")
        for panel in (upper, below):
            if exclusion_radius > 0:
                panel.axvspan(0, exclusion_radius, color="#ececec", zorder=0, linewidth=0)
                panel.axvline(exclusion_radius, color="#444444", linewidth=0.8, linestyle=":")
            panel.set_xlim(0, 1.04 * float(distances.max()) or 1.0)
    axes[0, 0].set_ylabel("response over the cell's own")
    _limit(axes[0, 0], routes, table)
    axes[1, 0].set_yticks(range(len(kinds)), [_short(kind) for kind in kinds], fontsize=7.5)
    axes[1, 0].set_ylabel("no value" * bool(kinds), fontsize=8)
    axes[1, 0].set_ylim(max(len(kinds), 1) - 0.4, -0.6)
    _legend(figure, exclusion_radius, truth="truth" in table)
    figure.suptitle(title, fontsize=10)
    return figure


def _titled(name: str, route: Influence, mark: str) -> str:
    """Name of a route, how many pairs it has, and what must be known of it."""
    count = int(np.isfinite(route.matrix).sum())
    first = f"{name} ({count} pair{'s' * (count != 1)})"
    if not count:
        return f"{first}\n{fill(str(route.reasons[0, 0]), 60)}"
    return f"{first}\n{fill(mark, 60)}" if mark else first


def _draw_pairs(panel: "Axes", route: Influence, distances: np.ndarray) -> None:
    """Draw each pair, those found apart."""
    there = np.isfinite(route.matrix)
    found = there & (pair_q(route) <= LEVEL)
    for chosen, colour, size in ((there & ~found, PAIR, 10), (found, FOUND, 12)):
        panel.scatter(
            distances[chosen],
            route.matrix[chosen],
            s=size,
            facecolor=colour if colour == FOUND else "none",
            edgecolor=colour,
            linewidth=0.8,
            alpha=0.75,
            rasterized=int(there.sum()) > VECTORS,
            zorder=2,
        )


def _draw_means(panel: "Axes", rows: pd.DataFrame) -> None:
    """Draw the mean of each bin over its extent, with its interval."""
    at, value = rows["distance"].to_numpy(float), rows["mean"].to_numpy(float)
    panel.hlines(value, rows["nearest"], rows["farthest"], color=MEAN, linewidth=1.6, zorder=3)
    bounds = rows[["ci_low", "ci_high"]].to_numpy(float).T
    panel.errorbar(
        at, value, np.abs(bounds - value), fmt="o", color=MEAN, ms=5.5, linewidth=1.6, zorder=4
    )
    if "truth" in rows:
        panel.plot(at, rows["truth"], "x", color=TRUTH, ms=7, markeredgewidth=1.6, zorder=5)


def _draw_missing(
    panel: "Axes", reasons: np.ndarray | None, kinds: list[str], distances: np.ndarray
) -> None:
    """Draw a tick for each pair without a value, in the row of its reason."""
    panel.grid(False)
    panel.tick_params(axis="y", length=0)
    for place, kind in enumerate(kinds):
        at = distances[reasons == kind] if reasons is not None else np.empty(0)
        panel.plot(at, np.full(len(at), place), "|", color="#555555", ms=7, markeredgewidth=0.9)
        said = f"{len(at)} pair{'s' * (len(at) != 1)}" if reasons is not None else ""
        panel.annotate(
            said,
            (1, place),
            xycoords=panel.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )


def _short(kind: str) -> str:
    return fill(KINDS.get(kind, kind), 30)


def _limit(panel: "Axes", routes: Mapping[str, Influence], table: pd.DataFrame) -> None:
    """Let the axis hold most pairs and all means; count the others."""
    values = np.concatenate([route.matrix[np.isfinite(route.matrix)] for route in routes.values()])
    means = table[["mean", "ci_low", "ci_high"]].to_numpy(float).ravel()
    held = np.concatenate([[0.0], means[np.isfinite(means)]])
    if len(values):
        held = np.concatenate([held, np.quantile(values, [1 - SHOWN, SHOWN])])
    low, high = float(held.min()), float(held.max())
    room = 0.06 * (high - low or 1.0)
    panel.set_ylim(low - room, high + room)
    beyond = int(((values < low - room) | (values > high + room)).sum())
    if beyond:
        panel.set_ylabel(
            panel.get_ylabel()
            + f"\n({beyond} {'pair' if beyond == 1 else 'pairs'} beyond the axis)"
        )


def _legend(figure: "Figure", exclusion_radius: float, truth: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks: list[Line2D | Patch] = [
        Line2D([], [], ls="", marker="o", mfc="none", mec=PAIR, ms=4, label="a pair"),
        Line2D([], [], ls="", marker="o", color=FOUND, ms=4, label=f"found (q ≤ {LEVEL:g})"),
        Line2D([], [], marker="o", color=MEAN, ms=5.5, label="mean of a bin, 95 % over trials"),
    ]
    if truth:
        marks.append(Line2D([], [], ls="", marker="x", color=TRUTH, ms=7, label="truth of the bin"))
    if exclusion_radius > 0:
        said = f"nearer than {exclusion_radius:g} px: left out"
        marks.append(Patch(facecolor="#ececec", edgecolor="#444444", linestyle=":", label=said))
    figure.legend(handles=marks, loc="outside lower center", ncols=3, fontsize=8)
