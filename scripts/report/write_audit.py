"""Gather what the audits of all data sets found, in tables and a page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop.files.formats import StrPath, atomic, save_table
from neuroloop.jobs.job import job
from neuroloop.report.audit import SURROGATES, read_checks, read_surrogates
from neuroloop.report.audit_page import Audited, all_checks, audit_page, summary, verdict

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_audit(
    *,
    checks: Sequence[StrPath],
    checks_of: Sequence[str],
    surrogates: Sequence[StrPath],
    surrogates_of: Sequence[str],
    flags: StrPath,
    counts: StrPath,
    page: StrPath,
) -> None:
    """Write flags.tsv, surrogates.tsv (the count of each claim) and the page.

    Parameters
    ----------
    checks, surrogates : sequence of path
        Files of checks, and of surrogates.
    checks_of, surrogates_of : sequence of str
        Name of the data set of each.
    flags, counts : path
        Tables of all data sets.
    page : path
        index.html.
    """
    audited = []
    for name in dict.fromkeys(checks_of):
        read = [read_checks(path) for path in _of(name, checks, checks_of)]
        drawn = [read_surrogates(path) for path in _of(name, surrogates, surrogates_of)]
        audited.append(
            Audited(
                name,
                [check for found, _ in read for check in found],
                [sentence for _, skipped in read for sentence in skipped],
                pd.concat(drawn) if drawn else pd.DataFrame(columns=list(SURROGATES)),
            )
        )
    found, counted = all_checks(audited), summary(audited)
    save_table(flags, found)
    save_table(counts, counted)
    with atomic(page) as temporary:
        temporary.write_text(audit_page(audited), encoding="utf-8")
    print(verdict(found, counted))


def _of(name: str, files: Sequence[StrPath], names: Sequence[str]) -> list[StrPath]:
    return [file for file, of in zip(files, names, strict=True) if of == name]


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        write_audit(
            checks=snakemake.input.checks,
            checks_of=snakemake.params.checks_of,
            surrogates=snakemake.input.surrogates,
            surrogates_of=snakemake.params.surrogates_of,
            flags=snakemake.output.flags,
            counts=snakemake.output.counts,
            page=snakemake.output.page,
        )
