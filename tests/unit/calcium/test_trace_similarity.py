"""Cosines between the responses of patterns."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from neuroloop.calcium.trace_similarity import (
    averaging,
    noiseless_cosine,
    pattern_order,
)


def test_none_is_no_pattern():
    assert pattern_order(["c10", "none", "c2", "c2", "c2+c10"]) == ["c2", "c2+c10", "c10"]


def noisy(trials: int, noise: float, seed: int) -> tuple[np.ndarray, list[str]]:
    """Two patterns of cosine 0.6, in 6 cells."""
    true = np.array([[1.0, 0, 0, 0, 0, 0], [0.6, 0.8, 0, 0, 0, 0]])
    generator = np.random.default_rng(seed)
    responses = np.repeat(true, trials, axis=0)
    return responses + noise * generator.standard_normal(responses.shape), trials * ["a"] + (
        trials * ["b"]
    )


def mean_cosine(responses: np.ndarray, patterns: list[str]) -> np.ndarray:
    """Cosine between the mean responses of patterns, whose norms hold noise too."""
    return cosine_similarity(averaging(patterns, pattern_order(patterns)) @ responses)


def test_without_noise_it_is_the_cosine_of_means():
    responses, patterns = noisy(5, 0, 0)
    expected = [[1, 0.6], [0.6, 1]]
    np.testing.assert_allclose(mean_cosine(responses, patterns), expected)
    np.testing.assert_allclose(noiseless_cosine(responses, patterns), expected)


def test_noise_lowers_the_cosine_of_means_only():
    drawn = [noisy(20, 0.7, seed) for seed in range(300)]
    raw, clean = (
        np.mean([measure(*one)[0, 1] for one in drawn])
        for measure in (mean_cosine, noiseless_cosine)
    )
    assert raw == pytest.approx(0.6 / (1 + 6 * 0.7**2 / 20), abs=0.015)
    assert clean == pytest.approx(0.6, abs=0.02)


def test_a_pattern_with_one_trial_has_no_noiseless_cosine():
    responses, patterns = noisy(3, 0.1, 0)
    made = noiseless_cosine(np.vstack([responses, responses[:1]]), [*patterns, "c"])
    assert np.isnan(made[2]).all()
    assert np.isnan(made[:, 2]).all()
    np.testing.assert_array_equal(made[:2, :2], noiseless_cosine(responses, patterns))
