"""Describe all results of a run as an RO-Crate."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, read_json
from neuroloop.jobs.job import job
from neuroloop.report.crate import crate_of, write_metadata
from neuroloop.report.passport import read_passport

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_crate(
    *, page: StrPath, summary: StrPath, passports: Sequence[StrPath], metadata: StrPath
) -> None:
    """Write ro-crate-metadata.json beside the results.

    Parameters
    ----------
    page, summary : path
        index.html and summary.json of the report.
    passports : sequence of path
        JSON of each data set, which lists the files that were read.
    metadata : path
        ro-crate-metadata.json; all files of its folder are described.
    """
    root = Path(metadata).parent
    read = [file for path in passports for file in read_passport(path).intake.files]
    shown = Path(page).relative_to(root).as_posix()
    write_metadata(crate_of(root, read_json(summary), read, shown), metadata)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        write_crate(
            page=snakemake.input.page,
            summary=snakemake.input.summary,
            passports=snakemake.input.passports,
            metadata=snakemake.output.metadata,
        )
