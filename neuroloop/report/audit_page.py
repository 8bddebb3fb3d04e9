"""The page of an audit: what a reader of the results has to beware of."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from neuroloop.files.formats import read_table
from neuroloop.report.audit import Check, Missing
from neuroloop.report.look import look
from neuroloop.report.passport import counted
from neuroloop.report.templates import render
from neuroloop.statistics.surrogates import ENOUGH, LEVEL, false_claims, mean_above

ASSETS = ("audit.html.j2", "check.css", "parts.html.j2")

#: Where the page and its tables stand.
PAGE = "results/audit/index.html"
FLAGS, COUNTS = "results/audit/flags.tsv", "results/audit/surrogates.tsv"

#: Columns of the summary of surrogates.
SUMMARY = (
    *("data", "headline", "of", "kind", "surrogates", "significant", "rate", "ci_low", "ci_high"),
    *("p", "mean_value", "mean_chance", "found", "p_mean", "allowed", "refused"),
)

#: Kind of the row that holds all surrogates of a headline, where they are of several kinds.
TOGETHER = "all kinds together"

#: Numbers of the summary that are told.
COUNTED = {
    **{"found": int, "surrogates": int, "refused": int},
    **{"mean_value": float, "mean_chance": float},
}

#: Flags that the terminal names.
NAMED = 3


@dataclass(frozen=True, eq=False)
class Audited:
    """What was found in one data set.

    Attributes
    ----------
    name : str
        As the config names it.
    checks : sequence of Check
    not_done : sequence of str
    surrogates : DataFrame
        As surrogates.tsv.
    missing : sequence of Missing
        What stood in the way of some of this, or all.
    """

    name: str
    checks: Sequence[Check]
    not_done: Sequence[str]
    surrogates: pd.DataFrame
    missing: Sequence[Missing] = ()


def summary(audited: Sequence[Audited]) -> pd.DataFrame:
    """Count the surrogates of each headline that were significant, of each kind and together.

    Returns
    -------
    DataFrame
        Columns `SUMMARY`; ``found`` is 1 where more were significant than chance explains, or where
        they lie above chance on the mean (``p_mean``); ``allowed`` is the rate that the headline's
        test allows itself, with which ``p`` compares; ``refused`` ones are not among the
        ``surrogates``.
    """
    rows = [
        {"data": one.name, "headline": headline, "of": of, "kind": kind, **_counted(group)}
        for one in audited
        for (headline, of, kind), group in _groups(one.surrogates)
    ]
    return pd.DataFrame(rows, columns=list(SUMMARY))


def _counted(group: pd.DataFrame) -> Mapping[str, float]:
    """Numbers of a row of `summary`, n/a where all surrogates were refused."""
    judged = group[group["value"].notna()]
    count = {"surrogates": len(judged), "refused": len(group) - len(judged)}
    if judged.empty:
        return count | {"significant": 0, "found": 0}
    allowed = float(judged["allowed"].max())
    claims = false_claims(judged["significant"].astype(bool).tolist(), allowed)
    above = mean_above(judged["value"].tolist(), judged["chance"].tolist())
    return {
        **count,
        "significant": claims.significant,
        "rate": claims.rate,
        "ci_low": claims.ci_low,
        "ci_high": claims.ci_high,
        "p": claims.p,
        "mean_value": judged["value"].mean(),
        "mean_chance": judged["chance"].mean(),
        "found": int(claims.too_many or above.found),
        "p_mean": above.p,
        "allowed": allowed,
    }


def _groups(
    surrogates: pd.DataFrame,
) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    for (headline, of), group in surrogates.groupby(["headline", "of"], sort=False):
        kinds = list(group.groupby("kind", sort=False))
        for kind, some in kinds:
            yield (str(headline), str(of), str(kind)), some
        if len(kinds) > 1:
            yield (str(headline), str(of), TOGETHER), group


def _claims(counts: pd.DataFrame) -> pd.DataFrame:
    """A row of each claim that surrogates reach: that of all kinds, where it is one of them."""
    reached = counts[counts["found"] == 1]
    return reached.drop_duplicates(["data", "headline", "of"], keep="last")


def judged(row: Mapping[str, Any]) -> str:
    """What a row of `summary` says, in words."""
    beware = "what is found in the data is not to be believed"
    if row["p"] <= LEVEL:
        return f"too often: {beware}"
    if row["found"]:
        return f"above chance on the mean (p = {row['p_mean']:.2g}): {beware}"
    if not row["surrogates"]:
        return "all refused: nothing is known"
    return "too few to tell" if row["surrogates"] < ENOUGH else "as often as chance"


def all_checks(audited: Sequence[Audited]) -> pd.DataFrame:
    """All checks of all data sets, found ones first.

    Returns
    -------
    DataFrame
        ``data``, the fields of `Check`; ``found`` is 0 or 1.
    """
    rows = [
        {"data": one.name, **check.__dict__, "found": int(check.found)}
        for one in audited
        for check in one.checks
    ]
    columns = ["data", *Check.__dataclass_fields__]
    return pd.DataFrame(rows, columns=columns).sort_values("found", ascending=False, kind="stable")


def verdict(checks: pd.DataFrame, counts: pd.DataFrame, audited: Sequence[Audited] = ()) -> str:
    """The audit in a sentence.

    Parameters
    ----------
    checks, counts : DataFrame
        Of `all_checks` and of `summary`.
    audited : sequence of Audited
        Those of which something is missing are named.
    """
    lacking = [one.name for one in audited if one.missing]
    before = f"Not all was audited, of {', '.join(lacking)}: see there. " if lacking else ""
    told = []
    if flagged := int(checks["found"].sum()):
        told.append(counted(flagged, "flag"))
    if reached := len(_claims(counts)):
        told.append(f"{counted(reached, 'claim')} that surrogates reach too often")
    if told:
        return f"{before}Found: {' and '.join(told)}. Explain each before a result is believed."
    each = counts[counts["kind"] != TOGETHER]
    surrogates = counted(int(each["surrogates"].sum()), "surrogate")
    refused = int(each["refused"].sum())
    also = f" ({refused} more refused)" if refused else ""
    few = int((each["surrogates"] < ENOUGH).sum())
    unknown = f", too few to tell of {counted(few, 'claim')}" if few else ""
    told_of = "In the rest nothing" if lacking else "Nothing"
    checked = counted(len(checks), "check")
    return f"{before}{told_of} was found: {checked}, {surrogates}{also}{unknown}."


def _tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Checks and counts of the last audit."""
    return read_table(FLAGS, {"found": int}), read_table(COUNTS, COUNTED)


def _flagged(checks: pd.DataFrame) -> list[dict[Any, Any]]:
    """Checks that found something."""
    return checks[checks["found"] == 1].to_dict("records")


def terminal_line(told: str = "") -> str:
    """The audit in a line, read from its tables.

    Parameters
    ----------
    told : str
        The verdict, where the tables do not have all of it.
    """
    checks, counts = _tables()
    told = told or verdict(checks, counts)
    names = [
        *(f"{row['data']}: {row['name']}, {row['of']}" for row in _flagged(checks)),
        *(
            f"{row['data']}: {row['headline']}, {row['of']}"
            for row in _claims(counts).to_dict("records")
        ),
    ]
    if len(names) > NAMED:
        names = [*names[:NAMED], f"and {len(names) - NAMED} more"]
    return " ".join([f"Audit: {told}", *([f"{'; '.join(names)}."] if names else []), f"See {PAGE}"])


def _is_done() -> bool:
    return Path(FLAGS).is_file() and Path(COUNTS).is_file()


def audited_data() -> list[str]:
    """Data sets of which the last audit has a check or a surrogate."""
    if not _is_done():
        return []
    return sorted({name for table in _tables() for name in table["data"].tolist()})


def found_by_audit(names: Collection[str]) -> list[tuple[str, str, str]]:
    """What the last audit found of these data sets: data set, sentence, kind of flag."""
    if not _is_done():
        return []
    checks, counts = (table[table["data"].isin(list(names))] for table in _tables())
    told = [
        (row["data"], f"{row['name']}, {row['of']}: {row['told']}", "leak")
        for row in _flagged(checks)
    ]
    return told + [
        (
            row["data"],
            f"{row['headline']}, {row['of']}: surrogates without effect are significant "
            f"{row['significant']} times of {row['surrogates']}, and their mean is "
            f"{row['mean_value']:.3f} (chance {row['mean_chance']:.3f}).",
            "control",
        )
        for row in _claims(counts).to_dict("records")
    ]


def audit_page(audited: Sequence[Audited]) -> str:
    """Write the page.

    Returns
    -------
    str
        HTML that needs nothing from outside, the same for the same arguments.
    """
    checks, counts = all_checks(audited), summary(audited)
    sections = [(one, counts[counts["data"] == one.name].to_dict("records")) for one in audited]
    context = {
        "sections": sections,
        "look": look(),
        "verdict": verdict(checks, counts, audited),
        "clean": not any(
            [checks["found"].any(), counts["found"].any(), *(one.missing for one in audited)]
        ),
        "judged": judged,
    }
    return render("neuroloop.report/audit.html.j2", context)
