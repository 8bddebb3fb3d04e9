"""Gather a dataset's decoders in one table and draw it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.files.formats import (
    StrPath,
    load_array,
    load_arrays,
    read_json,
    read_table,
    save_table,
)
from neuroloop.fmri.decoding import FOLD_COLUMNS
from neuroloop.fmri.judged import judged
from neuroloop.fmri.judged_figures import calibration_figure, confusion_figure
from neuroloop.fmri.matrix_figure import matrix_figure
from neuroloop.fmri.summary import Decoded, decoding_figure, decoding_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def summarise_decoding(
    *,
    metrics: Sequence[StrPath],
    nulls: Sequence[StrPath],
    samples: Sequence[StrPath],
    sidecars: Sequence[StrPath],
    folds: Sequence[StrPath],
    table: StrPath,
    outputs: Mapping[str, StrPath],
    source: str,
) -> None:
    """Write decoding.tsv and its figures.

    Parameters
    ----------
    metrics, nulls, samples, sidecars : sequence of path
        metrics.json, null.npy, samples.npz and samples.json of every
        ``{subject}/{roi}/{decoder}``, in the same order.
    folds : sequence of path
        folds.tsv of every subject.
    table : path
        decoding.tsv.
    outputs : mapping of str to path
        ``figure``, ``matrix``, ``confusion``, ``calibration``, and each with ``_svg``.
    source : str
        Where the brain data come from; titles say ``simulated``.
    """
    decoded = [
        Decoded(subject, roi, decoder, read_json(path), load_array(null)[0])
        for path, null in zip(metrics, nulls, strict=True)
        for subject, roi, decoder in [Path(path).parts[-4:-1]]
    ]
    result = decoding_table(decoded)
    save_table(table, result)
    known = {Path(path).parent.name: read_table(path, FOLD_COLUMNS) for path in folds}
    all_judged = [
        judged(
            (subject, roi, decoder), load_arrays(path), read_json(said)["classes"], known[subject]
        )
        for path, said in zip(samples, sidecars, strict=True)
        for subject, roi, decoder in [Path(path).parts[-4:-1]]
    ]
    simulated = source == "simulated"
    drawn = {
        "figure": decoding_figure(result, decoded, simulated=simulated),
        "matrix": matrix_figure(result, simulated=simulated),
        "confusion": confusion_figure(all_judged, simulated=simulated),
        "calibration": calibration_figure(all_judged, simulated=simulated),
    }
    for name, one in drawn.items():
        save(one, outputs[name], outputs[f"{name}_svg"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        summarise_decoding(
            metrics=snakemake.input.metrics,
            nulls=snakemake.input.nulls,
            samples=snakemake.input.samples,
            sidecars=snakemake.input.sidecars,
            folds=snakemake.input.folds,
            table=snakemake.output.table,
            outputs=snakemake.output,
            source=snakemake.params.source,
        )
