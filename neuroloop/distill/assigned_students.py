"""Training students of soft labels that were dealt anew to the images of each class."""

from functools import partial

import numpy as np
import torch

from neuroloop.distill.image_set import ImageSet
from neuroloop.distill.students import Student, train_students
from neuroloop.files.array_rows import take_rows
from neuroloop.jobs.seeds import derive_seed
from neuroloop.training.checkpoints import Checkpoint, JobStates


def assigned_hits(
    shown: ImageSet,
    soft_labels: np.ndarray,
    assignments: np.ndarray,
    student: Student,
    seeds: list[int],
    seed: int,
    device: torch.device,
    at_once: int,
    states: JobStates,
) -> np.ndarray:
    """Train one student an assignment and seed, alike but for whose soft label an image gets.

    Students of a seed start, batch and see images as the brain's own student of that seed.

    Parameters
    ----------
    shown : ImageSet
    soft_labels : ndarray of float32, shape (training images, classes)
        The brain's logits.
    assignments : ndarray of int, shape (assignments, training images)
        For each image the one whose soft label it gets.
    student : Student
    seeds : list of int
        Numbers of the brain's students.
    seed : int
        Root seed.
    device : device
    at_once : int
        Students that a GPU trains as one network, as many as of a teacher.
    states : JobStates
        Where training states are kept; whoever calls removes them.

    Returns
    -------
    ndarray of bool, shape (assignments, seeds, test images)
        True where the student named the image right.
    """
    own = [derive_seed(seed, "student", number) for number in seeds]
    truth = shown.labels[shown.test]
    hits = np.empty((len(assignments), len(seeds), len(truth)), dtype=bool)
    step = max(1, at_once // len(seeds))
    images, tests = shown.pixels[shown.train], take_rows(shown.pixels, shown.test)
    for start in range(0, len(assignments), step):
        some = assignments[start : start + step]
        trained = train_students(
            images,
            shown.labels[shown.train],
            np.repeat(soft_labels[some], len(seeds), axis=0),
            tests,
            len(shown.classes),
            student,
            own * len(some),
            device,
            checkpoint=partial(_state, states, start),
        )
        right = trained.logits.argmax(axis=2) == truth
        hits[start : start + len(some)] = right.reshape(len(some), len(seeds), -1)
    return hits


def _state(states: JobStates, start: int, name: str) -> Checkpoint:
    """Training state of a part of the assignments from one on."""
    return states.part(f"assignment{start}-{name}")
