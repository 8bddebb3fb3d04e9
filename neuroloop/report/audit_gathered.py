"""What the audits of all data sets found, in tables and a page; also of a run that stopped."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from neuroloop.files.formats import StrPath, atomic, save_table
from neuroloop.report.audit import SURROGATES, Missing, read_checks, read_surrogates
from neuroloop.report.audit_page import (
    COUNTS,
    FLAGS,
    PAGE,
    Audited,
    all_checks,
    audit_page,
    summary,
    terminal_line,
    verdict,
)

#: What only a page of all data sets leaves, so that the next run makes that page anew without it.
RECORD = "results/audit/run.json"

#: A file of an audit, and the name of its data set.
Named = tuple[str, StrPath]


def gather(
    checks: Sequence[Named], surrogates: Sequence[Named], missing: Mapping[str, Missing]
) -> list[Audited]:
    """Read what the audit of each data set left.

    Parameters
    ----------
    checks, surrogates : sequence of (str, path)
        Files, each with the name of its data set.
    missing : mapping of str to Missing
        Files of these that were not made, and why: they are not read.
    """
    return [
        _one(name, _of(name, checks), _of(name, surrogates), missing)
        for name in dict.fromkeys(name for name, _ in [*checks, *surrogates])
    ]


def _one(
    name: str, checks: list[str], surrogates: list[str], missing: Mapping[str, Missing]
) -> Audited:
    read = [read_checks(path) for path in checks if path not in missing]
    drawn = [read_surrogates(path) for path in surrogates if path not in missing]
    files = [*checks, *surrogates]
    return Audited(
        name,
        [check for found, _ in read for check in found],
        [sentence for _, skipped in read for sentence in skipped],
        pd.concat(drawn) if drawn else pd.DataFrame(columns=list(SURROGATES)),
        list(dict.fromkeys(missing[path] for path in files if path in missing)),
    )


def _of(name: str, files: Iterable[Named]) -> list[str]:
    return [str(file) for of, file in files if of == name]


def save_audit(audited: Sequence[Audited], flags: StrPath, counts: StrPath, page: StrPath) -> str:
    """Write flags.tsv, surrogates.tsv (the count of each claim) and the page.

    Returns
    -------
    str
        The audit in a sentence.
    """
    found, counted = all_checks(audited), summary(audited)
    save_table(flags, found)
    save_table(counts, counted)
    with atomic(page) as temporary:
        temporary.write_text(audit_page(audited), encoding="utf-8")
    return verdict(found, counted, audited)


def save_unfinished_audit(
    checks: Sequence[Named], surrogates: Sequence[Named], missing: Mapping[str, Missing]
) -> str:
    """Write the page of what could be audited, in a run in which not all could.

    Returns
    -------
    str
        The audit in a line, for the terminal.
    """
    audited = gather(checks, surrogates, missing)
    Path(RECORD).unlink(missing_ok=True)
    Path(PAGE).parent.mkdir(parents=True, exist_ok=True)
    return terminal_line(save_audit(audited, FLAGS, COUNTS, PAGE))
