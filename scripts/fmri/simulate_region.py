"""Simulate what the scanner records of one region of one subject."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.looked_at import draw, encode
from neuroloop.fmri.simulate import Region, simulate_subject
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
    photographs: Mapping[str, Any] | None = None,
    folders: Sequence[StrPath] = (),
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
    pools, presentation, seed, tuning, photographs, folders
        As for `simulate_subject`.
    """
    drawn_from = photographs, [Path(folder) for folder in folders]
    stimuli = draw(seed, pools, *drawn_from)
    regions = {roi: Region(region["encoding"], region["size"], region["snr"])}
    features = encode(seed, stimuli, *drawn_from)
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
            photographs=snakemake.params.photographs,
            folders=snakemake.input.get("folders", []),
        )
