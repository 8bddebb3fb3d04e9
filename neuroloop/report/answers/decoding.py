"""What can be read from these brains?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.table_rows import table_rows
from neuroloop.report.cards import Bar, Card, Forest, ends, interval, listed, number, times
from neuroloop.report.flags import Against

#: Corrected p up to which a row is told as a finding.
SIGNIFICANT = 0.05

#: Rows that speak of several people: their mean, and people like them.
MEAN, GROUP = "mean", "group"

#: What a tick beside an interval is.
TICK = " Tick: chance."

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
    silent = silent_regions(block)
    several = len(set(rows["subject"])) > 1
    bars = tuple(_bar(row, several, silent) for row in table_rows(rows))
    mark, answer = _answer(rows, bars, block["permutations"])
    tested = people[people["q"].notna()]
    above = int((tested["q"] <= SIGNIFICANT).sum())
    false = [bar.label for bar, q in zip(bars, rows["q"], strict=True) if _false(bar, q)]
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
        tuple(
            Against(f"{name} answers to nothing, and is read above chance.", "control")
            for name in false
        ),
        block["source"] == "simulated",
    )


def silent_regions(block: Mapping[str, Any]) -> set[str]:
    """Regions of a simulated dataset that answer to nothing."""
    if block["source"] != "simulated":
        return set()
    return {name for name, roi in block["rois"].items() if roi["encoding"] == "none"}


def _bar(row: Any, several: bool, silent: set[str]) -> Bar:
    label = f"{row.subject} {row.roi}" if several else str(row.roi)
    found = "claim" if row.q <= SIGNIFICANT else "open"
    kind = "control" if row.roi in silent else found
    return Bar(label, row.accuracy, *ends(row.ci_low, row.ci_high), kind, row.chance)


def _false(bar: Bar, q: float) -> bool:
    return bar.kind == "control" and q <= SIGNIFICANT


def _answer(rows: pd.DataFrame, bars: tuple[Bar, ...], permutations: int) -> tuple[str, str]:
    """Mark and sentence."""
    if 1 / (permutations + 1) > SIGNIFICANT:
        return "void", f"No test: of {permutations} permutations no p can reach {SIGNIFICANT}."
    found = [bar for bar in bars if bar.kind == "claim"]
    if rows["p"].isna().all():
        return "void", f"No test: {rows['reason'].iloc[0]}."
    if not found:
        least = rows["smallest_effect"].max()
        told = f"{number(least, 100)} points above chance could have been seen"
        return "no", f"Not shown in any region; {told}."
    top = max(found, key=lambda bar: bar.value)
    samples = rows["n"].iloc[bars.index(top)]
    shown = interval(top.value, top.low, top.high, 100)
    answer = (
        f"The category of a sample, from {listed([bar.label for bar in found])}. "
        f"{top.label}: {shown} % of {samples:,.0f} samples named right, chance "
        f"{number(top.chance, 100)} %."
    )
    rest = [bar.label for bar in bars if bar.kind == "open"]
    return "yes", answer + (f" Not shown from {listed(rest, 'or')}." if rest else "")
