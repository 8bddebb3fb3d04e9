"""Cosines between the responses of patterns."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from neuroloop.calcium.trace_similarity import (
    cosine,
    mean_cosine,
    noiseless_cosine,
    pattern_order,
    split_half_cosine,
)


def test_cosine_by_hand_and_as_scikit_learn_has_it():
    made = cosine(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 0.0]]))
    np.testing.assert_allclose(made[:2, :2], [[1, 0.96], [0.96, 1]])
    assert np.isnan(made[2]).all()
    vectors = np.random.default_rng(0).standard_normal((5, 7))
    np.testing.assert_allclose(cosine(vectors), cosine_similarity(vectors))
    np.testing.assert_allclose(
        cosine(vectors[:2], vectors[2:]), cosine_similarity(vectors[:2], vectors[2:])
    )


def test_none_is_no_pattern():
    assert pattern_order(["c10", "none", "c2", "c2", "c2+c10"]) == ["c2", "c2+c10", "c10"]


def test_mean_cosine_is_that_of_pattern_means():
    responses = np.array([[1.0, 0], [3, 0], [0, 1], [4, 1], [9, 9]])
    made = mean_cosine(responses, ["a", "a", "b", "b", "none"])
    np.testing.assert_allclose(made, [[1, np.sqrt(0.8)], [np.sqrt(0.8), 1]])


def noisy(trials: int, noise: float, seed: int) -> tuple[np.ndarray, list[str]]:
    """Two patterns of cosine 0.6, in 6 cells."""
    true = np.array([[1.0, 0, 0, 0, 0, 0], [0.6, 0.8, 0, 0, 0, 0]])
    generator = np.random.default_rng(seed)
    responses = np.repeat(true, trials, axis=0)
    return responses + noise * generator.standard_normal(responses.shape), trials * ["a"] + (
        trials * ["b"]
    )


def test_without_noise_all_cosines_are_the_same():
    responses, patterns = noisy(5, 0, 0)
    expected = [[1, 0.6], [0.6, 1]]
    np.testing.assert_allclose(mean_cosine(responses, patterns), expected)
    np.testing.assert_allclose(noiseless_cosine(responses, patterns), expected)
    halves = split_half_cosine(responses, patterns, np.random.default_rng(0), 3)
    np.testing.assert_allclose(halves, expected)


def test_noise_lowers_the_cosine_of_means_only():
    drawn = [noisy(20, 0.7, seed) for seed in range(300)]
    raw, clean = (
        np.mean([measure(*one)[0, 1] for one in drawn])
        for measure in (mean_cosine, noiseless_cosine)
    )
    assert raw == pytest.approx(0.6 / (1 + 6 * 0.7**2 / 20), abs=0.015)
    assert clean == pytest.approx(0.6, abs=0.02)


def test_halves_tell_noise_from_signal():
    generator = np.random.default_rng(1)
    responses = generator.standard_normal((40, 200))
    patterns = 20 * ["a"] + 20 * ["b"]
    made = split_half_cosine(responses, patterns, generator)
    assert np.abs(made).max() < 0.15
    assert mean_cosine(responses, patterns)[0, 0] == 1
    with pytest.raises(ValueError, match="no halves"):
        split_half_cosine(responses[:21], patterns[:21], generator)


def test_a_pattern_with_one_trial_has_no_noiseless_cosine():
    responses, patterns = noisy(3, 0.1, 0)
    made = noiseless_cosine(np.vstack([responses, responses[:1]]), [*patterns, "c"])
    assert np.isnan(made[2]).all()
    assert np.isnan(made[:, 2]).all()
    np.testing.assert_array_equal(made[:2, :2], noiseless_cosine(responses, patterns))
