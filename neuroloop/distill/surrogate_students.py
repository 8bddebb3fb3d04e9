"""Students of surrogates of a brain, trained and judged as the brain's own students are.

Labels, images and seeds of the students are those of the study: a surrogate is only what the brain
says of the images.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.distill.ablation import Group, check_paired, compare_teachers
from neuroloop.distill.image_set import ImageSet, soft_label_ids
from neuroloop.distill.students import Student, train_students
from neuroloop.distill.teacher_logits import logits_of_seeds
from neuroloop.distill.teaching import join_logits
from neuroloop.files.array_rows import take_rows
from neuroloop.jobs.seeds import derive_seed
from neuroloop.statistics.intervals import FEWEST_SEEDS
from neuroloop.statistics.surrogates import GAIN
from neuroloop.training.checkpoints import Checkpoint

if TYPE_CHECKING:
    import torch

#: p of a finding.
LEVEL = 0.05


def no_claim(seeds: Sequence[int]) -> str:
    """Why students of so few seeds make no claim; empty where they are enough."""
    if len(seeds) >= FEWEST_SEEDS:
        return ""
    return (
        f"teaching: {len(seeds)} seeds give no p, {FEWEST_SEEDS} are needed (config, "
        "teaching.seeds)."
    )


def train_surrogate(
    shown: ImageSet,
    logits: np.ndarray,
    row_ids: Sequence[str],
    classes: Sequence[str],
    alone: Group,
    keys: Mapping[str, str],
    student: Student,
    seed: int,
    device: "torch.device",
    checkpoint: Callable[[str], Checkpoint] | None = None,
) -> Group:
    """Train students on what a surrogate of the brain says, as the brain's own are trained.

    Parameters
    ----------
    shown : ImageSet
    logits : ndarray of float32, shape (stimuli, classes)
        Of the surrogate, out of fold.
    row_ids, classes : sequence of str
        Stimulus of each row, class of each column.
    alone : Group
        Students of the labels alone, whose seeds are taken.
    keys : mapping of str to str
        Values of `ablation.KEYS` of the brain's own students.
    student : Student
    seed : int
        Root seed.
    device : device
    checkpoint : callable, optional
        Maps the name of a group of members to where its training state is kept.

    Raises
    ------
    NeuroLoopError
        If an image or a class has no soft label, or the students of the labels alone were tested on
        other images.
    """
    ids = soft_label_ids(shown.table, shown.train)
    joined = join_logits(logits, list(row_ids), list(classes), list(ids), shown.classes)
    trained = train_students(
        shown.pixels[shown.train],
        shown.labels[shown.train],
        logits_of_seeds(shown, joined, keys["teacher"], student.temperature, alone.seeds, seed),
        take_rows(shown.pixels, shown.test),
        len(shown.classes),
        student,
        [derive_seed(seed, "student", number) for number in alone.seeds],
        device,
        checkpoint=checkpoint,
    )
    hits = trained.logits.argmax(axis=2) == shown.labels[shown.test]
    images = shown.table["image_id"].iloc[shown.test].tolist()
    group = Group(keys, hits, images, alone.seeds, alone.chance)
    check_paired([group, alone])
    return group


def judge_surrogate(group: Group, alone: Group, seed: int) -> dict[str, object]:
    """Judge a surrogate's students as ``comparisons.tsv`` judges brain less none.

    Returns
    -------
    dict
        ``value`` (the difference of accuracies), ``chance`` (0), ``p`` and ``significant``: p,
        which is two-sided, is 0.05 or less and the difference a gain, so that what says nothing,
        and neither helps nor harms, is ``allowed`` that in 2.5 %.
    """
    row = compare_teachers([group, alone], seed).iloc[0]
    gained = row["p"] <= LEVEL and row["difference"] > 0
    return {
        "value": row["difference"],
        "chance": 0.0,
        "p": row["p"],
        "significant": int(gained),
        "allowed": GAIN,
    }
