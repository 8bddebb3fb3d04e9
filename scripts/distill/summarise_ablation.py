"""Compare every teacher with its controls and draw the ablation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.distill.ablation import (
    KEYS,
    REFERENCE,
    Group,
    accuracies,
    check_paired,
    comparisons,
)
from neuroloop.distill.figure import ablation_figure
from neuroloop.files.formats import StrPath, load_arrays, read_json, save_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save


def summarise_ablation(
    predictions: Sequence[StrPath],
    metrics: Sequence[StrPath],
    table: StrPath,
    differences: StrPath,
    figures: Sequence[StrPath],
    seed: int,
) -> None:
    """Write ablation.tsv, comparisons.tsv and the figure.

    Parameters
    ----------
    predictions, metrics : sequence of path
        predictions.npz and metrics.json of every group of students, in the same order.
    table, differences : path
        A row a student; a row a comparison of two teachers.
    figures : sequence of path
        Files of the figure.
    seed : int
        Root seed of the bootstrap.
    """
    groups = [
        load_group(Path(path), read_json(facts))
        for path, facts in zip(predictions, metrics, strict=True)
    ]
    check_paired(groups)
    students = accuracies(groups)
    compared = comparisons(groups, seed)
    save_table(table, students)
    save_table(differences, compared)
    save(ablation_figure(students, compared), *figures)


def load_group(path: Path, metrics: Mapping[str, Any]) -> Group:
    """Read one group's predictions; its folders name it."""
    folders = path.parts[path.parts.index("distill") + 2 : -1]
    if folders[0] == REFERENCE:
        folders = (REFERENCE, REFERENCE, REFERENCE, *folders[1:])
    arrays = load_arrays(path)
    return Group(
        keys=dict(zip(KEYS, folders, strict=True)),
        hits=np.argmax(arrays["logits"], axis=2) == arrays["truth"],
        image_ids=arrays["image"].tolist(),
        seeds=arrays["seed"].tolist(),
        chance=metrics["chance"],
        flag=metrics.get("flag", ""),
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        summarise_ablation(
            snakemake.input.predictions,
            snakemake.input.metrics,
            snakemake.output.table,
            snakemake.output.comparisons,
            [snakemake.output.figure, snakemake.output.figure_svg],
            snakemake.params.seed,
        )
