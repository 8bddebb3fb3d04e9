"""Are radiographs told apart, and by what?"""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
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

#: Of pointing.tsv.
POINTED = (("method",), ("value", "ci_low", "ci_high", "chance", "q", "n"))

#: The measure that is told, and what is shown of a radiograph: all of it, all but the lungs.
METRIC, WHOLE, BACKGROUND = "macro_f1", "whole", "background"

#: How folds were made, in words.
SPLITS = {"image": "leaky", "site": "new sites"}

#: Most rows of the forest plot, and rows of it that are kept for controls.
MOST, CONTROLS = 9, 3


def read_scores(path: StrPath) -> pd.DataFrame:
    """Read metrics.tsv."""
    return read_table(path, dict.fromkeys(SCORES[0], str) | dict.fromkeys(SCORES[1], float))


def read_gaps(path: StrPath) -> pd.DataFrame:
    """Read comparisons.tsv."""
    return read_table(path, dict.fromkeys(GAPS[0], str) | dict.fromkeys(GAPS[1], float))


def read_pointing(path: StrPath) -> pd.DataFrame:
    """Read pointing.tsv: without rows where no lesion is known."""
    return read_table(path, dict.fromkeys(POINTED[0], str) | dict.fromkeys(POINTED[1], float))


def films_card(
    of: str,
    scores: pd.DataFrame,
    gaps: pd.DataFrame,
    block: Mapping[str, Any],
    pointing: Mapping[tuple[str, str], pd.DataFrame] | None = None,
) -> Card:
    """Answer for one set of radiographs.

    The score that is told is that of the baseline, or the first, so that it was not picked after
    seeing them. Where a background without the lungs is above chance and does as well as that
    score, beware; where it is clearly below, it speaks against the answer.

    Parameters
    ----------
    of : str
    scores, gaps : DataFrame
        metrics.tsv and comparisons.tsv.
    block : mapping
        Of the config.
    pointing : mapping of (case, classifier) to DataFrame, optional
        pointing.tsv of each that has maps.
    """
    rows = scores[scores["metric"] == METRIC]
    patient = rows["split"] == "patient"
    own, background = (rows[patient & (rows["shown"] == shown)] for shown in (WHOLE, BACKGROUND))
    elsewhere = ~patient & ~rows["split"].str.startswith("site ")
    others = rows[elsewhere & (rows["shown"] == WHOLE)]
    first = _headline(own, block.get("baseline"))
    blind = background[_above(background)]
    drawn = _drawn(own, pd.concat([others, background]), first, blind)
    bars = tuple(_bar(row, _as_well(blind, row)) for row in table_rows(drawn))
    gaps = gaps[gaps["metric"] == METRIC]
    compared = (gaps["kind"] == "baseline") & (gaps["split"] == "patient")
    mark, answer = _answer(own, first, _as_well(blind, first), gaps[compared])
    where, misses = where_from(pointing or {})
    return Card(
        "Are X-rays told apart, and by what?",
        of,
        mark,
        answer + where,
        f"Over {times(first['unit'])}: {first['scope']}.",
        Forest(
            bars,
            f"Macro-F1, {first['n']:,.0f} radiographs of {first['patients']:,.0f} patients, "
            "95 %; tick: chance.",
        ),
        tuple(_against(background, gaps) + misses),
        block["source"] == "simulated",
    )


def _headline(own: pd.DataFrame, baseline: Sequence[str] | None) -> pd.Series:
    """The score of the baseline, or the first of the table."""
    if baseline:
        named = own[(own["case"] == baseline[0]) & (own["classifier"] == baseline[1])]
        if len(named):
            return named.iloc[0]
    return own.iloc[0]


def _drawn(
    own: pd.DataFrame, controls: pd.DataFrame, first: pd.Series, blind: pd.DataFrame
) -> pd.DataFrame:
    """Rows of the plot: what is told and the best are never left out, nor are their controls."""
    same = (controls["case"] == first["case"]) & (controls["classifier"] == first["classifier"])
    leak = controls["split"] != "patient"
    order = np.lexsort((~leak, ~controls.index.isin(blind.index), ~same))
    kept = min(len(own), MOST - min(len(controls), CONTROLS))
    needed = own.index == first.name
    needed[int(own["value"].fillna(-np.inf).to_numpy().argmax())] = True
    chosen = own.iloc[np.sort(np.argsort(~needed, kind="stable")[:kept])]
    return pd.concat([chosen, controls.iloc[np.sort(order[: MOST - kept])]])


def _above(rows: Any, factor: float = 1.0) -> Any:
    """Whether intervals, their lower half so many times as long, lie above chance."""
    return rows["value"] - factor * (rows["value"] - rows["ci_low"]) > rows["chance"]


def _as_well(blind: pd.DataFrame, row: Any) -> pd.DataFrame:
    """Backgrounds above chance that do as well as a score, or nearly: intervals that meet."""
    row = row if isinstance(row, pd.Series) else pd.Series(row._asdict())
    return blind[(blind["value"] >= row["value"]) | (blind["ci_high"] >= row["ci_low"])]


def _bar(row: Any, as_well: pd.DataFrame) -> Bar:
    where = "" if row.split == "patient" else f", {SPLITS.get(row.split, row.split)}"
    where = ", background" if row.shown == BACKGROUND else where
    own = row.split == "patient" and row.shown == WHOLE
    found = "claim" if as_well.empty else "doubtful"
    kind = (found if row.ci_low > row.chance else "open") if own else "control"
    bounds = ends(row.ci_low, row.ci_high)
    return Bar(f"{row.classifier}, {row.case}{where}", row.value, *bounds, kind, row.chance)


def _named(row: Any) -> str:
    """A score in words: ``"0.72 [0.65, 0.78] by logistic (case1)"``."""
    shown = interval(row["value"], row["ci_low"], row["ci_high"])
    return f"{shown} by {row['classifier']} ({row['case']})"


def _answer(
    own: pd.DataFrame, first: pd.Series, as_well: pd.DataFrame, gaps: pd.DataFrame
) -> tuple[str, str]:
    """Mark and sentence."""
    known = own[own["ci_low"].notna() & own["chance"].notna()]
    if known.empty:
        return "void", "No test: no score has an interval."
    names = [f"{row.classifier} ({row.case})" for row in table_rows(own.drop(known.index))]
    untested = f" Without an interval: {listed(names)}." if names else ""
    # those that were not named before are tested as many as there are
    widened = NormalDist().inv_cdf(1 - 0.025 / len(known)) / NormalDist().inv_cdf(0.975)
    above = known[_above(known, widened) | (_above(known) & (known.index == first.name))]
    n = f"{first['n']:,.0f} radiographs of {first['patients']:,.0f} patients"
    if above.empty:
        least = "every interval reaches chance" + (
            f", corrected for {len(known)} scores" if _above(known).any() else ""
        )
        return "no", f"No classifier tells them apart: {least} ({n}).{untested}"
    best = above.iloc[int(above["value"].to_numpy().argmax())]
    if first.name in above.index:
        answer = f"Told apart: macro-F1 {_named(first)}, chance {number(first['chance'])} ({n})."
        if best["value"] > first["value"]:
            answer += (
                f" The best of {len(own)}, {_named(best)}, was picked after seeing them, and is "
                "too high by that."
            )
    else:
        answer = (
            f"Told apart, not by what was named first (macro-F1 {_named(first)}, chance "
            f"{number(first['chance'])}): the best of {len(own)}, picked after seeing them and too "
            f"high by that, is {_named(best)} ({n}; above chance after correction for all)."
        )
    answer += _beside_baseline(gaps) + untested
    if first.name not in above.index:
        return "yes", answer
    if as_well.empty:
        return "yes", answer
    blind = as_well.iloc[int(as_well["value"].to_numpy().argmax())]
    return "beware", (
        f"{answer} But the background without the lungs does as well: {_named(blind)}, chance "
        f"{number(blind['chance'])}."
    )


def _beside_baseline(gaps: pd.DataFrame) -> str:
    """What is better or worse than the baseline."""
    tested = gaps[gaps["q"].notna()]
    found = tested[tested["q"] <= SIGNIFICANT]
    better = [
        f"{row.classifier}, {row.case} by {interval(row.difference, row.ci_low, row.ci_high)} "
        f"({probability(row.q, name='q')})"
        for row in table_rows(found[found["difference"] > 0])
    ]
    worse = [
        f"{row.classifier}, {row.case} by {interval(-row.difference, -row.ci_high, -row.ci_low)} "
        f"({probability(row.q, name='q')})"
        for row in table_rows(found[found["difference"] < 0])
    ]
    said = f" Better than the baseline: {listed(better)}." if better else ""
    if not better and len(tested):
        some = f" ({len(tested)} of {len(gaps)} tested)" if len(tested) < len(gaps) else ""
        said = f" None is shown to beat the baseline{some}."
    elif not better and len(gaps):
        said = " Whether any beats the baseline is untested."
    return said + (f" Worse than the baseline: {listed(worse)}." if worse else "")


def where_from(pointing: Mapping[tuple[str, str], pd.DataFrame]) -> tuple[str, list[Against]]:
    """Whether maps point at lesions, and what speaks against reading them.

    Parameters
    ----------
    pointing : mapping of (case, classifier) to DataFrame
        pointing.tsv of each that has maps; without rows where no lesion is known.
    """
    if not pointing:
        return " By what is not asked: no maps are drawn.", []
    tables = {name: rows[rows["q"].notna()] for name, rows in pointing.items()}
    if not any(len(rows) for rows in tables.values()):
        known = any(len(rows) for rows in pointing.values())
        why = "pointing at lesions has no p" if known else "no lesion is marked"
        return f" By what is untested: {why}.", []
    found, missed = [], []
    for (case, classifier), rows in tables.items():
        good = (rows["q"] <= SIGNIFICANT) & (rows["value"] > rows["chance"])
        whose = f"{classifier}, {case}"
        found += [f"{row.method} of {whose} {_points(row)}" for row in table_rows(rows[good])]
        rest = table_rows(rows[~good])
        missed += [f"of {whose}, {listed([f'{row.method} {_points(row)}' for row in rest])}"] * (
            len(rest) > 0
        )
    said = (
        f" By what: maps point at lesions more often than chance: {listed(found)}."
        if found
        else " By what is not shown: maps point at lesions no more often than chance."
    )
    told = f"Maps are not shown to point at lesions: {'; '.join(missed)}."
    return said, [Against(told)] if missed else []


def _points(row: Any) -> str:
    value = interval(row.value, row.ci_low, row.ci_high, 100)
    chance = number(row.chance, 100)
    q = probability(row.q, name="q")
    return f"in {value} % of {row.n:,.0f} radiographs (chance {chance} %, {q})"


def _against(background: pd.DataFrame, gaps: pd.DataFrame) -> list[Against]:
    """Backgrounds that tell classes, and what is lost elsewhere."""
    told = []
    unknown = background[background["ci_low"].isna() | background["chance"].isna()]
    if len(unknown):
        names = listed([f"{row.classifier} ({row.case})" for row in table_rows(unknown)])
        text = f"Whether the background alone tells classes is untested, without interval: {names}."
        told.append(Against(text, "few"))
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
