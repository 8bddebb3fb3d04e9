"""What changed between two sessions?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.cards import Bar, Card, Forest, ends, interval, number, probability, times
from neuroloop.report.chapters import SIMULATED
from neuroloop.report.flags import Against

#: Columns of routes.tsv that are read.
TEXT = ("route", "panel", "note", "unit", "scope", "family")
NUMBERS = (
    *("first", "second", "change", "ci_low", "ci_high", "p", "q", "smallest_effect"),
    *("entries", "recordings"),
)

#: Those of the pairs that both routes through coupling have, if the table has them.
SHARED = tuple(
    f"{name}_both" for name in ("entries", "first", "second", "change", "ci_low", "ci_high")
)

#: Routes in units that are alike: shares of a cell's own response.
COUPLING = {"influence": "traces", "maps": "maps"}


def read_routes(path: StrPath) -> pd.DataFrame:
    """Read routes.tsv."""
    there = set(read_table(path, {}))
    numbers = (*NUMBERS, *(name for name in SHARED if name in there))
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(numbers, float))


def changes_card(
    of: str, earlier: str, later: str, table: pd.DataFrame, block: Mapping[str, Any]
) -> Card:
    """Answer for one pair of sessions: coupling, by traces and by maps.

    Parameters
    ----------
    of : str
        The area.
    earlier, later : str
        Sessions.
    table : DataFrame
        routes.tsv.
    block : mapping
        Of the config.
    """
    whole = table[table["panel"] == "all"]
    rows = whole[whole["route"].isin(list(COUPLING)) & whole["change"].notna()]
    bars = tuple(bar for row in rows.to_dict("records") for bar in _bars(row))
    mark, answer = _answer(rows, earlier, later)
    first = whole.iloc[0]
    return Card(
        "What changed between the sessions?",
        f"{of}, {earlier} to {later}",
        mark,
        answer,
        f"Over {times(first['unit'])}: {first['scope']}.",
        Forest(
            bars,
            "Change of coupling (response over a cell's own response), mean of all pairs that a "
            "route has, or that both have; "
            f"{first['recordings']:.0f} recordings a session, 95 %.",
            0.0,
        )
        if bars
        else None,
        tuple(_against(whole)),
        block["source"] in SIMULATED,
    )


def _bars(row: Mapping[Any, Any]) -> list[Bar]:
    """A route on its own pairs, and on those that both routes have if these are fewer."""
    by, found = COUPLING[row["route"]], row["q"] <= SIGNIFICANT
    bars = [
        Bar(
            f"{by} ({row['entries']:.0f} pairs)",
            row["change"],
            *ends(row["ci_low"], row["ci_high"]),
            "claim" if found else "open",
        )
    ]
    both = row.get("entries_both", 0.0)
    if 0 < both < row["entries"]:
        low, high = ends(row["ci_low_both"], row["ci_high_both"])
        clear = low is not None and high is not None and (low > 0 or high < 0)
        kind = "claim" if found and clear else "open"
        bars.append(Bar(f"{by} ({both:.0f} shared pairs)", row["change_both"], low, high, kind))
    return bars


def _answer(rows: pd.DataFrame, earlier: str, later: str) -> tuple[str, str]:
    """Mark and sentence, of the route through traces if it says anything."""
    if rows.empty:
        return "void", "No route says anything of coupling."
    row = rows.iloc[0]
    value = interval(row["change"], row["ci_low"], row["ci_high"])
    by = COUPLING[row["route"]]
    if row["q"] != row["q"]:
        return "void", f"By {by}, coupling differs by {value}, without a test: {row['note']}."
    if row["q"] > SIGNIFICANT:
        least = number(row["smallest_effect"])
        return "no", (
            f"No change of coupling shown by {by}, {value}; changes below {least} could not have "
            "been seen."
        )
    grew = "grew"
    if row["change"] < 0:
        grew, value = "fell", interval(-row["change"], -row["ci_high"], -row["ci_low"])
    return "yes", (
        f"Coupling {grew} from {earlier} to {later} by {value} of a cell's own response, by {by} "
        f"({probability(row['q'], name='q')})."
    )


def _against(rows: pd.DataFrame) -> list[Against]:
    """Notes of routes, once each."""
    noted = rows[rows["route"].isin(list(COUPLING)) & (rows["note"] != "")]
    kinds = {row["note"]: _kind(row["note"], row["p"]) for row in noted.to_dict("records")}
    return [Against(f"{note[0].upper()}{note[1:]}.", kind) for note, kind in kinds.items()]


def _kind(note: str, p: float) -> str:
    """The kind of flag of a note."""
    if "READER AT CHANCE" in note:
        return "chance"
    if "NOT ABOVE UNTRAINED" in note:
        return "control"
    return "few" if p != p else "answer"
