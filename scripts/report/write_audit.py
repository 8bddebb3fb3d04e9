"""Gather what the audits of all data sets found, in tables and a page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath
from neuroloop.jobs.job import job
from neuroloop.report.audit_gathered import gather, save_audit

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
    audited = gather(
        list(zip(checks_of, checks, strict=True)),
        list(zip(surrogates_of, surrogates, strict=True)),
        {},
    )
    print(save_audit(audited, flags, counts, page))


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
