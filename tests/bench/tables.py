"""The tables that benches wrote, read again."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """A row of a bench's table.

    Attributes
    ----------
    what, peer : str
        What was measured, and beside what; `peer` is empty without one.
    size : float
    seconds : float
        CPU seconds.
    ratio : float or None
        The peer's CPU seconds by ours.
    note : str
    """

    what: str
    peer: str
    size: float
    seconds: float
    ratio: float | None
    note: str


def read_tables(folder: Path) -> dict[str, list[Row]]:
    """Rows of every table in a folder, by the bench's name."""
    return {file.stem: read_table(file) for file in sorted(folder.glob("*.tsv"))}


def read_table(file: Path) -> list[Row]:
    """Rows of one table."""
    with file.open(encoding="utf-8", newline="") as stream:
        return [
            Row(
                row["what"],
                row["peer"],
                float(row["size"]),
                float(row["seconds_cpu"]),
                float(row["ratio_cpu"]) if row["ratio_cpu"] else None,
                row["note"],
            )
            for row in csv.DictReader(stream, delimiter="\t")
        ]


def machine_of(file: Path) -> dict[str, Any]:
    """On what machine a table was measured; empty if that is not known."""
    facts = file.with_suffix(".json")
    return dict(json.loads(facts.read_text(encoding="utf-8"))) if facts.is_file() else {}
