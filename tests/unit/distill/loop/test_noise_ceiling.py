"""Noise ceilings: by hand, beside other estimates, and on simulations of known truth."""

import numpy as np
import pytest
from scipy.stats import binomtest

from neuroloop.distill.loop.noise_ceiling import repeated_answers
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.noise import correlated_trials, region_noise
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


def test_reliable_voxels_by_hand():
    """F 24.5, 18 and 0.5 of (1, 4): p 0.0078, 0.0132 and 0.52, q 0.0198, 0.0198 and 0.52."""
    shown = ["a"] * 3 + ["b"] * 3
    answers = np.array([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]).T
    away = np.sqrt(np.array([24.5, 18, 0.5]) * 2 / 3)
    found = repeated_answers(np.concatenate([answers, answers + away]), shown)
    assert found.reliable.tolist() == [True, True, False]
    alone = repeated_answers(np.concatenate([answers, answers + away])[:, 1:2], shown)
    assert alone.reliable.tolist() == [True]
    beside = np.concatenate([answers[:, 1:], (answers + away)[:, 1:]])
    assert (
        repeated_answers(np.hstack([beside, beside[:, 1:], beside[:, 1:]]), shown).reliable.sum()
        == 0
    )


def noise(kind, images, repeats, voxels, stream):
    """Samples of a region without signal, a run a repeat, and the image of each."""
    in_run = [images] * repeats
    shown = np.concatenate([stream.permutation(names(images)) for _ in in_run])
    if kind == "recorded":  # with drift, autocorrelated, and a part that voxels share
        latent = correlated_trials(stream, in_run, 3)
        return region_noise(stream, in_run, voxels, latent), shown
    shape = (images * repeats, voxels)
    if kind == "shared":
        return stream.standard_normal(shape) + stream.standard_normal((len(shown), 1)), shown
    return stream.standard_t(3, shape) if kind == "spikes" else stream.standard_normal(shape), shown


def admitted(kind, studies, images=60, repeats=4, voxels=30, snr=0.0, share=1.0):
    """In how many simulated studies a region has a reliable voxel."""
    count = 0
    for number in range(studies):
        stream = np.random.default_rng([7, number])
        samples, shown = noise(kind, images, repeats, voxels, stream)
        signal = snr * stream.standard_normal((images, round(share * voxels)))
        samples[:, : signal.shape[1]] += signal[np.unique(shown, return_inverse=True)[1]]
        count += repeated_answers(samples, shown).reliable.any()
    return count


KINDS = ["white", "shared", "spikes", "recorded"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_region_of_noise_is_hardly_ever_judged(kind):
    """Of 120 studies at most 12: more have a chance of 0.01 where the rate is 5 %."""
    assert admitted(kind, 120) <= 12


@pytest.mark.parametrize(("snr", "share"), [(0.3, 1.0), (0.6, 0.1)])
def test_a_region_with_signal_is_judged(snr, share):
    """Faint in all voxels, or clear in three of thirty."""
    assert admitted("recorded", 40, snr=snr, share=share) >= 38


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("images", "repeats", "voxels", "studies"),
    [(60, 4, 30, 2000), (300, 5, 30, 500), (50, 24, 300, 300)],
)
def test_regions_of_noise_of_many_sizes_are_judged_in_a_twentieth(
    kind, images, repeats, voxels, studies
):
    count = admitted(kind, studies, images, repeats, voxels)
    assert binomtest(count, studies, alternative="greater", p=0.05).pvalue > 0.001


def test_a_voxel_without_variance_has_no_ceiling():
    found = repeated_answers(np.ones((6, 1)), ["a", "a", "b", "b", "c", "c"])
    assert found.ceiling.tolist() == [0]
    assert not found.reliable.any()


@pytest.mark.parametrize("shown", [["a", "b", "c"], ["a", "a", "a"]])
def test_images_without_repeats_are_refused(shown):
    with pytest.raises(NeuroLoopError, match="a noise ceiling needs images"):
        repeated_answers(np.zeros((3, 2)), shown)
