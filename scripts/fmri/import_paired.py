"""Read one subject's voxels that are paired with images."""

from collections.abc import Mapping
from typing import Any

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.paired import read_paired
from neuroloop.jobs.job import job


def import_paired(file: StrPath, output: StrPath, variables: Mapping[str, Any]) -> None:
    """Write bdata.h5 of arrays of voxels, one row an image.

    Parameters
    ----------
    file : path
        MATLAB (v5) or .npz file.
    output : path
        bdata.h5.
    variables : mapping
        The block ``paired`` of the dataset: names and layout of the file's variables.
    """
    brain, _ = read_paired(file, **variables)
    write_bdata(output, brain, "trial")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        import_paired(snakemake.input.file[0], snakemake.output.bdata, snakemake.params.variables)
