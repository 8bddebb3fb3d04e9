"""One figure of all benches: ratio to the peer by size, beside the goals."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.goals import GOALS
from tests.bench.tables import Row

#: Panels side by side.
ACROSS = 3


def draw(tables: Mapping[str, Sequence[Row]], file: Path) -> None:
    """Draw a panel for each table that has a peer: above 1 ours is faster; dashed, the goals."""
    from matplotlib.figure import Figure

    compared = {
        name: [row for row in table if row.ratio is not None] for name, table in tables.items()
    }
    compared = {name: rows for name, rows in compared.items() if rows}
    down = max(-(-len(compared) // ACROSS), 1)
    figure = Figure(figsize=(4.6 * ACROSS, 3.6 * down), layout="constrained")
    panels = figure.subplots(down, ACROSS, squeeze=False).ravel()
    for panel, (name, rows) in zip(panels, compared.items(), strict=False):
        for what, peer in dict.fromkeys((row.what, row.peer) for row in rows):
            line = sorted(
                (row.size, row.ratio) for row in rows if (row.what, row.peer) == (what, peer)
            )
            panel.plot(*zip(*line, strict=True), marker="o", label=f"{what}, {peer}")
        for least in {goal.least for goal in GOALS if goal.bench == name and goal.rows(rows)}:
            panel.axhline(least, linestyle="--", color="0.4", linewidth=1)
        panel.axhline(1, color="0.8", linewidth=1, zorder=0)
        panel.set(
            title=name, xscale="log", yscale="log", xlabel="size", ylabel="peer's time by ours"
        )
        panel.legend(fontsize="x-small")
    for panel in panels[len(compared) :]:
        panel.remove()
    figure.savefig(file, dpi=120)
