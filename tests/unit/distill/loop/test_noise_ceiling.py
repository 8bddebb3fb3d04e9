"""Noise ceilings: by hand, beside other estimates, and on simulations of known truth."""

import numpy as np
import pytest

from neuroloop.distill.loop.noise_ceiling import repeated_answers
from neuroloop.errors import NeuroLoopError
from tests.unit.distill.loop.worlds import names, recorded


def test_a_ceiling_by_hand():
    # Means 2 and 6 of two repeats: between 2 * (4 + 4) / 1 = 16; within (2 + 2) / 2 = 2.
    # F = 8, so 7/8 of the variance of the means is signal.
    found = repeated_answers(np.array([[1.0], [3.0], [5.0], [7.0]]), ["a", "a", "b", "b"])
    assert found.images == ["a", "b"]
    np.testing.assert_array_equal(found.means, [[2], [6]])
    assert found.ceiling == pytest.approx([7 / 8])
    assert not found.reliable[0], "F of (1, 2) has its 95th percentile at 18.5"


def test_unequal_repeats_by_hand():
    # a: 0, 2; b: 4; c: 5, 7, 9. Means 1, 4, 7, grand mean 4.5.
    # between (2 * 12.25 + 0.25 + 3 * 6.25) / 2 = 21.75; within (2 + 8) / 3; n0 = (6 - 14 / 6) / 2.
    shown = ["a", "a", "b", "c", "c", "c"]
    found = repeated_answers(np.array([0.0, 2, 4, 5, 7, 9])[:, None], shown)
    noise, n0 = 10 / 3, (6 - 14 / 6) / 2
    signal = (21.75 - noise) / n0
    expected = signal / (signal + noise * (1 / 2 + 1 + 1 / 3) / 3)
    assert found.ceiling == pytest.approx([expected])


@pytest.mark.parametrize(("snr", "repeats"), [(1.0, 5), (0.5, 3), (0.2, 10)])
def test_the_ceiling_is_that_of_a_known_signal_to_noise_ratio(snr, repeats):
    stream = np.random.default_rng(3)
    found = recorded(stream.standard_normal((400, 300)), repeats, stream, snr)
    assert found.ceiling.mean() == pytest.approx(snr**2 / (snr**2 + 1 / repeats), abs=0.02)


def test_it_agrees_with_split_halves():
    """Spearman-Brown of the correlation of two halves estimates the same."""
    stream = np.random.default_rng(4)
    signal = 0.7 * stream.standard_normal((300, 200))
    halves = [signal + stream.standard_normal(signal.shape) / np.sqrt(2) for _ in range(2)]
    r = np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(*(h.T for h in halves), strict=True)])
    shown = names(300) * 2
    found = repeated_answers(np.concatenate(halves), shown)
    assert found.ceiling.mean() == pytest.approx((2 * r / (1 + r)).mean(), abs=0.01)


def test_voxels_of_noise_are_reliable_as_often_as_chance_has_it():
    stream = np.random.default_rng(5)
    found = recorded(np.zeros((60, 4000)), 4, stream)
    assert 0.04 < found.reliable.mean() < 0.06
    assert (found.ceiling >= 0).all()


def test_a_voxel_without_variance_has_no_ceiling():
    found = repeated_answers(np.ones((6, 1)), ["a", "a", "b", "b", "c", "c"])
    assert found.ceiling.tolist() == [0]
    assert not found.reliable.any()


@pytest.mark.parametrize("shown", [["a", "b", "c"], ["a", "a", "a"]])
def test_images_without_repeats_are_refused(shown):
    with pytest.raises(NeuroLoopError, match="a noise ceiling needs images"):
        repeated_answers(np.zeros((3, 2)), shown)
