"""Maps and coupling: where readers looked in a session, and which cells respond to which."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.columns import ShownTable
    from neuroloop.report.flags import Against

ORDER = 4
TITLE = "Maps and coupling"
BLOCKS = "areas"
ASSETS = ("coupling.html.j2",)

#: What routes of tables are called.
ROUTES = {"influence": "from traces", "maps": "from maps"}


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a session and reader."""
    found = {}
    for session in block["sessions"]:
        for reader in block["readers"]:
            folder = f"results/calcium/{name}/{session}/{reader}"
            found[f"{name}, {session}, reader {reader}"] = {
                "coupling": f"{folder}/coupling.tsv",
                "distances": f"{folder}/distance.tsv",
                "distance_figure": f"{folder}/distance.svg",
                "gallery": f"{folder}/cams_gallery.json",
                "zncc_figure": f"{folder}/zncc.svg",
                "patterns": f"{folder}/zncc_patterns.tsv",
                "nulls": f"{folder}/zncc_nulls.tsv",
                "nulls_figure": f"{folder}/zncc_nulls.svg",
                "coupling_figure": f"{folder}/coupling.svg",
            }
    return found


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """Cells of which nothing is told."""
    from pathlib import Path

    from neuroloop.files.formats import read_table
    from neuroloop.report.answers.table_flags import coupling_flags

    types = {"route": str, "pairs": float, "silent_cells": float}
    session = Path(files["coupling"]).parts[-3]
    return coupling_flags(session, read_table(files["coupling"], types))


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The maps and tables of a session and reader."""
    from neuroloop.files.formats import read_json
    from neuroloop.report.names import method_name

    gallery = read_json(files["gallery"])
    return {
        "gallery": gallery | {"method": method_name(gallery["method"])},
        "patterns": _patterns(files["patterns"]),
        "nulls": _nulls(files["nulls"]),
        "coupling": _coupling(files["coupling"]),
        "distances": _distances(files["distances"]),
    }


def _coupling(path: str) -> "ShownTable":
    """Each route, on its own pairs and on those that both have."""
    from neuroloop.report.columns import (
        COUNT,
        NUMBER,
        PERCENT,
        SCOPE,
        UNIT,
        Column,
        P,
        Q,
        read_shown,
        shown,
    )

    both = "The same on the pairs that both routes have."
    columns = {
        "route": Column("Route", "What coupling is estimated from."),
        "pairs": COUNT.named("Pairs", "Ordered pairs of cells that have a value."),
        "mean": Column(
            "Mean",
            "Response over the cell's own, mean of the pairs, with its 95 % interval over trials.",
            "number",
            low="mean_low",
            high="mean_high",
        ),
        "found": COUNT.named("Found", "Pairs above 0 with q at most 0.05."),
        "q": Q.named("Least q", "That of any pair: corrected over the route's pairs."),
        "smallest_effect": NUMBER.named("Could see", "Half of a pair's interval, the median."),
        "auc": NUMBER.named("AUC", "Agreement with the truth of the simulation; chance 0.5."),
        "pearson": NUMBER.named("r", "Correlation with the truth, over true connections."),
        "pairs_both": COUNT.named("Pairs of both", "Pairs that both routes have."),
        "mean_both": Column(
            "Mean of both", both, "number", low="mean_low_both", high="mean_high_both"
        ),
        "found_both": COUNT.named("Found of both", both),
        "auc_both": NUMBER.named("AUC of both", both),
        "pearson_both": NUMBER.named("r of both", both),
        "too_near": COUNT.named("Too near", "Pairs nearer than the exclusion radius: left out."),
        "silent_cells": COUNT.named("Silent cells", "Cells whose own response is not clear."),
        "uncoupled_covering_0": PERCENT.named(
            "Right at 0, %", "Pairs without a true connection whose interval holds 0."
        ),
        "one_network": NUMBER.named("One network", "Pairs above 0 that one network tells."),
        "untrained": Column(
            "Untrained",
            "Pairs above 0 that an untrained network tells, with the range of 95 % of them.",
            "number",
            low="untrained_low",
            high="untrained_high",
        ),
        "p_untrained": P.named("p untrained", "Untrained networks that tell as many pairs."),
        "note": Column("Note", kind="words"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    table = read_shown(path, columns)
    table["route"] = table["route"].replace(ROUTES)
    return shown("Coupling by route", table, columns, path)


def _distances(path: str) -> "ShownTable":
    """Mean coupling in each bin of distance."""
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, read_shown, shown

    columns = {
        "route": Column("Route", "What coupling is estimated from."),
        "nearest": NUMBER.named("From, px", "Distance of the bin's nearest pair."),
        "farthest": NUMBER.named("To, px", "Distance of its farthest pair."),
        "pairs": COUNT.named("Pairs", "Ordered pairs of cells that have a value."),
        "missing": COUNT.named("Without", "Pairs at these distances that have none."),
        "mean": NUMBER.named(
            "Mean",
            "Response over the cell's own, with its 95 % interval over trials; 0 without coupling.",
            with_interval=True,
        ),
        "truth": NUMBER.named("Truth", "Of the simulation, over the same pairs."),
        "note": Column("Note", kind="words"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    table = read_shown(path, columns)
    table["route"] = table["route"].replace(ROUTES)
    return shown("Coupling by distance", table, columns, path)


def _patterns(path: str) -> "ShownTable":
    """Patterns by name, in the order of the figure."""
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, read_shown, shown

    columns = {
        "pattern": Column("Pattern", "The cells that it stimulates."),
        "place": COUNT.named("Place", "Row and column of the figure, from 1."),
        "group": Column("Group", "Of its cells."),
        "sharing": Column("Most alike, sharing", "Of the patterns that share a cell with it."),
        "zncc_sharing": NUMBER.named("ZNCC", "With that pattern, as published."),
        "apart": Column("Most alike, apart", "Of the patterns that share no cell with it."),
        "zncc_apart": NUMBER.named("ZNCC apart", "With that pattern, as published."),
        "reader": Column("Reader", "That it is at chance, if it is.", "words"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    return shown("Patterns and whose maps are most alike", read_shown(path, columns), columns, path)


def _nulls(path: str) -> "ShownTable":
    """ZNCC beside its nulls."""
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, Column, P, Q, read_shown, shown
    from neuroloop.report.names import MEASURES

    columns = {
        "statistic": Column("Statistic", "Of the matrix of all patterns.", called=MEASURES),
        "kind": Column("Maps", "All trials as published, or halves of them.", called=MEASURES),
        "group": Column("Patterns", "all, or those of a group."),
        "value": NUMBER.named("Value", "Trained networks; 95 % interval over trials.", True),
        "null": Column("Null", "What it is compared with."),
        "null_mean": Column(
            "Null value",
            "Its mean, with the range of 95 % of it.",
            "number",
            1.0,
            "null_low",
            "null_high",
        ),
        "n_null": COUNT.named("n of null", "Untrained networks, or permutations."),
        "p": P.named("p", "Share of the null at least as large; it varies the null's unit."),
        "q": Q,
        "ci_unit": Column("Interval varies", "The unit that the interval draws anew."),
        "unit": Column("p varies", "The unit that the null draws anew."),
        "scope": SCOPE,
        "note": Column("Note", kind="words"),
        "reader": Column("Reader", "That it is at chance, if it is.", "words"),
    }
    return shown("ZNCC beside its nulls", read_shown(path, columns), columns, path)
