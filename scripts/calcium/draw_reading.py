"""Draw how well the readers of an area name the stimulated cells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop.calcium.reading_figure import reading_figure
from neuroloop.files.formats import StrPath
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def draw_reading(
    *,
    metrics: Sequence[StrPath],
    recall: Sequence[StrPath],
    sessions: Sequence[str],
    simulated: bool,
    figure: StrPath,
    figure_svg: StrPath,
) -> None:
    """Draw all sessions of an area.

    Parameters
    ----------
    metrics, recall : sequence of path
        reading.tsv and recall.tsv of each session.
    sessions : sequence of str
        Their names.
    simulated : bool
        Whether the figure says so.
    figure, figure_svg : path
        The figure, in each format.
    """
    of_session, of_cells = (
        {
            name: pd.read_csv(path, sep="\t", na_values=["n/a"], keep_default_na=False)
            for name, path in zip(sessions, paths, strict=True)
        }
        for paths in (metrics, recall)
    )
    save(reading_figure(of_session, of_cells, simulated=simulated), figure, figure_svg)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        draw_reading(
            metrics=snakemake.input.metrics,
            recall=snakemake.input.recall,
            sessions=snakemake.params.sessions,
            simulated=snakemake.params.simulated,
            figure=snakemake.output.figure,
            figure_svg=snakemake.output.figure_svg,
        )
