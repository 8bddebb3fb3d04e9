"""Train students on a brain's soft labels that were dealt anew to the images of each class."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.distill.assigned_students import assigned_hits
from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.image_test import draw_assignments, nothing_to_deal
from neuroloop.distill.students import Student
from neuroloop.distill.teacher_logits import joined_logits
from neuroloop.files.formats import StrPath, save_arrays
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def train_assignments(
    *,
    images: StrPath,
    table: StrPath,
    logits: StrPath,
    start: StrPath | None,
    predictions: StrPath,
    student: Mapping[str, Any],
    assignments: int,
    n_seeds: int,
    at_once: int,
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Train the students of every assignment and write which test images they name right.

    Parameters
    ----------
    images, table : path
        images.npy and images.tsv.
    logits : path
        Logits of the brain's decoder.
    start : path or None
        Checkpoint that the students start from.
    predictions : path
        assignments.npz.
    student : mapping
        The student's block of the config.
    assignments : int
        Times that soft labels are dealt anew; all subjects, regions and decoders share the deals.
    n_seeds : int
        Students of each, of the first seeds of the brain's own.
    at_once : int
        Students that a GPU trains as one network.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    checkpoints : Path
        Folder of training states, emptied at the end.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    shown = load_image_set(images, table)
    chosen = Student.from_block(student, Path(start) if start else None)
    torch_device, seeds = pick_device(device), list(range(n_seeds))
    joined, labels = joined_logits(shown, logits), shown.labels[shown.train]
    reason = nothing_to_deal(joined, labels)
    count = 0 if reason else assignments
    drawn = draw_assignments(labels, count, numpy_generator(seed, "assignments"))
    settings = [dict(student), assignments, n_seeds, at_once, seed]
    states = JobStates.of(checkpoints, code, settings, images, table, logits, start)
    hits = assigned_hits(shown, joined, drawn, chosen, seeds, seed, torch_device, at_once, states)
    save_arrays(
        predictions,
        {"hits": hits, "assignment": drawn, "seed": np.array(seeds)},
        axes={
            "hits": ("assignment", "seed", "image"),
            "assignment": ("assignment", "training image"),
            "seed": ("seed",),
        },
        student=dict(student),
        seed=seed,
        reason=reason,
    )
    states.remove()
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        record |= train_assignments(
            images=snakemake.input.images,
            table=snakemake.input.table,
            logits=snakemake.input.logits,
            start=snakemake.input.get("start") or None,
            predictions=snakemake.output.predictions,
            student=snakemake.params.student,
            assignments=snakemake.params.assignments,
            n_seeds=snakemake.params.n_seeds,
            at_once=snakemake.params.at_once,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
