"""What can be read from these brains?"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.table_rows import table_rows
from neuroloop.report.cards import (
    Bar,
    Card,
    Forest,
    before_correction,
    ends,
    interval,
    listed,
    number,
    probability,
    times,
)
from neuroloop.report.flags import Against

#: Corrected p up to which a row is told as a finding.
SIGNIFICANT = 0.05

#: Rows that speak of several people: their mean, and people like them.
MEAN, GROUP = "mean", "group"

#: Columns that are read.
TEXT = ("subject", "roi", "decoder", "reason", "unit", "scope", "family")
NUMBERS = (
    *("accuracy", "ci_low", "ci_high", "p", "q", "chance", "balanced_accuracy"),
    *("null_mean", "smallest_effect", "n", "permutations"),
)


def read_decoding(path: StrPath) -> pd.DataFrame:
    """Read decoding.tsv."""
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(NUMBERS, float))


def decoding_card(of: str, table: pd.DataFrame, block: Mapping[str, Any]) -> Card:
    """Answer for one dataset: its first decoder, the mean over people where there are several.

    Where a region that answers to nothing is read above chance, what tells its samples may tell
    those of every region: beware.

    Parameters
    ----------
    of : str
        The dataset.
    table : DataFrame
        decoding.tsv.
    block : mapping
        Of the config.
    """
    first = block["decoders"][0]
    people = table[~table["subject"].isin([MEAN, GROUP])]
    rows = table[table["subject"] == MEAN]
    whose = f"mean of {len(block['subjects'])} people"
    if rows.empty:
        rows, whose = people, "each person"
    rows = rows[rows["decoder"] == first]
    several = len(set(rows["subject"])) > 1
    silent = silent_regions(block)
    told = [_told(row, several, silent) for row in table_rows(rows)]
    false = [one for one in told if one.silent and one.found]
    bars = tuple(_bar(one, bool(false)) for one in told)
    mark, answer = _answer(told, false, table, block["permutations"])
    families = set(people.loc[people["decoder"] == first, "family"])
    tested = people[people["q"].notna() & people["family"].isin(families)]
    above = int((tested["q"] <= SIGNIFICANT).sum())
    return Card(
        "What can be read from the brain?",
        of,
        mark,
        answer,
        f"Over {times(rows['unit'].iloc[0])}: {rows['scope'].iloc[0]}. Tests of single people "
        f"that find more than chance: {above} of {len(tested)} (q ≤ 0.05, {block['permutations']} "
        "permutations).",
        Forest(
            bars, f"Samples named right by {first}, {whose}, 95 %; tick: chance.", None, 100, " %"
        ),
        (
            *(Against(_read_of_nothing(one), "control") for one in false),
            *_elsewhere(table, rows, silent),
            *_neighbours(rows, block),
        ),
        block["source"] == "simulated",
    )


def silent_regions(block: Mapping[str, Any]) -> set[str]:
    """Regions of a simulated dataset that answer to nothing."""
    if block["source"] != "simulated":
        return set()
    return {name for name, roi in block["rois"].items() if roi["encoding"] == "none"}


class Told(NamedTuple):
    """A row of the table, by its name on the card.

    Attributes
    ----------
    name : str
    row : named tuple
    silent : bool
        Whether the region answers to nothing.
    tested, found : bool
    """

    name: str
    row: Any
    silent: bool
    tested: bool
    found: bool


def _told(row: Any, several: bool, silent: set[str]) -> Told:
    name = f"{row.subject} {row.roi}" if several else str(row.roi)
    return Told(name, row, row.roi in silent, row.q == row.q, row.q <= SIGNIFICANT)


def _bar(one: Told, doubted: bool) -> Bar:
    row = one.row
    found = "open" if not one.found else "doubtful" if doubted else "claim"
    kind = "control" if one.silent else found
    return Bar(one.name, row.accuracy, *ends(row.ci_low, row.ci_high), kind, row.chance)


def _read(row: Any) -> str:
    """Accuracy and chance of a row: ``"75.5 [67.9, 81.5] % of 200 samples named right, ..."``."""
    shown = interval(row.accuracy, row.ci_low, row.ci_high, 100)
    least = 1 / (row.permutations + 1) if row.permutations == row.permutations else None
    return (
        f"{shown} % of {row.n:,.0f} samples named right, chance {number(row.chance, 100)} % "
        f"({probability(row.q, least, 'q')})"
    )


def _read_of_nothing(one: Told) -> str:
    return f"{one.name} answers to nothing, and is read above chance: {_read(one.row)}."


def _answer(
    told: list[Told], false: list[Told], table: pd.DataFrame, permutations: int
) -> tuple[str, str]:
    """Mark and sentence."""
    if 1 / (permutations + 1) > SIGNIFICANT:
        return "void", f"No test: of {permutations} permutations no p can reach {SIGNIFICANT}."
    asked = [one for one in told if not one.silent] or told
    if not any(one.tested for one in asked):
        return "void", f"No test: {asked[0].row.reason or 'decoding.tsv gives no p'}."
    names = [one.name for one in asked if not one.tested]
    untested = f" Untested: {listed(names)}." if names else ""
    found = [one for one in asked if one.found and not one.silent]
    if not found:
        least = max(one.row.smallest_effect for one in asked if one.tested)
        tests = int((table["q"].notna() & (table["family"] == asked[0].row.family)).sum())
        seen = f"{number(least, 100)} points above chance could have been seen"
        where = "any region that was tested" if names else "any region"
        return "no", f"Not shown in {where}; {seen}{before_correction(tests)}.{untested}"
    top = max(found, key=lambda one: one.row.accuracy)
    answer = (
        f"The category of a sample, from {listed([one.name for one in found])}. "
        f"{top.name}: {_read(top.row)}."
    )
    rest = [one.name for one in asked if one.tested and not one.found]
    answer += (f" Not shown from {listed(rest, 'or')}." if rest else "") + untested
    if false:
        return "beware", (
            f"{answer} But {listed([one.name for one in false])}, where nothing can be read, is "
            "read above chance too: what tells its samples may tell the others."
        )
    return "yes", answer


def _elsewhere(table: pd.DataFrame, drawn: pd.DataFrame, silent: set[str]) -> list[Against]:
    """Regions that answer to nothing, read above chance in rows that the card does not draw."""
    others = table[table["roi"].isin(silent) & (table["q"] <= SIGNIFICANT)]
    others = others[~others.index.isin(drawn.index)]
    names = [f"{row.subject} {row.roi} by {row.decoder}" for row in table_rows(others)]
    if not names:
        return []
    told = f"Read above chance though nothing can be read there: {listed(names)}."
    return [Against(told, "control")]


def _neighbours(rows: pd.DataFrame, block: Mapping[str, Any]) -> list[Against]:
    """Folds that may part neighbours in time, unless a sample is a whole block."""
    source = block.get(block["source"])
    unit = block.get("unit") or (source.get("unit") if isinstance(source, Mapping) else None)
    if block["fold_by"] == "run" or unit == "block":
        return []
    runs = any("runs" in str(name) for name in rows["unit"])
    where = "Folds cut through runs" if runs else "All samples are of one run"
    return [
        Against(
            f"{where} (fold_by: {block['fold_by']}): neighbours in time, which share noise, may "
            "stand on both sides of a fold, and tell each other's category."
        )
    ]
