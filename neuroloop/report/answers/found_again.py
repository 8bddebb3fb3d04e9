"""Is the brain found again in its pupil?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import SIGNIFICANT, silent_regions
from neuroloop.report.answers.table_rows import table_rows
from neuroloop.report.answers.taught import (
    above_all,
    brain_name,
    brains_named,
    controls_to_beat,
    of_first,
)
from neuroloop.report.cards import interval, spanned
from neuroloop.report.flags import Against

#: Columns that are read.
TEXT = ("subject", "roi", "decoder", "teacher", "student", "kind", "control", "other", "reason")
NUMBERS = ("value", "ci_low", "ci_high", "q", "smallest_effect")

#: Kinds of rows that are read (`distill.loop.closed`).
SCORE, CONTROL, SPECIFIC = "score", "control", "specific"


def read_loop(path: StrPath) -> pd.DataFrame:
    """Read loop.tsv."""
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(NUMBERS, float))


def found_again(table: pd.DataFrame, block: Mapping[str, Any]) -> tuple[str, tuple[Against, ...]]:
    """Say which brains are found again in their students: of the first decoder and student.

    A brain is found again where its students predict it better than those of every control that
    it has to beat; as that person's where they predict it better than everyone else's region, too,
    beyond what students of the labels alone do. Whether a brain that is not found again is nearer
    to that person than to others is not told.

    Parameters
    ----------
    table : DataFrame
        loop.tsv.
    block : mapping
        Of the config.

    Returns
    -------
    str, tuple of Against
        Sentences; and brains that are found though they answer to nothing.
    """
    controls = controls_to_beat(block["teaching"]["teachers"])
    rows = of_first(table, block)
    found: dict[str, Any] = {}
    personal, shared, lacking, unjudged = [], [], [], []
    unseen: list[float] = []
    unseen_of_others: list[float] = []
    false = []
    for (subject, roi), group in rows.groupby(["subject", "roi"], sort=False):
        name = brain_name(str(subject), str(roi))
        compared = group[(group["kind"] == CONTROL) & group["control"].isin(controls)]
        others = group[(group["kind"] == SPECIFIC) & group["q"].notna()]
        if set(compared["control"]) != set(controls) or compared["q"].isna().any():
            unjudged.append(name)
        elif not _above(compared).all():
            lacking.append(name)
            unseen += list(compared.loc[~_above(compared), "smallest_effect"])
        else:
            (found[name],) = table_rows(group[group["kind"] == SCORE])
            false += [name] if roi in silent_regions(block) else []
            if _above(others).all():
                personal += [name] if len(others) else []
            else:
                shared.append(name)
                unseen_of_others += list(others.loc[~_above(others), "smallest_effect"])
    told = [
        _found(found, controls, personal, shared, unseen_of_others) if found or lacking else "",
        f"Not found again: {brains_named(lacking)}{_unseen(unseen)}." if lacking else "",
        f"Not judged: {brains_named(unjudged)}." if unjudged else "",
    ]
    against = tuple(
        Against(f"{name} answers to nothing, and is found again in its students.", "control")
        for name in false
    )
    return " ".join(filter(None, told)), against


def _above(rows: pd.DataFrame) -> "pd.Series[bool]":
    return (rows["q"] <= SIGNIFICANT) & (rows["value"] > 0)


def _found(
    found: Mapping[str, Any],
    controls: list[str],
    personal: list[str],
    shared: list[str],
    unseen: list[float],
) -> str:
    """Who is found, how well they are predicted, and who of them as that person's."""
    if not found:
        return "No brain is found again in its students."
    names = list(found)
    best = max(names, key=lambda name: found[name].value)
    row = found[best]
    are = (
        "is found again in its students" if len(names) == 1 else "are found again in their students"
    )
    of_best = f"{best} at " if len(names) > 1 else ""
    score = interval(row.value, row.ci_low, row.ci_high, 100)
    told = (
        f"{brains_named(names)} {are}, {above_all(controls)} ({of_best}{score} % of the noise "
        "ceiling)"
    )
    if personal:
        told += f"; as that person's, beyond labels alone: {brains_named(personal)}"
    if shared:
        told += f"; not shown to be that person's: {brains_named(shared)}{_unseen(unseen)}"
    return told + "."


def _unseen(effects: list[float]) -> str:
    least = spanned(effects, 100)
    return f" (below {least} points unseen)" if least else ""
