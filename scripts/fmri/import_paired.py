"""Read one subject's voxels that are paired with images."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.paired import read_paired
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def import_paired(*, file: StrPath, bdata: StrPath, variables: Mapping[str, Any]) -> None:
    """Write bdata.h5 of arrays of voxels, one row an image.

    Parameters
    ----------
    file : path
        MATLAB (v5) or .npz file.
    bdata : path
        bdata.h5.
    variables : mapping
        The block ``paired`` of the dataset: names and layout of the file's variables.
    """
    brain, _ = read_paired(file, **variables)
    write_bdata(bdata, brain, "trial")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        import_paired(
            file=snakemake.input.file[0],
            bdata=snakemake.output.bdata,
            variables=snakemake.params.variables,
        )
