"""Compare every teacher with its controls and draw the ablation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.distill.ablation import accuracies, check_paired, compare_teachers
from neuroloop.distill.figure import ablation_figure
from neuroloop.distill.forest_figure import forest_figure
from neuroloop.distill.image_test import AssignedStudents
from neuroloop.distill.kept_group import load_group
from neuroloop.distill.matrix_figure import matrix_figure
from neuroloop.files.formats import StrPath, load_arrays, read_json, save_table
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.answers import verdicts as judged
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def summarise_ablation(
    *,
    predictions: Sequence[StrPath],
    metrics: Sequence[StrPath],
    assignments: Sequence[StrPath],
    table: StrPath,
    comparisons: StrPath,
    verdicts: StrPath,
    figure: StrPath,
    figure_svg: StrPath,
    forest: StrPath,
    forest_svg: StrPath,
    matrix: StrPath,
    matrix_svg: StrPath,
    source: str,
    variants: Mapping[str, str],
    varied: Mapping[str, str],
    seed: int,
) -> None:
    """Write ablation.tsv, comparisons.tsv, verdicts.tsv and their figures.

    Parameters
    ----------
    predictions, metrics : sequence of path
        predictions.npz and metrics.json of every group of students, in the same order.
    assignments : sequence of path
        assignments.npz of every group whose soft labels were dealt anew.
    table, comparisons, verdicts : path
        A row per student; a row a comparison of two teachers; a row a brain.
    figure, figure_svg : path
        What each teacher adds to labels alone, in each format.
    forest, forest_svg : path
        Each brain less each control, with intervals.
    matrix, matrix_svg : path
        The same by region and subject.
    source : str
        Where the brain data come from; titles say ``simulated``.
    variants : mapping of str to str
        Of decoders that are variants: which one each is.
    varied : mapping of str to str
        Of those the decoder of equal settings without the variant, where it teaches too.
    seed : int
        Root seed of the bootstrap.
    """
    groups = [
        load_group(Path(path), read_json(facts))
        for path, facts in zip(predictions, metrics, strict=True)
    ]
    check_paired(groups)
    students = accuracies(groups)
    assigned = dict(load_assigned(Path(path)) for path in assignments)
    compared = compare_teachers(groups, seed, assigned=assigned, variants=variants, varied=varied)
    save_table(table, students)
    save_table(comparisons, compared)
    save_table(verdicts, judged.verdicts(compared))
    simulated = source == "simulated"
    save(ablation_figure(students, compared, simulated=simulated), figure, figure_svg)
    save(forest_figure(compared, simulated=simulated), forest, forest_svg)
    save(matrix_figure(compared, simulated=simulated), matrix, matrix_svg)


def load_assigned(path: Path) -> tuple[tuple[str, ...], AssignedStudents]:
    """Read students of soft labels that were dealt anew; their folders name the brain."""
    *brain, _, student = path.parts[path.parts.index("distill") + 2 : -1]
    arrays = load_arrays(path)
    reason = read_json(path.with_suffix(".json"))["reason"]
    students = AssignedStudents(arrays["hits"].mean(axis=2), arrays["seed"].tolist(), reason)
    return (*brain, student), students


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        summarise_ablation(
            predictions=snakemake.input.predictions,
            metrics=snakemake.input.metrics,
            assignments=snakemake.input.assignments,
            table=snakemake.output.table,
            comparisons=snakemake.output.comparisons,
            verdicts=snakemake.output.verdicts,
            figure=snakemake.output.figure,
            figure_svg=snakemake.output.figure_svg,
            forest=snakemake.output.forest,
            forest_svg=snakemake.output.forest_svg,
            matrix=snakemake.output.matrix,
            matrix_svg=snakemake.output.matrix_svg,
            source=snakemake.params.source,
            variants=snakemake.params.variants,
            varied=snakemake.params.varied,
            seed=snakemake.params.seed,
        )
