"""Decide what one simulated subject sees when."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri.looked_at import draw
from neuroloop.fmri.samples import save_samples
from neuroloop.fmri.simulate import present
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def simulate_subject(
    *,
    samples: StrPath,
    intake: StrPath,
    subject: str,
    pools: Mapping[str, int],
    presentation: Mapping[str, int],
    seed: int,
    photographs: Mapping[str, Any] | None = None,
    folders: Sequence[StrPath] = (),
) -> None:
    """Write samples.tsv of a subject who looks at handwritten digits or photographs.

    Parameters
    ----------
    samples, intake : path
        samples.tsv, and what was read: no file.
    subject : str
        Name of the subject; it fixes the subject's random streams.
    pools : mapping
        How many images there are of each kind (`simulate.draw_stimuli`).
    presentation : mapping
        ``runs``, ``perception_repeats``, ``imagery_repeats`` and ``imagery_parts``.
    seed : int
        Root seed.
    photographs, folders
        As for `draw_stimuli`.
    """
    stimuli = draw(seed, pools, photographs, [Path(folder) for folder in folders])
    _, rows = present(seed, subject, stimuli, **presentation)
    save_samples(samples, rows, "trial")
    Intake().save(intake)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        simulate_subject(
            samples=snakemake.output.samples,
            intake=snakemake.output.intake,
            subject=snakemake.wildcards.subject,
            pools=snakemake.params.pools,
            presentation=snakemake.params.presentation,
            seed=snakemake.params.seed,
            photographs=snakemake.params.photographs,
            folders=snakemake.input.get("folders", []),
        )
