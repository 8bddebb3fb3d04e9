"""Compare every teacher with its controls in what is asked of students beside accuracy."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.distill.ablation import check_paired
from neuroloop.distill.kept_group import load_group
from neuroloop.distill.outcomes.comparisons import compare_outcomes, describe_students
from neuroloop.distill.outcomes.figure import outcomes_figure
from neuroloop.distill.outcomes.measured_students import measured
from neuroloop.files.formats import StrPath, load_arrays, read_json, save_table
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def summarise_outcomes(
    *,
    predictions: Sequence[StrPath],
    metrics: Sequence[StrPath],
    outcomes: Sequence[str],
    table: StrPath,
    comparisons: StrPath,
    figure: StrPath,
    figure_svg: StrPath,
    source: str,
    variants: Mapping[str, str],
    varied: Mapping[str, str],
) -> None:
    """Write outcomes.tsv, outcome_comparisons.tsv and their figure.

    Parameters
    ----------
    predictions, metrics : sequence of path
        predictions.npz and metrics.json of every group of students, in the same order.
    outcomes : sequence of str
        What is asked for, of ``calibration``, ``corruptions``, ``adversarial`` and
        ``error_consistency``.
    table, comparisons : path
        A row per group of students, outcome and strength; a row a comparison of two teachers.
    figure, figure_svg : path
        Brains less controls, outcome by control, in each format.
    source : str
        Where the brain data come from; titles say ``simulated``.
    variants : mapping of str to str
        Of decoders that are variants: which one each is.
    varied : mapping of str to str
        Of those the decoder of equal settings without the variant, where it teaches too.
    """
    students = [
        measured(load_group(Path(path), read_json(facts)), load_arrays(path), outcomes)
        for path, facts in zip(predictions, metrics, strict=True)
    ]
    check_paired([one.group for one in students])
    compared = compare_outcomes(students, outcomes, variants, varied)
    save_table(table, describe_students(students, outcomes))
    save_table(comparisons, compared)
    save(outcomes_figure(compared, simulated=source == "simulated"), figure, figure_svg)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        summarise_outcomes(
            predictions=snakemake.input.predictions,
            metrics=snakemake.input.metrics,
            outcomes=snakemake.params.outcomes,
            table=snakemake.output.table,
            comparisons=snakemake.output.comparisons,
            figure=snakemake.output.figure,
            figure_svg=snakemake.output.figure_svg,
            source=snakemake.params.source,
            variants=snakemake.params.variants,
            varied=snakemake.params.varied,
        )
