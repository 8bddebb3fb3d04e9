"""Choose what the simulated subjects see."""

from collections.abc import Mapping

from neuroloop.files.formats import StrPath, save_table
from neuroloop.fmri.simulate import draw_stimuli as draw
from neuroloop.jobs.job import job


def draw_stimuli(output: StrPath, pools: Mapping[str, int], seed: int) -> None:
    """Write stimuli.tsv of a simulated dataset, without the images that the brains knew before.

    Parameters
    ----------
    output : path
        stimuli.tsv.
    pools : mapping
        How many images there are of each kind.
    seed : int
        Root seed.
    """
    stimuli = draw(seed, **pools)
    save_table(output, stimuli[stimuli["session"] != "lifetime"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        draw_stimuli(snakemake.output.stimuli, snakemake.params.pools, snakemake.params.seed)
