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

    A session whose frames of before the stimulus tell patterns as well as those of after it is
    doubtful: beware. One whose control is above chance and clearly below stays shown.

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
    controls = {session: row for (session, kind), row in rows.items() if kind == "control"}
    kinds = {name: _kind(row, controls.get(name)) for name, row in stimulated.items()}
    bars = tuple(
        Bar(
            session if kind == "stimulated" else f"{session}, before it",
            row["value"],
            *ends(row["ci_low"], row["ci_high"]),
            kinds[session] if kind == "stimulated" else "control",
            row["chance"],
        )
        for (session, kind), row in rows.items()
    )
    mark, answer = _answer(stimulated, controls, kinds)
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
        (
            *(told for session, row in controls.items() for told in _of_control(session, row)),
            *(told for session, table in tables.items() for told in _level(session, table)),
        ),
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


def _above(row: Any) -> bool:
    return bool(row["p"] <= SIGNIFICANT and row["value"] > row["chance"])


def _knows(control: Any) -> bool:
    """Whether frames of before the stimulus tell patterns."""
    return _above(control) or bool(control["ci_low"] > control["chance"])


def _kind(row: Any, control: Any) -> str:
    """The kind of a session's bar: doubtful where its control does as well."""
    if not _above(row):
        return "open"
    if control is None or not _knows(control):
        return "claim"
    as_well = control["value"] >= row["value"] or control["ci_high"] >= row["ci_low"]
    return "doubtful" if as_well else "claim"


def _answer(
    stimulated: Mapping[str, Any], controls: Mapping[str, Any], kinds: Mapping[str, str]
) -> tuple[str, str]:
    """Mark and sentence."""
    names = [name for name, row in stimulated.items() if row["p"] != row["p"]]
    if len(names) == len(stimulated):
        return "void", "No test: trials are too few, or too alike, for a p."
    untested = f" Untested: {listed(names)} (no p)." if names else ""
    found = {name: row for name, row in stimulated.items() if kinds[name] != "open"}
    if not found:
        least = max(
            row["ci_high"] - row["chance"] for name, row in stimulated.items() if name not in names
        )
        return "no", (
            "Stimulated cells are not named more often than chance would; more than "
            f"{number(max(least, 0), 100)} points would have been seen.{untested}"
        )
    told = [
        f"in {_share(row)} % of frames in session {name} (chance {number(row['chance'], 100)} %, "
        f"{probability(row['p'], LEAST)}, {row['trials']:,.0f} trials)"
        for name, row in found.items()
    ]
    rest = [name for name in stimulated if name not in found and name not in names]
    more = (f" Not shown: {listed(rest, 'or')}." if rest else "") + untested
    answer = f"Which cells were stimulated: all of them are named {listed(told)}.{more}"
    doubted = [name for name in found if kinds[name] == "doubtful"]
    if not doubted:
        return "yes", answer
    as_well = listed([f"{name} in {_share(controls[name])} %" for name in doubted])
    return "beware", (
        f"{answer} But frames from before the stimulus name them as well, {as_well}: what is read "
        "need not be the response."
    )


def _share(row: Any) -> str:
    return interval(row["value"], row["ci_low"], row["ci_high"], 100)


def _of_control(session: str, row: Any) -> list[Against]:
    """A control that knows what it cannot know, or that was not tested."""
    if _knows(row):
        value, chance = _share(row), number(row["chance"], 100)
        text = (
            f"{session}: the control is right in {value} % of frames, chance {chance} %: "
            "something tells patterns before they are stimulated."
        )
        return [Against(text, "control")]
    if row["p"] != row["p"] and row["ci_low"] != row["ci_low"]:
        text = f"{session}: the control of frames before the stimulus has no test."
        return [Against(text, "few")]
    return []


def _level(session: str, table: pd.DataFrame) -> list[Against]:
    """That a reader is at chance or untested, if its recall of stimulated cells is not above."""
    rows = table[table["frames_of"] == "stimulated"]
    rows = rows[(rows["subset"] == SUBSET) & (rows["measure"] == RECALL)]
    if rows.empty or _above(row := rows.iloc[0]):
        return []
    recall = f"its recall {number(row['value'], 100)} %, chance {number(row['chance'], 100)} %"
    if row["p"] == row["p"]:
        p = probability(row["p"], LEAST)
        text = f"the reader is at chance, {recall} ({p}): its maps are no evidence."
        return [Against(f"{session}: {text}", "chance")]
    text = f"whether the reader is above chance is untested (no p), {recall}: its maps are no"
    return [Against(f"{session}: {text} evidence.", "few")]
