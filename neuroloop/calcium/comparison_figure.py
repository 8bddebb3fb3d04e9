"""What changed between two sessions, by each route: changes of one unit on one axis."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.calcium.reader_level import AT_CHANCE, UNTESTED
from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What is said beside a route through maps of a reader, by what its note begins with.
BEWARE = {
    AT_CHANCE: "reader at chance: no evidence",
    UNTESTED: "reader untested: whether evidence is not known",
}

#: Where the columns beside an axis begin: values, tests, what to beware of.
PLACES = (0.0, 0.24, 0.6)

#: Colours of a change on a route's own pairs, and on those that both routes have.
OWN, SHARED = PALETTE[0], PALETTE[6]

#: Inches of a row, lines that it holds, and letters of a line of what to beware of.
ROW, LINES, WIDTH = 0.47, 3, 30


def comparison_figure(
    routes: pd.DataFrame,
    axes: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    *,
    sessions: tuple[str, str],
    simulated: bool = False,
) -> "Figure":
    """Draw the change by each route with its interval, beside values, p and what to beware of.

    Parameters
    ----------
    routes : DataFrame
        ``route`` and the columns of `sessions.Change.panels`; ``p`` and ``p_any`` may be NaN.
        ``q``, ``q_any``, ``smallest_effect`` and the columns of
        `shared_changes.with_shared_changes` are told where they are there.
    axes : mapping of str to sequence of str
        Routes whose changes have one unit, by what is written at their axis.
    names : mapping of str to str
        What each route is called.
    sessions : (str, str)
        Names of the first and the second.
    simulated : bool
        Whether the title says so.

    Returns
    -------
    Figure
        An axis a unit, a row a route and panel; a route that lacks pairs which another has has a
        row more, of those that both have.
    """
    drawn = {
        label: [row for route in of_axis for row in _rows(routes, route, names)]
        for label, of_axis in axes.items()
        if routes["route"].isin(list(of_axis)).any()
    }
    heights = [0.75 + ROW * _places(rows)[-1] for rows in drawn.values()]
    figure, panels = grid(
        len(drawn),
        2,
        width=5.4,
        height=sum(heights) / len(heights),
        gridspec_kw={"height_ratios": heights, "width_ratios": [1, 1.15]},
    )
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 0.5)
    for (panel, beside), (label, rows) in zip(panels, drawn.items(), strict=True):
        _draw(panel, rows)
        panel.set_xlabel(label, fontsize=8)
        _tell(beside, rows)
        beside.set_ylim(panel.get_ylim())
    panels[0, 0].set_title(" ", fontsize=9)  # room for the head of the columns
    _head(panels[0, 1], sessions)
    figure.suptitle(
        f"What changed from {sessions[0]} to {sessions[1]}, by each route"
        f"{', simulated' * simulated} (bars: 95 % over recordings)",
        fontsize=10,
    )
    return figure


def _rows(routes: pd.DataFrame, route: str, names: Mapping[str, str]) -> list[dict[Any, Any]]:
    """Rows of a route, each followed by that of the pairs that both routes have if they differ."""
    rows: list[dict[Any, Any]] = []
    several = bool((routes["panel"] != "all").any())
    for row in routes[routes["route"] == route].to_dict("records"):
        name = names[route] + (f", {row['panel']}" if several else "")
        rows.append({**row, "label": f"{name} ({row['entries']:.0f})", "shared": False})
        both = row.get("entries_both", np.nan)
        if pd.notna(both) and 0 < both != row["entries"]:
            columns = ("first", "second", "change", "ci_low", "ci_high")
            shared = {column: row[f"{column}_both"] for column in columns}
            label = f"the same, pairs of both ({both:.0f})"
            rows.append({**shared, "label": label, "shared": True})
    return rows


def _places(rows: list[dict[Any, Any]]) -> list[float]:
    """Where each row's middle is, and the end of all, in rows of the usual height."""
    places, at = [], 0.0
    for row in rows:
        lines = max(_tests(row).count("\n"), _beware(row).count("\n")) + 1
        height = max(1.0, (lines + 0.5) / LINES)
        places.append(at + height / 2)
        at += height
    return [*places, at]


def _draw(panel: "Axes", rows: list[dict[Any, Any]]) -> None:
    """Draw changes with their intervals."""
    *places, end = _places(rows)
    for place, row in zip(places, rows, strict=True):
        colour, marker = (SHARED, "D") if row["shared"] else (OWN, "o")
        value = float(row["change"])
        panel.errorbar(
            value,
            place,
            xerr=np.abs([[value - float(row["ci_low"])], [float(row["ci_high"]) - value]]),
            fmt=marker,
            color=colour,
            markersize=5,
            linewidth=1.6,
        )
    panel.axvline(0, color="black", linewidth=0.8)
    panel.margins(x=0.06)
    panel.set_yticks(places, [row["label"] for row in rows], fontsize=8)
    panel.set_ylim(end, 0)
    panel.grid(axis="y", visible=False)
    panel.grid(axis="x", visible=True)
    panel.tick_params(axis="x", labelsize=8)
    panel.locator_params(axis="x", nbins=6)


def _tell(panel: "Axes", rows: list[dict[Any, Any]]) -> None:
    """Write beside each change what is known of it."""
    panel.set_axis_off()
    for place, row in zip(_places(rows)[:-1], rows, strict=True):
        for at, text in zip(PLACES, (_values(row), _tests(row), _beware(row)), strict=True):
            said = panel.text(at, place, text, va="center", fontsize=8)
            said.set_in_layout(False)


def _head(panel: "Axes", sessions: tuple[str, str]) -> None:
    """Name the columns beside the first axis."""
    told = (_fitted(" → ".join(sessions)), "mean change; any change", "")
    for at, text in zip(PLACES, told, strict=True):
        said = panel.text(
            at, 1.0, text, transform=panel.transAxes, va="bottom", fontsize=8, color="#555555"
        )
        said.set_in_layout(False)


def _fitted(text: str, longest: int = 17) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _values(row: Mapping[Any, Any]) -> str:
    """Values of both sessions."""
    return f"{_number(row['first'])} → {_number(row['second'])}"


def _number(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}".replace("-", "−")


def _tests(row: Mapping[Any, Any]) -> str:
    """Write what is known of p, and of p for any change."""
    if row["shared"]:
        return "not tested again"
    said = [
        f"{name}p {_short(row[column])}" + (f", q {_short(row[q])}" if pd.notna(row.get(q)) else "")
        for name, column, q in (("", "p", "q"), ("any: ", "p_any", "q_any"))
        if pd.notna(row.get(column))
    ]
    return "\n".join(said) or "no p"


def _beware(row: Mapping[Any, Any]) -> str:
    """Write what a reader must know of a change."""
    if row["shared"]:
        return ""
    said = []
    for found, told in BEWARE.items():
        if found in str(row.get("note")):
            said.append(told)
    if pd.notna(row.get("p_untrained")):
        beaten = "above" if row["p_untrained"] <= 0.05 else "NOT ABOVE"
        said.append(f"{beaten} untrained (p {_short(row['p_untrained'])})")
    if row.get("q", 0) > 0.05 and pd.notna(row.get("smallest_effect")):
        said.append(f"unseen: below {row['smallest_effect']:.2g}")
    note = row.get("note")
    if pd.isna(row.get("p")) and note and not pd.isna(note):
        said.append(fill(str(note), WIDTH))
    return "\n".join(said)


def _short(p: float) -> str:
    return f"{p:.2f}" if p >= 0.1 else f"{p:.1g}" if p < 0.001 else f"{p:.3f}"
