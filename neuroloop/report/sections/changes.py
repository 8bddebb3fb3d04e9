"""Changes between sessions: what a treatment changed, by each route."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.cards import Card
    from neuroloop.report.flags import Against

ORDER = 5
TITLE = "What changed between sessions"
BLOCKS = "areas"
ASSETS = ("changes.html.j2",)

#: What routes are called, with their units.
ROUTES = {
    "influence": "coupling from traces (response over own)",
    "maps": "coupling from maps (evidence over own)",
    "cosine": "likeness of responses (cosine)",
    "zncc": "likeness of maps (ZNCC)",
}


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a pair of sessions and reader."""
    found = {}
    for earlier, later in block["comparisons"]:
        for reader in block["readers"]:
            folder = f"results/calcium/{name}/compare/{earlier}__{later}/{reader}"
            found[f"{name}, {earlier} to {later}, reader {reader}"] = {
                "routes": f"{folder}/routes.tsv",
                "figure": f"{folder}/comparison.svg",
                "matrix_figure": f"{folder}/change.svg",
            }
    return found


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """What changed between the sessions?"""
    from neuroloop.report.answers.changes import changes_card, read_routes

    folder = Path(files["routes"]).parent
    earlier, later = folder.parent.name.split("__")
    whose = f"{of}, {folder.name}" if len(block["readers"]) > 1 else of
    return [changes_card(whose, earlier, later, read_routes(files["routes"]), block)]


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """Routes without a test."""
    from neuroloop.report.answers.changes import read_routes
    from neuroloop.report.answers.table_flags import change_flags

    return change_flags(read_routes(files["routes"]))


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The table of routes."""
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, P, Q, read_shown, shown

    columns = {
        "route": Column("Route", "By what the sessions are compared."),
        "panel": Column("Pairs", "all, or those inside and between groups of cells."),
        "change": NUMBER.named("Change", "Later less earlier, with its 95 % interval.", True),
        "first": NUMBER.named("Earlier"),
        "second": NUMBER.named("Later"),
        "p": P,
        "q": Q,
        "smallest_effect": NUMBER.named("Could see", "The least change that could be seen."),
        "entries": COUNT.named("Entries", "Pairs of cells or of patterns."),
        "change_both": Column(
            "Change of both",
            "On the pairs of cells that both routes have, with its 95 % interval; untested.",
            "number",
            low="ci_low_both",
            high="ci_high_both",
        ),
        "entries_both": COUNT.named("Pairs of both", "Pairs of cells that both routes have."),
        "one_network": NUMBER.named("One network", "What one network tells, without a sign."),
        "untrained": Column(
            "Untrained",
            "What an untrained network tells, with the range of 95 % of them.",
            "number",
            low="untrained_low",
            high="untrained_high",
        ),
        "p_untrained": P.named("p untrained", "Untrained networks that tell as much."),
        "recordings": COUNT.named("Recordings", "Pairs of recordings that were exchanged."),
        "note": Column("Note", kind="words"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    table = read_shown(files["routes"], columns)
    table["route"] = table["route"].replace(ROUTES)
    return {"table": shown("Change by route", table, columns, files["routes"])}
