"""How well readers name the stimulated cells, beside what they find before the stimulus."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Measures drawn: name in the legend, colour, marker.
LOOKS = {
    "any_hit": ("any cell hit (as published)", PALETTE[4], "s"),
    "exact_top": ("all cells hit", PALETTE[0], "o"),
    "recall": ("recall of each cell", PALETTE[2], "^"),
}

#: Subsets of frames in their order (`reading_metrics.SUBSETS`), with their names at the axis.
SUBSETS = {
    "stimulated": "stimulated",
    "single": "single",
    "pair": "pair",
    "more": "3 or more",
    "none": "no stim.",
}

#: Columns of chance: name in the legend and colour.
CHANCES = {
    "uniform": ("chance: outputs at random", "#777777"),
    "chance": ("chance: patterns permuted", "black"),
}
CELL_CHANCE = "chance: how often the cell is named in frames of all trials"

#: Places between the last subset of stimulated frames and the first of control frames.
GAP = 1.4

#: Sessions of the last panel: colours that no measure has.
SESSIONS = (PALETTE[5], PALETTE[1], PALETTE[3], PALETTE[6])


def reading_figure(
    sessions: Mapping[str, pd.DataFrame],
    recall: Mapping[str, pd.DataFrame],
    *,
    simulated: bool = False,
) -> "Figure":
    """Draw the metrics of each session, then the recall of each cell.

    Parameters
    ----------
    sessions : mapping of str to DataFrame
        Of each session, from `reading_metrics.reading_metrics`, with ``frames_of``: stimulated or
        control.
    recall : mapping of str to DataFrame
        Of the same sessions, from `reading_metrics.cell_recall`.
    simulated : bool
        Whether the title says so.

    Returns
    -------
    Figure
        A panel a session: stimulated frames at the left, the control (frames before the stimulus)
        on grey at the right, with 95 % intervals over trials, and chance as a tick at each. Below,
        the recall of each cell in all sessions.
    """
    figure, axes = grid(
        len(sessions) + 1,
        1,
        width=7.6,
        height=2.9,
        gridspec_kw={"height_ratios": [1.2] * len(sessions) + [1]},
    )
    for panel, (name, table) in zip(axes[:, 0], sessions.items(), strict=False):
        _draw_session(panel, name, table)
    _legend(axes[-2, 0], [*LOOKS.values()], [*CHANCES.values()], -0.27)
    _draw_recall(axes[-1, 0], recall)
    for panel in axes[:, 0]:
        panel.set_ylim(-4, 104 if panel is axes[-1, 0] else 116)
        panel.set_yticks(range(0, 101, 20))
        panel.set_ylabel("right, % of judgements")
    axes[-1, 0].set_ylabel("recall, % of frames")
    figure.suptitle(
        "Which cells were stimulated, read from frames of held-out trials"
        + ", simulated" * simulated,
        fontsize=10,
    )
    return figure


def _draw_session(panel: "Axes", name: str, table: pd.DataFrame) -> None:
    """Draw a session's metrics, those of control frames set apart."""
    start, edge = 0.0, None
    positions: list[float] = []
    labels: list[str] = []
    seeds: list[str] = []
    for frames_of, of_kind in (
        (kind, table[table["frames_of"] == kind]) for kind in ("stimulated", "control")
    ):
        subsets = [subset for subset in SUBSETS if subset in set(of_kind["subset"])]
        if not subsets:
            continue
        if frames_of == "control":
            edge = start - (GAP + 1) / 2 + 0.25
        position = np.arange(len(subsets)) + start
        for number, measure in enumerate(LOOKS):
            here = of_kind[of_kind["measure"] == measure].set_index("subset").reindex(subsets)
            # Permuting a single pattern among its frames changes nothing: that is no chance level.
            here["chance"] = here["chance"].where(here.index != "none")
            shift = (number - (len(LOOKS) - 1) / 2) * 0.24
            _, colour, marker = LOOKS[measure]
            _points(panel, position + shift, here, colour, marker)
        counts = of_kind.drop_duplicates("subset").set_index("subset").loc[subsets]
        positions += position.tolist()
        labels += [
            f"{SUBSETS[subset]}\nn = {frames}\n{trials} trials"
            for subset, frames, trials in zip(
                subsets, counts["frames"], counts["trials"], strict=True
            )
        ]
        seeds.append(f"{frames_of}: {_seeds(of_kind)}")
        start = position[-1] + GAP
    end = positions[-1] + 0.6
    if edge is not None:
        panel.axvspan(edge, end, color="#ececec", zorder=0)
        panel.text(
            (edge + end) / 2,
            0.985,
            "control: before the stimulus",
            transform=panel.get_xaxis_transform(),
            ha="center",
            va="top",
            fontsize=8,
        )
    panel.set_xlim(-0.6, end)
    panel.set_xticks(positions, labels, fontsize=8)
    panel.set_title(f"{name} ({', '.join(seeds)})")


def _draw_recall(panel: "Axes", recall: Mapping[str, pd.DataFrame]) -> None:
    """Draw recall of each output, sessions side by side."""
    cells = list(dict.fromkeys(cell for table in recall.values() for cell in table["cell"]))
    looks = []
    for number, (name, table) in enumerate(recall.items()):
        here = table.set_index("cell").reindex(cells)
        shift = (number - (len(recall) - 1) / 2) * 0.6 / len(recall)
        marker = "oDsv"[number % 4]
        looks.append((name, SESSIONS[number % len(SESSIONS)], marker))
        _points(panel, np.arange(len(cells)) + shift, here, looks[-1][1], marker)
    seen = pd.concat(recall.values())
    seen = seen[seen["frames"] > 0]
    names = ["no stim." if cell == "none" else cell for cell in cells]
    crowded = len(cells) > 16
    panel.set_xticks(
        range(len(cells)), names, fontsize=7 if crowded else 8, rotation=90 if crowded else 0
    )
    panel.set_xlim(-0.6, len(cells) - 0.4)
    panel.set_xlabel("stimulated cell")
    panel.set_title(
        f"Recall of each cell ({_range(seen['frames'])} frames of {_range(seen['trials'])} trials)"
    )
    _legend(panel, looks, [(CELL_CHANCE, "black")], -0.33)


def _points(
    panel: "Axes", place: np.ndarray, table: pd.DataFrame, colour: str, marker: str
) -> None:
    """Draw values with their intervals, and a tick at the chance of each."""
    value = 100 * table["value"].to_numpy(dtype=float)
    bounds = 100 * table[["ci_low", "ci_high"]].to_numpy(dtype=float).T
    panel.errorbar(
        place,
        value,
        np.abs(bounds - value),
        fmt=marker,
        color=colour,
        markersize=4.5,
        linewidth=1.2,
    )
    size = 9 if len(table) <= 16 else 5
    for column, (_, shade) in CHANCES.items():
        if column in table:
            level = 100 * table[column].to_numpy(dtype=float)
            panel.plot(
                place, level, "_", color=shade, markersize=size, markeredgewidth=1.4, zorder=3
            )


def _legend(
    panel: "Axes", looks: list[tuple[str, str, str]], chances: list[tuple[str, str]], below: float
) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=colour, marker=marker, linestyle="", label=name)
        for name, colour, marker in [
            *looks,
            *((name, colour, "_") for name, colour in chances),
        ]
    ]
    panel.legend(
        handles=marks,
        loc="upper center",
        bbox_to_anchor=(0.5, below),
        ncols=3,
        fontsize=8,
        handletextpad=0.2,
        columnspacing=1.2,
    )


def _seeds(table: pd.DataFrame) -> str:
    return f"{_range(table['seeds'])} seed{'' if table['seeds'].max() == 1 else 's'}"


def _range(numbers: "pd.Series[int]") -> str:
    """Tell a number, or from which to which they are."""
    lowest, highest = int(numbers.min()), int(numbers.max())
    return str(lowest) if lowest == highest else f"{lowest} to {highest}"
