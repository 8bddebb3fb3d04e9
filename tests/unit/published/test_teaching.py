"""Flaws of teaching, each by hand; without one, students are the product's own."""

import numpy as np
import pytest
import torch

from neuroloop.distill.student_views import Views
from neuroloop.distill.students import Student, train_students
from neuroloop.jobs.seeds import derive_seed
from neuroloop.published import teaching
from neuroloop.published.protocol import Protocol, flaws
from neuroloop.published.teaching import BLOCK, CONTROLS, Pictures, in_turn, prepared
from neuroloop.published.world import CATEGORIES, IMAGES, labels

LOGITS = np.random.default_rng(1).normal(size=(CATEGORIES * IMAGES, CATEGORIES))


def drawn():
    pictures = Pictures(np.random.default_rng(0))
    return {
        "images": pictures.draw(labels()),
        "tests": pictures.draw(in_turn(teaching.TESTS)),
        "others": pictures.draw(in_turn(teaching.OTHERS)),
    }


def test_without_a_flaw_students_are_the_products_own():
    shown, seeds = drawn(), [derive_seed(0, "student", one) for one in range(2)]
    teachers = {"none": None, "brain": LOGITS.astype(np.float32)}
    made = teaching.train(shown, teachers, seeds, Protocol())
    assert list(made) == ["none", "brain"]
    for name, given in teachers.items():
        own = train_students(
            shown["images"],
            labels(),
            None if given is None else np.stack([given, given]),
            shown["tests"],
            CATEGORIES,
            Student.from_block(BLOCK.model_dump()),
            seeds,
            torch.device("cpu"),
        )
        assert (made[name].hits == (own.logits.argmax(axis=2) == in_turn(teaching.TESTS))).all()


def test_softmax_of_softmax():
    logits = np.log([[0.7, 0.2, 0.1]])
    given, temperature = Protocol(("softmax_twice",)).taught(logits, 4.0)
    assert given == pytest.approx(np.array([[0.7, 0.2, 0.1]]))
    assert temperature == 0.1
    assert Protocol().taught(logits, 4.0) == (logits, 4.0)


def test_the_best_epoch_is_the_best_by_chance():
    hits = np.zeros((3, 2, 10), dtype=bool)
    for epoch, seed, right in [(0, 0, 1), (1, 0, 5), (2, 0, 3), (0, 1, 4), (1, 1, 4), (2, 1, 2)]:
        hits[epoch, seed, :right] = True
    assert Protocol().epoch(hits).tolist() == [2, 2]
    assert Protocol(("best_epoch",)).epoch(hits).tolist() == [1, 0]
    # Twelve epochs of students that guess among six, 120 images: 6 points by the choice alone.
    guesses = np.random.default_rng(0).random((12, 500, 120)) < 1 / 6
    chosen = Protocol(("best_epoch",)).epoch(guesses)
    best = guesses[chosen, np.arange(500)].mean()
    assert 100 * (best - guesses[-1].mean()) == pytest.approx(5.5, abs=0.7)


def test_one_seed_claims_any_gain():
    flawed = Protocol(("one_seed",))
    assert (flawed.seeds(range(3)), Protocol().seeds(range(3))) == ([0], [0, 1, 2])
    assert flawed.claimed(False, 0.8)
    assert not flawed.claimed(False, -0.8)
    assert not Protocol().claimed(False, 0.8)


def test_no_control_but_no_teacher():
    assert Protocol(("no_control",)).controls(CONTROLS) == ["none"]
    assert Protocol().controls(CONTROLS) == list(CONTROLS)


def test_augmented_validation():
    shown = drawn()
    views = Views(shown["images"], 6, 0, True, [1, 2], torch.device("cpu"))
    tests = shown["tests"]
    strict = Protocol().seen(prepared, views=views, tests=tests, epoch=0)[: len(tests)]
    seen = Protocol(("augmented_validation",)).seen(prepared, views=views, tests=tests, epoch=0)
    for member in seen.numpy().swapaxes(0, 1):  # without padding a view is mirrored or not
        as_it_is = np.isclose(member, strict[:, 0]).all(axis=(1, 2))
        mirrored = np.isclose(member, strict[:, 0, :, ::-1]).all(axis=(1, 2))
        assert (as_it_is | mirrored).all()
        assert 40 < mirrored.sum() < 80


def test_a_study_reports_more_by_the_best_epoch_and_claims_by_one_seed():
    on = [(), ("best_epoch",), ("one_seed", "no_control"), tuple(flaws())]
    strict, best, one, every = (teaching.taught(LOGITS, Protocol(which), 3) for which in on)
    assert best.overstated > strict.overstated
    assert one.claimed == (one.gain > 0)
    assert every.claimed == (every.gain > 0)
    assert not strict.claimed
