"""Train the CNN that teaches in the brain's place."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.kept_student import save_student
from neuroloop.distill.students import Student, train_students
from neuroloop.files.array_rows import take_rows
from neuroloop.files.formats import StrPath, save_array
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.statistics.folds import splits, stratified_folds
from neuroloop.training.checkpoints import Checkpoint, JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def train_cnn_teacher(
    *,
    images: StrPath,
    table: StrPath,
    logits: StrPath,
    model: StrPath,
    student: Mapping[str, Any],
    depth: int,
    folds: int,
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Write the out-of-fold logits of a CNN for the images that teach.

    The brain's soft labels are out-of-fold, so the network's are too: each image is predicted by a
    network that did not learn from it.

    Parameters
    ----------
    images, table : path
        images.npy and images.tsv.
    logits : path
        logits.npy, a row a training image.
    model : path
        model.json of the first fold's network (and beside it weights and images).
    student : mapping
        The student's block of the config: recipe, views and width are the same.
    depth : int
        Layers of the teacher.
    folds : int
        Folds of the training images, stratified by class.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    checkpoints : Path
        Folder of training states.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    shown = load_image_set(images, table)
    labels = shown.labels[shown.train]
    torch_device, chosen = pick_device(device), Student.from_block(student)
    settings = [dict(student), depth, folds, seed]
    states = JobStates.of(checkpoints, code, settings, images, table)
    fold = stratified_folds(map(str, labels), folds, numpy_generator(seed, "cnn folds"))
    out_of_fold = np.empty((len(labels), len(shown.classes)), dtype=np.float32)
    for number, split in enumerate(splits(fold)):
        trained = train_students(
            shown.pixels[shown.train[split.train]],
            labels[split.train],
            None,
            take_rows(shown.pixels, shown.train[split.test]),
            len(shown.classes),
            chosen,
            [derive_seed(seed, "cnn teacher", number)],
            torch_device,
            checkpoint=partial(fold_state, states, number),
            depth=depth,
        )
        out_of_fold[split.test] = trained.logits[0]
        if number == 0:
            save_student(Path(model), trained, shown, chosen, shown.train[split.test], depth)
    save_array(
        logits,
        out_of_fold,
        axes=("image", "class"),
        units="nat",
        ids={"image": shown.table["image_id"].iloc[shown.train].tolist(), "class": shown.classes},
        accuracy=float((out_of_fold.argmax(axis=1) == labels).mean()),
        depth=depth,
        folds=folds,
        seed=seed,
    )
    states.remove()
    return {"device": str(torch_device)}


def fold_state(states: JobStates, number: int, name: str) -> Checkpoint:
    """Training state of a part of a fold."""
    return states.part(f"fold{number}-{name}")


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        record |= train_cnn_teacher(
            images=snakemake.input.images,
            table=snakemake.input.table,
            logits=snakemake.output.logits,
            model=snakemake.output.model,
            student=snakemake.params.student,
            depth=snakemake.params.depth,
            folds=snakemake.params.folds,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
