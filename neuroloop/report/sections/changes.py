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


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a pair of sessions and reader."""
    found = {}
    for earlier, later in block["comparisons"]:
        for reader in block["readers"]:
            folder = f"results/calcium/{name}/compare/{earlier}__{later}/{reader}"
            found[f"{name}, {earlier} to {later}, reader {reader}"] = {
                "routes": f"{folder}/routes.tsv",
                "figure": f"{folder}/comparison.svg",
            }
    return found


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """What changed between the days?"""
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
    from neuroloop.report.answers.changes import read_routes
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, P, Q, shown

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
        "recordings": COUNT.named("Recordings", "Pairs of recordings that were exchanged."),
        "note": Column("Note", kind="words"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    return {
        "table": shown("Change by route", read_routes(files["routes"]), columns, files["routes"])
    }
