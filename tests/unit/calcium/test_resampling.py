"""Resamples of trials and seeds."""

import numpy as np

from neuroloop.calcium.resampling import pattern_means, pattern_numbers, resample_seeds, resamples

PATTERNS = ["b", "a", "b", "b", "c"]


def test_pattern_means_by_hand():
    of_trial = pattern_numbers(PATTERNS)
    np.testing.assert_array_equal(of_trial, [1, 0, 1, 1, 2])
    means = pattern_means(np.array([[1.0], [5], [2], [6], [7]]), of_trial)
    np.testing.assert_allclose(means, [[5], [3], [7]])


def test_trials_are_drawn_within_patterns_and_alike_in_all_seeds():
    responses = np.array([[1.0], [5], [2], [6], [7]])
    both = np.stack([responses, 10 * responses])
    generator = np.random.default_rng(0)
    spread = 3 + np.sqrt(1.5) * np.array([-2.0, -1, 3])
    for one, other in resamples(both, PATTERNS, generator, 20):
        np.testing.assert_allclose(other, 10 * one)
        np.testing.assert_allclose(one[[1, 4], 0], [5, 7])
        assert all(np.isclose(spread, value).any() for value in one[[0, 2, 3], 0])


def test_the_mean_of_a_resample_has_the_variance_of_a_mean():
    responses = np.random.default_rng(1).standard_normal((1, 5, 1))
    generator = np.random.default_rng(2)
    means = [one.mean() for one in resamples(responses, 5 * ["a"], generator, 4000)]
    assert np.isclose(np.var(means), responses.var(ddof=1) / 5, rtol=0.1)
    assert np.isclose(np.mean(means), responses.mean(), atol=0.02)


def test_seeds_are_drawn_with_their_variance():
    values = np.array([1.0, 2.0, 6.0])[:, None]
    generator = np.random.default_rng(3)
    drawn = np.array([resample_seeds(values, generator)[0] for _ in range(4000)])
    assert np.isclose(drawn.var(), values.var(ddof=1) / 3, rtol=0.1)
    assert resample_seeds(values[:1], generator) == 1
