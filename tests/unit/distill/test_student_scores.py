"""What is said of students on test images."""

import numpy as np
import pytest
from scipy.special import log_softmax

from neuroloop.distill.student_scores import PERMUTATIONS, score_students
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.intervals import crossed_interval


def test_a_score_by_hand():
    truth = np.array([0, 1, 0, 1])
    right = np.array([[2.0, 0], [0, 2], [2, 0], [0, 2]])
    half = np.array([[2.0, 0], [0, 2], [0, 2], [2, 0]])
    facts = score_students(np.stack([right, half, right, half]), truth, seed=3)
    assert facts["accuracy"] == 0.75
    assert facts["chance"] == 0.5
    assert facts["n"] == 4
    assert facts["seeds"] == 4
    hits = np.array([[True] * 4, [True, True, False, False]] * 2)
    interval = crossed_interval(hits, numpy_generator(3, "interval"))
    assert (facts["ci_low"], facts["ci_high"]) == (interval.ci_low, interval.ci_high)
    assert facts["top5_accuracy"] is None
    losses = [-log_softmax(one, axis=1)[np.arange(4), truth].mean() for one in (right, half)]
    assert facts["log_loss"] == pytest.approx(np.mean(losses))
    # Of the 6 ways to place two labels of each class one gives 0.75 and one more as much or more:
    # seed 1 says 0101 and seed 2 0110; only the labels 0101 and 0110 match one of them whole.
    assert facts["p"] == pytest.approx(2 / 6, abs=0.05)
    assert facts["null"]["permutations"] == PERMUTATIONS
    assert (facts["unit"], facts["null"]["unit"]) == ("seeds x images", "images")
    assert facts["null"]["scope"] == "other images of these classes; these seeds alone"
    assert facts == score_students(np.stack([right, half, right, half]), truth, seed=3)


def test_two_seeds_have_no_interval_and_say_why():
    logits = np.random.default_rng(0).normal(size=(2, 30, 3))
    facts = score_students(logits, np.arange(30) % 3, seed=0)
    assert (facts["ci_low"], facts["ci_high"]) == (None, None)
    assert facts["reason"] == "2 seeds do not tell how seeds differ: 3 are needed"
    assert 0 < facts["p"] <= 1, "p speaks of these seeds alone"


def test_students_that_know_nothing_are_not_significant():
    generator = np.random.default_rng(0)
    truth = np.arange(300) % 10
    logits = generator.normal(size=(4, 300, 10)).astype(np.float32)
    facts = score_students(logits, truth, seed=0)
    assert facts["p"] > 0.01
    assert facts["ci_low"] < 0.1 < facts["ci_high"]
    assert facts["top5_accuracy"] == pytest.approx(0.5, abs=0.06)
    logits[:, np.arange(300), truth] += 1
    assert score_students(logits, truth, seed=0)["p"] == pytest.approx(1 / (1 + PERMUTATIONS))
