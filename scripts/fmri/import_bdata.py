"""Read one subject's BData file."""

from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import read_bdata, read_unit, write_bdata
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def import_bdata(*, file: StrPath, bdata: StrPath) -> None:
    """Check a BData file and write it with the workflow's ids and columns.

    Parameters
    ----------
    file : path
        BData as bdpy or the authors of Generic Object Decoding wrote it.
    bdata : path
        bdata.h5, with all regions and sessions of `file`.
    """
    write_bdata(bdata, read_bdata(file), read_unit(file))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        import_bdata(
            file=snakemake.input.file[0],
            bdata=snakemake.output.bdata,
        )
