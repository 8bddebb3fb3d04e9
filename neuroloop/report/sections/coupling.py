"""Maps and coupling: where readers looked in a session, and which cells respond to which."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.flags import Against

ORDER = 4
TITLE = "Maps and coupling"
BLOCKS = "areas"
ASSETS = ("coupling.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a session and reader."""
    found = {}
    for session in block["sessions"]:
        for reader in block["readers"]:
            folder = f"results/calcium/{name}/{session}/{reader}"
            found[f"{name}, {session}, reader {reader}"] = {
                "coupling": f"{folder}/coupling.tsv",
                "maps_figure": f"{folder}/cams.svg",
                "zncc_figure": f"{folder}/zncc.svg",
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
    """The table of coupling."""
    from neuroloop.files.formats import read_table

    return {"coupling": read_table(files["coupling"], {"pairs": int, "mean": float})}
