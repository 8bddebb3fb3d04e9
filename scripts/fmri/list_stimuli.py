"""List what the subjects of a dataset saw."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, save_table
from neuroloop.fmri.copies import check_subjects
from neuroloop.fmri.samples import read_samples, rows_of
from neuroloop.fmri.stimuli import list_stimuli as list_all
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def list_stimuli(
    *,
    samples: Sequence[StrPath],
    sidecars: Sequence[StrPath],
    stimuli: StrPath,
    held_out_per_category: int,
) -> None:
    """Write stimuli.tsv: the stimuli of all subjects, and which are held out for students.

    Parameters
    ----------
    samples, sidecars : sequence of path
        samples.tsv and responses.json of every subject.
    stimuli : path
        stimuli.tsv.
    held_out_per_category : int
        Training images of each category that no decoder learns from and that test the students.
    """
    check_subjects(sidecars)
    rows = [rows_of(read_samples(path)) for path in samples]
    save_table(stimuli, list_all(rows, held_out_per_category))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        list_stimuli(
            samples=snakemake.input.samples,
            sidecars=snakemake.input.sidecars,
            stimuli=snakemake.output.stimuli,
            held_out_per_category=snakemake.params.held_out_per_category,
        )
