"""Gather a dataset's decoders in one table and draw it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, load_array, read_json, save_table
from neuroloop.fmri.summary import Decoded, decoding_figure, decoding_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def summarise_decoding(
    *,
    metrics: Sequence[StrPath],
    nulls: Sequence[StrPath],
    table: StrPath,
    figure: StrPath,
    figure_svg: StrPath,
) -> None:
    """Write decoding.tsv and its figure.

    Parameters
    ----------
    metrics, nulls : sequence of path
        metrics.json and null.npy of every ``{subject}/{roi}/{decoder}``, in the same order.
    table : path
        decoding.tsv.
    figure, figure_svg : path
        The figure, in each format.
    """
    decoded = [
        Decoded(subject, roi, decoder, read_json(path), load_array(null)[0])
        for path, null in zip(metrics, nulls, strict=True)
        for subject, roi, decoder in [Path(path).parts[-4:-1]]
    ]
    result = decoding_table(decoded)
    save_table(table, result)
    save(decoding_figure(result, decoded), figure, figure_svg)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        summarise_decoding(
            metrics=snakemake.input.metrics,
            nulls=snakemake.input.nulls,
            table=snakemake.output.table,
            figure=snakemake.output.figure,
            figure_svg=snakemake.output.figure_svg,
        )
