"""Noise that leaves as many images right as are wanted: exact, least, ties wrong."""

import numpy as np
import pytest

from neuroloop.distill.accuracy_matching import least_noise, named_right


def test_ties_are_wrong():
    logits = np.array([[2.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    assert named_right(logits, np.array([0, 0, 0])).tolist() == [False, True, False]


def test_by_hand():
    """Margins of 1, 2 and 4 are caught up with at scales of 1, 2 and 4: between 1 and 2, two."""
    logits = np.array([[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
    noise = np.array([[0.0, 1.0]] * 3)
    labels = np.zeros(3, dtype=int)
    assert least_noise(logits, noise, labels, 3) == (0.0, 3, 3)
    assert least_noise(logits, noise, labels, 2) == (1.5, 2, 2)
    assert least_noise(logits, noise, labels, 1) == (3.0, 1, 1)
    scale, right, _ = least_noise(logits, noise, labels, 0)
    assert (scale > 4, right) == (True, 0)
    assert least_noise(logits, -noise, labels, 1) == (0.0, 3, 1), "no scale leaves fewer"


def test_noise_that_puts_a_wrong_image_right_is_counted():
    """Image 0 is lost at 1, image 1 won at 2 and image 2 lost at 3: one right from 3 on."""
    logits = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    noise = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    labels = np.zeros(3, dtype=int)
    assert least_noise(logits, noise, labels, 1) == (1.5, 1, 1)
    logits[1, 1] = 0.5  # won before image 0 is lost
    scale, right, _ = least_noise(logits, noise, labels, 1)
    assert (scale > 3, right) == (True, 1)


@pytest.mark.parametrize("seed", range(5))
def test_it_hits_exactly_and_no_smaller_scale_does(seed):
    stream = np.random.default_rng(seed)
    labels = stream.integers(0, 6, 300)
    logits = stream.normal(size=(300, 6)) + 2.5 * np.eye(6)[labels]
    noise = stream.normal(size=(300, 6))
    for wanted in (60, 100, 150, 200):
        scale, right, _ = least_noise(logits, noise, labels, wanted)
        made = (logits + scale * noise).astype(np.float32)
        assert named_right(made, labels).sum() == right == wanted
        # Smaller scales that leave as many right are of the same interval, if there are any.
        counts = [
            named_right(logits + smaller * noise, labels).sum()
            for smaller in np.linspace(0, scale, 300)
        ]
        assert set(counts[counts.index(wanted) :]) == {wanted}


def test_a_network_that_knows_less_is_left_alone():
    stream = np.random.default_rng(0)
    labels = stream.integers(0, 6, 50)
    logits = stream.normal(size=(50, 6))
    right = named_right(logits, labels).sum()
    assert least_noise(logits, stream.normal(size=(50, 6)), labels, 40) == (0.0, right, 40)
