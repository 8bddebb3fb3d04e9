"""Simulate what the scanner records of one region of one subject."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.simulate import Region, draw_stimuli, encode_stimuli, simulate_subject
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def simulate_region(
    *,
    responses: StrPath,
    subject: str,
    roi: str,
    snr: float,
    region: Mapping[str, Any],
    pools: Mapping[str, int],
    presentation: Mapping[str, int],
    seed: int,
    tuning: str = "shared",
) -> None:
    """Write responses.h5 of a region, all sessions.

    Parameters
    ----------
    responses : path
        responses.h5.
    subject, roi : str
        Names of the subject and the region; they fix the random streams.
    snr : float
        Signal-to-noise ratio of the subject.
    region : mapping
        ``encoding``, ``size`` (voxels) and ``snr`` of the region.
    pools, presentation, seed, tuning
        As for `simulate_subject`.
    """
    stimuli = draw_stimuli(seed, **pools)
    regions = {roi: Region(region["encoding"], region["size"], region["snr"])}
    features = encode_stimuli(stimuli)
    brain = simulate_subject(
        seed, subject, snr, regions, stimuli, features, **presentation, tuning=tuning
    )
    write_bdata(responses, brain, "trial")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        simulate_region(
            responses=snakemake.output.responses,
            subject=snakemake.wildcards.subject,
            roi=snakemake.wildcards.roi,
            snr=snakemake.params.snr,
            region=snakemake.params.region,
            pools=snakemake.params.pools,
            presentation=snakemake.params.presentation,
            seed=snakemake.params.seed,
            tuning=snakemake.params.tuning,
        )
