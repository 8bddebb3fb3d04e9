"""The exact test of what a brain knows of an image beyond its class."""

from itertools import permutations

import numpy as np
import pytest

from neuroloop.distill.derangement import derangement
from neuroloop.distill.image_test import (
    AssignedStudents,
    draw_assignments,
    image_test,
    mean_over_subjects,
    nothing_to_deal,
)


def students(accuracies, reason=""):
    return AssignedStudents(np.reshape(accuracies, (-1, 1)).astype(float), [0], reason)


def test_p_is_the_rank_among_the_assignments():
    null = np.arange(1, 100) / 1000  # 0.001 to 0.099
    found = image_test(np.array([0.0945]), students(null))
    assert found["p"] == (1 + 5) / 100
    assert found["difference"] == pytest.approx(0.0945 - 0.05)
    assert image_test(np.array([0.095]), students(null))["p"] == 6 / 100, "equal counts"
    assert image_test(np.array([0.2]), students(null))["p"] == 1 / 100
    # p is at most 0.05 from 0.0951 on, the fifth from above, which is 0.045 above the mean.
    assert found["smallest_effect"] == pytest.approx(0.095 - 0.05)
    assert image_test(np.array([0.05 + 0.0451]), students(null))["p"] == 0.05
    # The interval leaves out two of a hundred ranks at each end.
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((0.0945 - 0.098, 0.0945 - 0.002))


def test_the_mean_over_seeds_is_ranked():
    drawn = np.random.default_rng(0).random((39, 3))
    assigned = AssignedStudents(drawn, [0, 1, 2])
    brain = np.array([0.9, 0.2, 0.7])
    found = image_test(brain, assigned)
    assert found["p"] == (1 + (drawn.mean(axis=1) >= 0.6).sum()) / 40
    assert found["ci_low"] == pytest.approx(0.6 - drawn.mean(axis=1).max())
    assert found["seeds"] == 3


@pytest.mark.parametrize(("count", "p", "interval"), [(39, True, True), (38, True, False)])
def test_few_assignments_give_p_but_no_interval(count, p, interval):
    found = image_test(np.array([0.5]), students(np.linspace(0.1, 0.4, count)))
    assert ("p" in found, "ci_low" in found) == (p, interval)
    told = "" if interval else "38 assignments give no interval: 39 are needed"
    assert found["reason"] == told


def test_eighteen_assignments_could_have_seen_nothing():
    assert "smallest_effect" not in image_test(np.array([0.5]), students(np.full(18, 0.1)))
    assert "smallest_effect" in image_test(np.array([0.5]), students(np.full(19, 0.1)))


def test_soft_labels_are_dealt_within_classes_and_may_stay():
    labels = np.array([0, 1, 0, 1, 0, 1, 2])
    drawn = draw_assignments(labels, 600, np.random.default_rng(0))
    assert (np.sort(drawn, axis=1) == np.arange(7)).all()
    assert (labels[drawn] == labels).all()
    # All 6 permutations of three rows are equally likely, the one that moves nothing too.
    ways = dict.fromkeys(permutations([0, 2, 4]), 0)
    for one in drawn[:, [0, 2, 4]].tolist():
        ways[tuple(one)] += 1
    assert min(ways.values()) > 70


def rate_of_false(draw, n=1500):
    """How often p is at most 5 % where no image's own soft label adds more than another."""
    labels, generator = np.repeat(np.arange(5), 4), np.random.default_rng(1)
    drawn = np.stack([draw(labels, np.random.default_rng(k)) for k in range(39)])
    rows, hits = np.arange(20), 0
    for _ in range(n):
        gains = generator.normal(size=(20, 20))  # of each image by each soft label
        null = gains[rows, drawn].sum(axis=1)
        hits += image_test(np.array([gains[rows, rows].sum()]), students(null))["p"] <= 0.05
    return hits / n


def test_the_test_is_exact_and_would_not_be_if_every_row_had_to_move():
    assert rate_of_false(lambda labels, g: draw_assignments(labels, 1, g)[0]) < 0.068
    assert rate_of_false(derangement) > 0.09


def test_the_mean_deals_the_soft_labels_of_all_subjects_at_once():
    mean = mean_over_subjects([students([0.1, 0.3]), students([0.5, 0.9])])
    assert mean.accuracies.tolist() == [[0.3], [0.6]]
    none = mean_over_subjects([students([0.1]), students([], "nothing to deal")])
    assert none.reason == "nothing to deal"


def test_classes_whose_images_share_a_soft_label_have_nothing_to_deal():
    labels = np.array([0, 0, 1])
    same = np.array([[1.0, 2], [1, 2], [3, 4]])
    assert "share one soft label" in nothing_to_deal(same, labels)
    assert nothing_to_deal(same + np.array([[0], [1], [0]]), labels) == ""
