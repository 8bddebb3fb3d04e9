"""Choose what the simulated subjects see."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, save_table
from neuroloop.fmri.looked_at import draw
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def draw_stimuli(
    *,
    stimuli: StrPath,
    pools: Mapping[str, int],
    seed: int,
    photographs: Mapping[str, Any] | None = None,
    folders: Sequence[StrPath] = (),
) -> None:
    """Write stimuli.tsv of a simulated dataset, without the images that the brains knew before.

    Parameters
    ----------
    stimuli : path
        stimuli.tsv.
    pools : mapping
        How many images there are of each kind.
    seed : int
        Root seed.
    photographs : mapping, optional
        Settings of natural images; None: digits.
    folders : sequence of path
        Theirs.
    """
    drawn = draw(seed, pools, photographs, [Path(folder) for folder in folders])
    save_table(stimuli, drawn[drawn["session"] != "lifetime"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        draw_stimuli(
            stimuli=snakemake.output.stimuli,
            pools=snakemake.params.pools,
            seed=snakemake.params.seed,
            photographs=snakemake.params.photographs,
            folders=snakemake.input.get("folders", []),
        )
