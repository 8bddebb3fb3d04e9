"""Students of soft labels that were dealt anew: what is written, and what it follows from."""

import json

import numpy as np
import pytest
import torch

from neuroloop.distill import assigned_students
from neuroloop.distill.assigned_students import assigned_hits
from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.students import Student, train_students
from neuroloop.distill.teacher_logits import joined_logits
from neuroloop.files.formats import load_arrays, save_array
from neuroloop.jobs.seeds import derive_seed
from neuroloop.training.checkpoints import JobStates
from scripts.distill import train_assignments as script
from scripts.distill.summarise_ablation import load_assigned
from tests.scripts.test_train_students import STUDENT
from tests.unit.distill.taught_images import CLASSES, images, save_logits

__all__ = ["images"]

ALONE = {**STUDENT, "batched_networks": 1}


@pytest.fixture
def logits(tmp_path):
    return save_logits(tmp_path / "logits.npy", [f"s{number}" for number in range(18)])


def train(images, logits, predictions, **options):
    predictions.parent.mkdir(parents=True, exist_ok=True)
    arguments = {"student": STUDENT, "assignments": 3, "n_seeds": 2, "at_once": 4, "seed": 5}
    script.train_assignments(
        images=images[0],
        table=images[1],
        logits=logits,
        start=None,
        predictions=predictions,
        device="cpu",
        checkpoints=predictions.parent / "checkpoints",
        code="c",
        **arguments | options,
    )
    return load_arrays(predictions)


def test_what_is_written_and_read_again(images, logits, tmp_path):
    path = tmp_path / "distill/faces/S1/V1/ridge/withinclass/small/assignments.npz"
    arrays = train(images, logits, path)
    shown = load_image_set(*images)
    labels = shown.labels[shown.train]
    assert arrays["hits"].shape == (3, 2, 6)
    assert (labels[arrays["assignment"]] == labels).all()
    assert len(np.unique(arrays["assignment"], axis=0)) > 1
    assert not list((path.parent / "checkpoints").iterdir())
    keys, students = load_assigned(path)
    assert keys == ("S1", "V1", "ridge", "small")
    np.testing.assert_array_equal(students.accuracies, arrays["hits"].mean(axis=2))
    assert (students.seeds, students.reason) == ([0, 1], "")
    again = train(images, logits, tmp_path / "again/assignments.npz")
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, again[name])


def test_the_brains_own_assignment_gives_the_brains_own_students(images, logits, tmp_path):
    """Seeds, batches and views are those of `train_students`, in whatever parts it is trained."""
    shown, student = load_image_set(*images), Student.from_block(ALONE)
    joined = joined_logits(shown, logits)
    own = np.tile(np.arange(len(joined)), (3, 1))
    states = JobStates(tmp_path / "states", "job")
    cpu = torch.device("cpu")
    hits = assigned_hits(shown, joined, own, student, [0, 1], 5, cpu, 4, states)
    trained = train_students(
        shown.pixels[shown.train],
        shown.labels[shown.train],
        np.stack([joined] * 2),
        shown.pixels[shown.test],
        3,
        student,
        [derive_seed(5, "student", number) for number in (0, 1)],
        cpu,
    )
    expected = trained.logits.argmax(axis=2) == shown.labels[shown.test]
    np.testing.assert_array_equal(hits, np.stack([expected] * 3))


def test_each_student_learns_from_the_soft_labels_of_its_assignment(
    images, logits, tmp_path, monkeypatch
):
    given = []

    def watching(pixels, labels, teacher, *args, checkpoint, **options):
        given.append((teacher, args[3], checkpoint("part").key))
        return train_students(pixels, labels, teacher, *args, checkpoint=checkpoint, **options)

    monkeypatch.setattr(assigned_students, "train_students", watching)
    arrays = train(images, logits, tmp_path / "out/assignments.npz", at_once=4)
    joined = joined_logits(load_image_set(*images), logits)
    taught = np.concatenate([teacher for teacher, *_ in given])
    expected = joined[arrays["assignment"]].repeat(2, axis=0)
    np.testing.assert_array_equal(taught, expected)
    assert [len(teacher) for teacher, *_ in given] == [4, 2], "as many at once as a GPU takes"
    assert len({key for *_, key in given}) == 2, "a state of its own for each part"


def test_soft_labels_that_a_class_shares_train_nobody(images, tmp_path):
    rows = [f"s{number}" for number in range(18)]
    values = np.array([[number % 3, 1, 2] for number in range(18)], dtype=np.float32)
    ids = {"stimulus": rows, "class": CLASSES}
    path = tmp_path / "shared.npy"
    save_array(path, values, axes=("stimulus", "class"), units="nat", ids=ids)
    arrays = train(images, path, tmp_path / "out/assignments.npz")
    assert arrays["hits"].shape == (0, 2, 6)
    told = json.loads((tmp_path / "out/assignments.json").read_text())["reason"]
    assert "nothing to deal anew" in told
