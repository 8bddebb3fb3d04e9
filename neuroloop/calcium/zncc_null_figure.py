"""Statistics of ZNCC beside what they are without learning and without labels."""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.calcium.zncc_nulls import KINDS, PERMUTED, STATISTICS, UNTRAINED
from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What each statistic and kind of matrix is called.
TITLES = {
    "sum": "sum over the matrix",
    "sharing_excess": "pairs that share a cell, less those that share none",
}
ROWS = {"zncc": "as\npublished", "split_half": "between\nhalves"}
#: Colour and marker of the trained networks and of each null.
MARKS = {
    "trained networks": (PALETTE[0], "o"),
    UNTRAINED: (PALETTE[1], "s"),
    PERMUTED: (PALETTE[6], "D"),
}

#: What the p of each null varies.
OVER = {UNTRAINED: "networks", PERMUTED: "labels"}


def null_figure(
    table: pd.DataFrame, *, session: str, simulated: bool = False, warning: str = ""
) -> "Figure":
    """Draw statistics over all patterns with their intervals, and the range of each null.

    Parameters
    ----------
    table : DataFrame
        From `zncc_nulls.null_table`.
    session : str
        Its name, for the title.
    simulated : bool
        Whether the title says so.
    warning : str
        What a reader must know first, as that the reader is at chance.

    Returns
    -------
    Figure
        A panel a statistic.
    """
    figure, axes = grid(1, len(STATISTICS), width=4.4, height=3.3 if warning else 2.6)
    whole = table[table["group"] == "all"]
    for panel, statistic in zip(axes.flat, STATISTICS, strict=True):
        _draw(panel, whole[whole["statistic"] == statistic])
        panel.set_title(TITLES[statistic], fontsize=9)
        panel.set_xlabel("ZNCC" if statistic != "sum" else "sum of ZNCC", fontsize=8)
    first = whole.iloc[0]
    numbers = whole.groupby("null")["n_null"].first()
    figure.suptitle(
        f"ZNCC of maps beside its nulls, session {session}{', simulated' * simulated}\n"
        f"{first['patterns']} patterns, {first['trials']} held-out trials each, mean over "
        f"{first['seeds']} seed{'s' * int(first['seeds'] > 1)}"
        + (f"\n{fill(warning, 88)}" if warning else ""),
        fontsize=9,
    )
    _legend(
        figure,
        {
            "trained networks": "trained networks (bar: 95 % interval over trials)",
            UNTRAINED: f"{numbers[UNTRAINED]} untrained networks (bar: 95 % of them)",
            PERMUTED: f"{numbers[PERMUTED]} permutations of labels (bar: 95 % of them)",
        },
    )
    return figure


def _draw(panel: "Axes", table: pd.DataFrame) -> None:
    """Draw one statistic: a row per kind of matrix, the trained networks above the nulls."""
    for position, kind in enumerate(KINDS):
        rows = table[table["kind"] == kind].reset_index(drop=True)
        value, low, high = rows[["value", "ci_low", "ci_high"]].to_numpy(dtype=float)[0]
        _bar(panel, position - 0.25, value, low, high, "trained networks")
        for name, mean, lowest, highest, p in zip(
            *(rows[column] for column in ("null", "null_mean", "null_low", "null_high", "p")),
            strict=True,
        ):
            y = position + (0.0 if name == UNTRAINED else 0.25)
            _bar(panel, y, mean, lowest, highest, name)
            # The bar varies trials and p what the null varies: a bar clear of another is no test.
            said = f"p {p:.3g}, over {OVER[name]}" if np.isfinite(p) else "no p"
            panel.text(
                1.02, y, said, transform=panel.get_yaxis_transform(), va="center", fontsize=8
            )
    panel.axvline(0, color="black", linewidth=0.8)
    panel.set_yticks(range(len(KINDS)), [ROWS[kind] for kind in KINDS], fontsize=8)
    panel.set_ylim(len(KINDS) - 0.5, -0.5)
    panel.grid(axis="y", visible=False)
    panel.grid(axis="x", visible=True)
    panel.tick_params(axis="x", labelsize=8)


def _bar(panel: "Axes", y: float, value: float, low: float, high: float, name: str) -> None:
    colour, marker = MARKS[name]
    panel.errorbar(
        value,
        y,
        xerr=np.abs([[value - low], [high - value]]),
        fmt=marker,
        color=colour,
        markersize=5,
        linewidth=1.4,
    )


def _legend(figure: "Figure", labels: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker=marker, markersize=5, label=labels[name])
        for name, (colour, marker) in MARKS.items()
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2, fontsize=8)
