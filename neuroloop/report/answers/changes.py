"""What changed between two sessions?"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.cards import (
    Bar,
    Card,
    Forest,
    before_correction,
    ends,
    interval,
    number,
    probability,
    times,
)
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
    drawn = _in_order([_route(row) for row in rows.to_dict("records")])
    told = sorted(drawn, key=lambda one: not one.tested)  # traces lead unless they have no test
    tests = int((table["q"].notna() & table["family"].isin(set(rows["family"]))).sum())
    mark, answer = _answer(told, earlier, later, tests)
    doubted = mark == "beware" or bool(told and not told[0].found)
    bars = tuple(bar for one in drawn for bar in _bars(one, doubted))
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
        (*_against(whole), *_contradiction(told)),
        block["source"] in SIMULATED,
    )


class Route(NamedTuple):
    """A route through coupling.

    Attributes
    ----------
    by : str
        Its name in a sentence.
    row : mapping
        Of routes.tsv.
    tested, found : bool
    untrained : bool
        Whether networks without training change as much.
    """

    by: str
    row: Mapping[Any, Any]
    tested: bool
    found: bool
    untrained: bool


def _route(row: Mapping[Any, Any]) -> Route:
    q, untrained = row["q"], "NOT ABOVE UNTRAINED" in row["note"]
    return Route(COUPLING[row["route"]], row, q == q, q <= SIGNIFICANT, untrained)


def _in_order(told: list[Route]) -> list[Route]:
    """Traces before maps."""
    return sorted(told, key=lambda one: list(COUPLING.values()).index(one.by))


def _bars(one: Route, doubted: bool) -> list[Bar]:
    """A route on its own pairs, and on those that both routes have if these are fewer."""
    row, holds = one.row, "doubtful" if doubted or one.untrained else "claim"
    bars = [
        Bar(
            f"{one.by} ({row['entries']:.0f} pairs)",
            row["change"],
            *ends(row["ci_low"], row["ci_high"]),
            holds if one.found else "open",
        )
    ]
    both = row.get("entries_both", 0.0)
    if 0 < both < row["entries"]:
        low, high = ends(row["ci_low_both"], row["ci_high_both"])
        clear = low is not None and high is not None and (low > 0 or high < 0)
        kind = holds if one.found and clear else "open"
        bars.append(Bar(f"{one.by} ({both:.0f} shared pairs)", row["change_both"], low, high, kind))
    return bars


def _answer(told: list[Route], earlier: str, later: str, tests: int) -> tuple[str, str]:
    """Mark and sentence, of the route through traces if it was tested, and then of the other."""
    if not told:
        return "void", "No route says anything of coupling."
    lead, *rest = told
    row = lead.row
    other = "".join(_other(one) for one in rest)
    value = interval(row["change"], row["ci_low"], row["ci_high"])
    if not lead.tested:
        note = row["note"] or "routes.tsv gives no p"
        return "void", f"By {lead.by}, coupling differs by {value}, without a test: {note}.{other}"
    told_q = f"{probability(row['q'], name='q')}, {row['recordings']:.0f} recordings a session"
    if not lead.found:
        least = number(row["smallest_effect"])
        answer = (
            f"No change of coupling shown by {lead.by}, {value} ({told_q}); changes below {least} "
            f"could not have been seen{before_correction(tests)}.{other}"
        )
        if any(one.found for one in rest):
            answer += " The routes disagree."
        return "no", answer
    answer = (
        f"Coupling {_grew(row)} from {earlier} to {later} by {_size(row)} of a cell's own "
        f"response, by {lead.by} ({told_q}).{other}"
    )
    if _contradiction(told):
        return "beware", answer + " The routes contradict each other: one of them misleads."
    if lead.untrained:
        return "beware", answer + " But networks without training change as much."
    return "yes", answer


def _grew(row: Mapping[Any, Any]) -> str:
    return "fell" if row["change"] < 0 else "grew"


def _size(row: Mapping[Any, Any]) -> str:
    """The change and its interval, of what fell as a positive number."""
    if row["change"] < 0:
        return interval(-row["change"], -row["ci_high"], -row["ci_low"])
    return interval(row["change"], row["ci_low"], row["ci_high"])


def _other(one: Route) -> str:
    """What the other route found."""
    row = one.row
    if one.found:
        untrained = ", no more than without training" if one.untrained else ""
        q = probability(row["q"], name="q")
        return f" By {one.by} it {_grew(row)} by {_size(row)} ({q}){untrained}."
    value = interval(row["change"], row["ci_low"], row["ci_high"])
    if not one.tested:
        return f" By {one.by} {value}, without a test."
    return f" Not shown by {one.by}: {value} ({probability(row['q'], name='q')})."


def _contradiction(told: list[Route]) -> list[Against]:
    """Routes that find changes of different sign."""
    signs = {one.row["change"] > 0 for one in told if one.found}
    text = "Traces and maps contradict each other: by one coupling grew, by the other it fell."
    return [Against(text)] if len(signs) > 1 else []


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
    return "few" if p != p or "READER UNTESTED" in note else "answer"
