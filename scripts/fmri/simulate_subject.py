"""Simulate one subject."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri.responses import save_responses
from neuroloop.fmri.simulate import Region, draw_stimuli, encode_stimuli
from neuroloop.fmri.simulate import simulate_subject as record
from neuroloop.fmri.source import Imported
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def simulate_subject(
    *,
    samples: StrPath,
    responses: StrPath,
    intake: StrPath,
    subject: str,
    snr: float,
    rois: Mapping[str, Mapping[str, Any]],
    pools: Mapping[str, int],
    presentation: Mapping[str, int],
    seed: int,
) -> None:
    """Write samples.tsv and responses.h5 of a subject who looks at handwritten digits.

    Parameters
    ----------
    samples, responses, intake : path
        samples.tsv, responses.h5, and what was read: no file.
    subject : str
        Name of the subject; it fixes the subject's random streams.
    snr : float
        Signal-to-noise ratio of the subject.
    rois : mapping
        ``encoding``, ``size`` (voxels) and ``snr`` of each region.
    pools : mapping
        How many images there are of each kind (`draw_stimuli`).
    presentation : mapping
        ``runs``, ``perception_repeats`` and ``imagery_repeats``.
    seed : int
        Root seed.
    """
    stimuli = draw_stimuli(seed, **pools)
    brain = record(
        seed,
        subject,
        snr,
        {
            name: Region(block["encoding"], block["size"], block["snr"])
            for name, block in rois.items()
        },
        stimuli,
        encode_stimuli(stimuli),
        **presentation,
    )
    save_responses(samples, responses, Imported(brain, "trial"))
    Intake().save(intake)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        simulate_subject(
            samples=snakemake.output.samples,
            responses=snakemake.output.responses,
            intake=snakemake.output.intake,
            subject=snakemake.wildcards.subject,
            snr=snakemake.params.snr,
            rois=snakemake.params.rois,
            pools=snakemake.params.pools,
            presentation=snakemake.params.presentation,
            seed=snakemake.params.seed,
        )
