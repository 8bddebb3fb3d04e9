"""Are radiographs told apart, and by what?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.answers.table_rows import table_rows
from neuroloop.report.cards import (
    Bar,
    Card,
    Forest,
    beside,
    ends,
    interval,
    listed,
    number,
    probability,
    times,
)
from neuroloop.report.flags import Against

#: Columns that are read of metrics.tsv and comparisons.tsv.
SCORES = (
    ("case", "classifier", "split", "shown", "metric", "unit", "scope"),
    ("value", "ci_low", "ci_high", "chance", "n", "patients"),
)
GAPS = (
    ("kind", "case", "classifier", "split", "against", "metric", "reason"),
    ("difference", "ci_low", "ci_high", "p", "q", "smallest_effect"),
)

#: The measure that is told, and what is shown of a radiograph: all of it, all but the lungs.
METRIC, WHOLE, BACKGROUND = "macro_f1", "whole", "background"

#: How folds were made, in words.
SPLITS = {"image": "leaky", "site": "new sites"}

#: Most rows of the forest plot.
MOST = 8


def read_scores(path: StrPath) -> pd.DataFrame:
    """Read metrics.tsv."""
    return read_table(path, dict.fromkeys(SCORES[0], str) | dict.fromkeys(SCORES[1], float))


def read_gaps(path: StrPath) -> pd.DataFrame:
    """Read comparisons.tsv."""
    return read_table(path, dict.fromkeys(GAPS[0], str) | dict.fromkeys(GAPS[1], float))


def films_card(of: str, scores: pd.DataFrame, gaps: pd.DataFrame, block: Mapping[str, Any]) -> Card:
    """Answer for one set of radiographs.

    Parameters
    ----------
    of : str
    scores, gaps : DataFrame
        metrics.tsv and comparisons.tsv.
    block : mapping
        Of the config.
    """
    rows = scores[scores["metric"] == METRIC]
    patient = rows["split"] == "patient"
    own, background = (rows[patient & (rows["shown"] == shown)] for shown in (WHOLE, BACKGROUND))
    elsewhere = ~patient & ~rows["split"].str.startswith("site ")
    others = rows[elsewhere & (rows["shown"] == WHOLE)]
    drawn = pd.concat([own, others, background]).head(MOST)
    bars = tuple(_bar(row) for row in table_rows(drawn))
    gaps = gaps[gaps["metric"] == METRIC]
    compared = (gaps["kind"] == "baseline") & (gaps["split"] == "patient")
    mark, answer = _answer(own, gaps[compared])
    first = own.iloc[0]
    return Card(
        "Are X-rays told apart, and by what?",
        of,
        mark,
        answer,
        f"Over {times(first['unit'])}: {first['scope']}.",
        Forest(
            bars,
            f"Macro-F1, {first['n']:,.0f} radiographs of {first['patients']:,.0f} patients, "
            "95 %; tick: chance.",
        ),
        tuple(_against(background, gaps)),
        block["source"] == "simulated",
    )


def _bar(row: Any) -> Bar:
    where = "" if row.split == "patient" else f", {SPLITS.get(row.split, row.split)}"
    where = ", background" if row.shown == BACKGROUND else where
    own = row.split == "patient" and row.shown == WHOLE
    kind = ("claim" if row.ci_low > row.chance else "open") if own else "control"
    bounds = ends(row.ci_low, row.ci_high)
    return Bar(f"{row.classifier}, {row.case}{where}", row.value, *bounds, kind, row.chance)


def _answer(own: pd.DataFrame, gaps: pd.DataFrame) -> tuple[str, str]:
    """Mark and sentence."""
    above = own[own["ci_low"] > own["chance"]]
    if above.empty:
        return "no", "No classifier tells them apart: every interval reaches chance."
    top = above.iloc[int(above["value"].to_numpy().argmax())]
    shown = interval(top["value"], top["ci_low"], top["ci_high"])
    answer = (
        f"Told apart: macro-F1 {shown} by {top['classifier']} ({top['case']}), chance "
        f"{number(top['chance'])}."
    )
    found = gaps[(gaps["q"] <= SIGNIFICANT)]
    better = [
        f"{row.classifier}, {row.case} by {interval(row.difference, row.ci_low, row.ci_high)} "
        f"({probability(row.q, name='q')})"
        for row in table_rows(found[found["difference"] > 0])
    ]
    if better:
        answer += f" Better than the baseline: {listed(better)}."
    elif len(gaps):
        answer += " None is shown to beat the baseline."
    return "yes", answer


def _against(background: pd.DataFrame, gaps: pd.DataFrame) -> list[Against]:
    """Backgrounds that tell classes, and what is lost elsewhere."""
    told = []
    for row in table_rows(background[background["ci_low"] > background["chance"]]):
        text = (
            f"The background alone tells classes: {row.classifier}, {row.case} reaches "
            f"{beside(row.value, row.ci_low, row.ci_high, row.chance)}."
        )
        told.append(Against(text, "control"))
    for row in table_rows(gaps[(gaps["kind"] == "site") & (gaps["q"] <= SIGNIFICANT)]):
        if row.difference < 0:
            other = row.split.removeprefix("external ")
            where = "At new sites" if row.split == "site" else f"On other radiographs ({other})"
            lost = interval(-row.difference, -row.ci_high, -row.ci_low)
            told.append(Against(f"{where} {row.classifier}, {row.case} loses {lost}."))
    return told
