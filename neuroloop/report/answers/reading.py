"""What is read from neurons?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.cards import (
    Bar,
    Card,
    Forest,
    ends,
    interval,
    listed,
    number,
    probability,
    times,
)
from neuroloop.report.chapters import SIMULATED
from neuroloop.report.flags import Against

#: Columns of reading.tsv that are read.
TEXT = ("subset", "measure", "frames_of", "unit", "scope")
NUMBERS = ("value", "ci_low", "ci_high", "chance", "p", "frames", "trials", "seeds")

#: The measure that is told: of frames with stimulated cells, those in which all are named.
SUBSET, MEASURE = "stimulated", "exact_top"

#: The least p that its permutations allow.
LEAST = 0.001

#: The measure by which a reader counts as being at chance.
RECALL = "recall"


def read_reading(path: StrPath) -> pd.DataFrame:
    """Read reading.tsv."""
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(NUMBERS, float))


def reading_card(
    of: str, reader: str, tables: Mapping[str, pd.DataFrame], block: Mapping[str, Any]
) -> Card:
    """Answer for one area and reader.

    Parameters
    ----------
    of : str
        The area.
    reader : str
    tables : mapping of str to DataFrame
        reading.tsv of each session.
    block : mapping
        Of the config.
    """
    rows = {
        (session, kind): found.iloc[0]
        for session, table in tables.items()
        for kind in ("stimulated", "control")
        if len(found := _told(table, kind))
    }
    stimulated = {session: row for (session, kind), row in rows.items() if kind == "stimulated"}
    bars = tuple(
        Bar(
            session if kind == "stimulated" else f"{session}, before it",
            row["value"],
            *ends(row["ci_low"], row["ci_high"]),
            _kind(kind, row),
            row["chance"],
        )
        for (session, kind), row in rows.items()
    )
    mark, answer = _answer(stimulated)
    levels = {session: _level(table) for session, table in tables.items()}
    first = next(iter(stimulated.values()))
    return Card(
        "What is read from neurons?",
        f"{of}, {reader}" if len(block["readers"]) > 1 else of,
        mark,
        answer,
        f"Over {times(first['unit'])}: {first['scope']}. The control sees frames from "
        "before the stimulus.",
        Forest(
            bars,
            f"Frames in which all stimulated cells are named, {_trials(stimulated)}, 95 %; tick: "
            "patterns permuted.",
            None,
            100,
            " %",
        ),
        tuple(_against(rows, levels)),
        block["source"] in SIMULATED,
    )


def _trials(stimulated: Mapping[str, Any]) -> str:
    """How many trials were read."""
    counts = sorted({int(row["trials"]) for row in stimulated.values()})
    some = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    return f"{some} trials" + (" of each session" if len(stimulated) > 1 else "")


def _told(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    chosen = (table["frames_of"] == kind) & (table["measure"] == MEASURE)
    of_cells = table[chosen & (table["subset"] == SUBSET)]
    return of_cells if len(of_cells) else table[chosen & (table["subset"] == "all")]


def _level(table: pd.DataFrame) -> str:
    """What says that a reader is at chance: nothing, if its recall of stimulated cells is above."""
    rows = table[table["frames_of"] == "stimulated"]
    rows = rows[(rows["subset"] == SUBSET) & (rows["measure"] == RECALL)]
    if rows.empty or _kind("stimulated", row := rows.iloc[0]) == "claim":
        return ""
    tested = probability(row["p"], LEAST) if row["p"] == row["p"] else "too few trials for a p"
    return (
        f"the reader is at chance, its recall {number(row['value'], 100)} %, chance "
        f"{number(row['chance'], 100)} % ({tested}): its maps are no evidence."
    )


def _kind(kind: str, row: Any) -> str:
    if kind == "control":
        return "control"
    return "claim" if row["p"] <= SIGNIFICANT and row["value"] > row["chance"] else "open"


def _answer(stimulated: Mapping[str, Any]) -> tuple[str, str]:
    """Mark and sentence."""
    if all(row["p"] != row["p"] for row in stimulated.values()):
        return "void", "No test: all trials have one pattern."
    found = [name for name, row in stimulated.items() if _kind("stimulated", row) == "claim"]
    if not found:
        least = max(row["ci_high"] - row["chance"] for row in stimulated.values())
        return "no", (
            "Stimulated cells are not named more often than chance would; more than "
            f"{number(max(least, 0), 100)} points would have been seen."
        )
    told = [
        f"in {interval(row['value'], row['ci_low'], row['ci_high'], 100)} % of frames in "
        f"session {name} (chance {number(row['chance'], 100)} %, {probability(row['p'], LEAST)})"
        for name, row in stimulated.items()
        if name in found
    ]
    rest = [name for name in stimulated if name not in found]
    more = f" Not shown: {listed(rest, 'or')}." if rest else ""
    return "yes", f"Which cells were stimulated: all of them are named {listed(told)}.{more}"


def _against(rows: Mapping[tuple[str, str], Any], levels: Mapping[str, str]) -> list[Against]:
    """Controls that know what they cannot know, and readers at chance."""
    told: list[Against] = []
    for (session, kind), row in rows.items():
        if kind == "control" and row["ci_low"] > row["chance"]:
            value, chance = number(row["value"], 100), number(row["chance"], 100)
            text = (
                f"{session}: the control is right in {value} % of frames, chance {chance} %: "
                "something tells patterns before they are stimulated."
            )
            told.append(Against(text, "control"))
    return told + [
        Against(f"{session}: {level}", "chance") for session, level in levels.items() if level
    ]
