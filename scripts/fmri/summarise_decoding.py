"""Gather a dataset's decoders in one table and draw it."""

from collections.abc import Sequence
from pathlib import Path

from neuroloop.files.formats import StrPath, load_arrays, read_json, save_table
from neuroloop.fmri.summary import Decoded, decoding_figure, decoding_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save


def summarise_decoding(
    metrics: Sequence[StrPath],
    samples: Sequence[StrPath],
    table: StrPath,
    figures: Sequence[StrPath],
) -> None:
    """Write decoding.tsv and its figure.

    Parameters
    ----------
    metrics, samples : sequence of path
        metrics.json and samples.npz of every ``{subject}/{roi}/{decoder}``, in the same order.
    table : path
        decoding.tsv.
    figures : sequence of path
        Files of the figure.
    """
    decoded = [
        Decoded(*Path(path).parts[-4:-1], read_json(path), load_arrays(arrays)["null"])
        for path, arrays in zip(metrics, samples, strict=True)
    ]
    result = decoding_table(decoded)
    save_table(table, result)
    save(decoding_figure(result, decoded), *figures)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        summarise_decoding(
            snakemake.input.metrics,
            snakemake.input.samples,
            snakemake.output.table,
            [snakemake.output.figure, snakemake.output.figure_svg],
        )
