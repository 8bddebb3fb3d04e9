"""Draw how well the readers of an area name the stimulated cells."""

from collections.abc import Sequence

import pandas as pd

from neuroloop.calcium.reading_figure import reading_figure
from neuroloop.files.formats import StrPath
from neuroloop.jobs.job import job
from neuroloop.report.figures import save


def draw_reading(
    metrics: Sequence[StrPath],
    recall: Sequence[StrPath],
    sessions: Sequence[str],
    *outputs: StrPath,
) -> None:
    """Draw all sessions of an area.

    Parameters
    ----------
    metrics, recall : sequence of path
        reading.tsv and recall.tsv of each session.
    sessions : sequence of str
        Their names.
    *outputs : path
        The figure, in each format.
    """
    of_session, of_cells = (
        {
            name: pd.read_csv(path, sep="\t", na_values=["n/a"], keep_default_na=False)
            for name, path in zip(sessions, paths, strict=True)
        }
        for paths in (metrics, recall)
    )
    save(reading_figure(of_session, of_cells), *outputs)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        draw_reading(
            snakemake.input.metrics,
            snakemake.input.recall,
            snakemake.params.sessions,
            snakemake.output.figure,
            snakemake.output.figure_svg,
        )
