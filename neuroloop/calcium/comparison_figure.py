"""What changed between two sessions, by each route."""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colour and marker of the first and of the second session; the first is hollow.
FIRST, SECOND = (PALETTE[5], "o"), (PALETTE[1], "D")

NOTE = (
    "bars: 95 % intervals over recordings (of this animal, by these networks); n: entries\n"
    "p: mean change, p any: changes that may cancel; both by exchanging recordings of sessions\n"
    "q: corrected over routes and panels; unseen: smaller changes could not be told from none"
)


#: Begins the note of a route through maps of a reader that names no cells.
AT_CHANCE = "READER AT CHANCE"


def comparison_figure(
    routes: pd.DataFrame,
    units: Mapping[str, str],
    *,
    sessions: tuple[str, str],
    note: str = NOTE,
) -> "Figure":
    """Draw the change by each route with its interval and p, beside the sessions' values.

    Parameters
    ----------
    routes : DataFrame
        ``route`` and the columns of `sessions.Change.panels`; ``p`` and ``p_any`` may be NaN.
        ``q``, ``q_any`` and ``smallest_effect`` are told where they are there.
    units : mapping of str to str
        What the numbers of each route are, with their unit.
    sessions : (str, str)
        Names of the first and the second.
    note : str
        What bars are intervals over, and what p is.

    Returns
    -------
    Figure
        A row a route, as their units differ: at the left second less first session, p beside it,
        at the right the values of both.
    """
    names = list(dict.fromkeys(routes["route"]))
    tables = [routes[routes["route"] == name].reset_index(drop=True) for name in names]
    heights = [0.9 + 0.31 * len(table) for table in tables]
    figure, axes = grid(
        len(names),
        2,
        width=3.8,
        height=sum(heights) / len(heights),
        gridspec_kw={"width_ratios": [1.25, 1], "height_ratios": heights},
    )
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 0.9)
    for (change, values), name, table in zip(axes, names, tables, strict=True):
        _draw_change(change, table)
        _draw_values(values, table)
        change.set_title(name, loc="left")
        change.set_xlabel(f"change of {units[name]}", fontsize=8)
        values.set_xlabel(units[name], fontsize=8)
        for panel in (change, values):
            panel.set_ylim(len(table) - 0.4, -0.6)
            panel.grid(axis="y", visible=False)
            panel.grid(axis="x", visible=True)
            panel.tick_params(axis="x", labelsize=8)
            panel.locator_params(axis="x", nbins=5)
    _legend(figure, sessions)
    figure.suptitle(
        f"What changed from {sessions[0]} to {sessions[1]}, by each route\n{note}",
        fontsize=10,
    )
    return figure


def _draw_change(panel: "Axes", table: pd.DataFrame) -> None:
    """Draw changes with their intervals."""
    value = table["change"].to_numpy(dtype=float)
    bounds = table[["ci_low", "ci_high"]].to_numpy(dtype=float).T
    position = np.arange(len(table))
    panel.errorbar(
        value,
        position,
        xerr=np.abs(bounds - value),
        fmt="o",
        color=PALETTE[0],
        markersize=5,
        linewidth=1.4,
    )
    panel.axvline(0, color="black", linewidth=0.8)
    panel.margins(x=0.06)
    panel.set_yticks(
        position,
        [f"{row['panel']} (n = {row['entries']})" for row in table.to_dict("records")],
        fontsize=8,
    )
    for y, row in enumerate(table.to_dict("records")):
        panel.text(
            1.02,
            y,
            _chances(row),
            transform=panel.get_yaxis_transform(),
            va="center",
            fontsize=8,
        )


def _chances(row: Mapping[Any, Any]) -> str:
    """Write what is known of p and of p for any change."""
    said = [
        f"{name} {_short(row[column])}" + (f" (q {_short(row[q])})" if pd.notna(row.get(q)) else "")
        for name, column, q in (("p", "p", "q"), ("p any", "p_any", "q_any"))
        if pd.notna(row.get(column))
    ]
    if AT_CHANCE in str(row.get("note")):
        said.insert(0, "reader at chance: no evidence")
    if pd.notna(row.get("p_untrained")):
        beaten = "above" if row["p_untrained"] <= 0.05 else "NOT ABOVE"
        said.append(f"{beaten} untrained networks (p {_short(row['p_untrained'])})")
    if said and row.get("q", 0) > 0.05 and pd.notna(row.get("smallest_effect")):
        said.append(f"unseen: below {row['smallest_effect']:.2g}")
    if said:
        return "\n".join(said)
    note = row.get("note")
    return "no p" if pd.isna(note) or not note else fill(f"no p: {note}", 44)


def _short(p: float) -> str:
    return f"{p:.2f}" if p >= 0.1 else f"{p:.1g}" if p < 0.001 else f"{p:.3f}"


def _draw_values(panel: "Axes", table: pd.DataFrame) -> None:
    """Draw the values of both sessions, joined by a line."""
    position = np.arange(len(table))
    panel.hlines(position, table["first"], table["second"], color="#999999", linewidth=1)
    for column, (colour, marker) in (("second", SECOND), ("first", FIRST)):
        panel.plot(
            table[column],
            position,
            marker,
            color=colour,
            # Around the second's where both are the same.
            markerfacecolor="none" if column == "first" else colour,
            markersize=9 if column == "first" else 5,
            markeredgewidth=1.5,
        )
    panel.set_yticks(position, [""] * len(position))
    panel.margins(x=0.12)


def _legend(figure: "Figure", sessions: tuple[str, str]) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            markerfacecolor="none" if number == 0 else colour,
            markersize=9 if number == 0 else 5,
            markeredgewidth=1.5,
            linestyle="",
            label=f"value in {sessions[number]}",
        )
        for number, (colour, marker) in enumerate((FIRST, SECOND))
    ]
    figure.legend(handles=marks, loc="outside lower right", ncols=2, fontsize=8)
