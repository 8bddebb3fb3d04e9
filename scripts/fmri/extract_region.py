"""Take one region's voxels of the training samples."""

from typing import TYPE_CHECKING

import numpy as np

from neuroloop.files.formats import StrPath, read_table, save_arrays
from neuroloop.fmri.bdata import read_region
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def extract_region(*, bdata: StrPath, folds: StrPath, region: str, voxels: StrPath) -> None:
    """Write voxels.npz: activity and sample ids, rows as in folds.tsv.

    Parameters
    ----------
    bdata, folds : path
        The subject's BData file and folds.tsv.
    region : str
        Name of the region's voxel flag, or a condition such as ``ROI_LOC = 1 | ROI_FFA = 1``.
    voxels : path
        voxels.npz.
    """
    x, rows = read_region(bdata, region)
    position = {name: row for row, name in enumerate(rows["sample"])}
    samples = read_table(folds, {"sample": str})["sample"].tolist()
    save_arrays(
        voxels,
        {"x": x[[position[name] for name in samples]], "sample": np.array(samples)},
        axes={"x": ("sample", "voxel"), "sample": ("sample",)},
        region=region,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        extract_region(
            bdata=snakemake.input.bdata,
            folds=snakemake.input.folds,
            region=snakemake.params.region,
            voxels=snakemake.output.voxels,
        )
