"""Take one region's voxels of a session that shows images again and again."""

from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, save_arrays
from neuroloop.fmri.bdata import read_region
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def extract_repeats(*, responses: StrPath, region: str, session: str, repeats: StrPath) -> None:
    """Write repeats.npz: activity of every sample of the session, its id and its stimulus.

    Parameters
    ----------
    responses : path
        responses.h5, which holds the region.
    region : str
        Name of the region or of its flag, or a condition such as ``ROI_LOC = 1 | ROI_FFA = 1``.
    session : str
        Session, e.g. ``perception``.
    repeats : path
        repeats.npz.
    """
    x, rows = read_region(responses, region, session)
    save_arrays(
        repeats,
        {
            "x": x,
            "sample": rows["sample"].to_numpy(dtype=str),
            "stimulus_id": rows["stimulus_id"].to_numpy(dtype=str),
        },
        axes={"x": ("sample", "voxel"), "sample": ("sample",), "stimulus_id": ("sample",)},
        region=region,
        session=session,
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        extract_repeats(
            responses=snakemake.input.responses,
            region=snakemake.params.region,
            session=snakemake.params.session,
            repeats=snakemake.output.repeats,
        )
