"""Train students under one teacher."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.contracts.teacher import check_teacher
from neuroloop.distill import students
from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.kept_student import EVERY, save_every, save_student
from neuroloop.distill.outcomes.examination import AXES, Examination
from neuroloop.distill.student_scores import score_students
from neuroloop.distill.students import Student
from neuroloop.distill.teacher_facts import teacher_facts
from neuroloop.distill.teacher_logits import both_logits, chosen_of_seeds, logits_of_seeds
from neuroloop.files.array_rows import take_rows
from neuroloop.files.formats import StrPath, save_arrays, save_json, save_table
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed
from neuroloop.registry import add_plugins
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def train_students(
    *,
    images: StrPath,
    table: StrPath,
    logits: StrPath | None,
    start: StrPath | None,
    teacher: str,
    student: Mapping[str, Any],
    n_seeds: int,
    seed: int,
    device: str,
    outputs: Mapping[str, StrPath],
    checkpoints: Path,
    code: str,
    beside: StrPath | None = None,
    outcomes: Sequence[str] = (),
    keep_every: bool = False,
) -> dict[str, Any]:
    """Train one student a seed and write what they learned.

    Parameters
    ----------
    images, table : path
        images.npy and images.tsv.
    logits : path or None
        Logits of the decoder, CNN or filters that the teacher is made of.
    start : path or None
        Checkpoint that the students start from.
    teacher : str
        Name of the teacher.
    student : mapping
        The student's block of the config.
    n_seeds : int
        Students to train.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    outputs : mapping
        ``history``, ``predictions``, ``metrics``, ``teacher``, ``model`` (and beside it weights and
        images).
    checkpoints : Path
        Folder of training states, emptied at the end.
    code : str
        Hash of the code, part of the name of the training states.
    beside : path, optional
        Logits of what stands beside it.
    outcomes : sequence of str, optional
        What else is asked of every seed's network (`distill.outcomes.OF_NETWORKS`).
    keep_every : bool, optional
        Whether the weights of all seeds are kept, beside the model.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    check_teacher(teacher)
    shown = load_image_set(images, table)
    chosen = Student.from_block(student, Path(start) if start else None)
    seeds = list(range(n_seeds))
    torch_device = pick_device(device)
    settings = [teacher, dict(student), n_seeds, seed]
    states = JobStates.of(checkpoints, code, settings, images, table, logits, start, beside)
    labels = shown.labels[shown.train]
    given = both_logits(shown, logits, beside, teacher)
    drawn = (teacher, chosen.temperature, seeds, seed, given[1])
    taught = logits_of_seeds(shown, given[0], *drawn)
    truth, tested = shown.labels[shown.test], take_rows(shown.pixels, shown.test)
    ids = shown.table["image_id"].to_numpy(dtype=str)[shown.test]
    examination = Examination(outcomes, tested, ids, truth, seed, chosen.recipe.batch_size)
    trained = students.train_students(
        shown.pixels[shown.train],
        labels,
        taught,
        tested,
        len(shown.classes),
        chosen,
        [derive_seed(seed, "student", number) for number in seeds],
        torch_device,
        checkpoint=states.part,
        examine=examination if outcomes else None,
        keep_every=keep_every,
    )
    asked = trained.examined | examination.places
    facts = {"teacher": teacher, "student": dict(student), "seed": seed}
    if chosen.weights:
        facts["flag"] = f"pretrained on {chosen.weights.name}: stimuli may be among its images"
    save_table(outputs["history"], trained.history.rename(columns={"member": "seed"}))
    save_arrays(
        outputs["predictions"],
        {
            "logits": trained.logits,
            "truth": truth,
            "image": ids,
            "seed": np.array(seeds),
            **asked,
        },
        axes={
            "logits": ("seed", "image", "class"),
            "truth": ("image",),
            "image": ("image",),
            "seed": ("seed",),
            **{name: AXES[name] for name in asked},
        },
        units={"logits": "nat"},
        classes=shown.classes,
        **facts,
    )
    save_student(Path(outputs["model"]), trained, shown, chosen, shown.test)
    if keep_every:
        save_every(Path(outputs["model"]).with_name(EVERY), trained.every)
    save_json(outputs["metrics"], {**score_students(trained.logits, truth, seed), **facts})
    told = chosen_of_seeds(shown, given[0], *drawn)
    save_json(
        outputs["teacher"],
        {"teacher": teacher, "seed": seed}
        | teacher_facts(taught, given, labels, chosen.temperature, told),
    )
    states.remove()
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= train_students(
            images=snakemake.input.images,
            table=snakemake.input.table,
            logits=snakemake.input.get("logits") or None,
            start=snakemake.input.get("start") or None,
            beside=snakemake.input.get("beside") or None,
            outcomes=snakemake.params.outcomes,
            teacher=snakemake.wildcards.teacher,
            student=snakemake.params.student,
            n_seeds=snakemake.params.n_seeds,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            keep_every=snakemake.params.keep_every,
            outputs=snakemake.output,
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
