"""Scores: correlation over the ceiling, and what single images contribute to it."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from neuroloop.distill.loop.encoding import image_folds
from neuroloop.distill.loop.readout import brain_scores
from neuroloop.distill.loop.score import score_of_images
from tests.unit.distill.loop.worlds import names, recorded


def test_the_mean_over_images_is_the_mean_of_correlations_over_their_ceilings():
    stream = np.random.default_rng(0)
    means = stream.standard_normal((50, 3))
    predicted = means + stream.standard_normal((50, 3))
    ceiling = np.array([0.25, 0.64, 1.0])
    r = [pearsonr(predicted[:, v], means[:, v])[0] for v in range(3)]
    expected = np.mean([r[0] / 0.5, r[1] / 0.8, r[2]])
    assert score_of_images(predicted, means, ceiling, np.zeros(50)).mean() == pytest.approx(
        expected
    )


def test_contributions_vary_as_the_correlation_does():
    """Their variance over images is that of r over studies: (1 - r^2)^2 / n of normal ones."""
    stream = np.random.default_rng(1)
    found, stated = [], []
    for _ in range(2000):
        m = stream.standard_normal((100, 1))
        z = 0.7 * m + np.sqrt(1 - 0.49) * stream.standard_normal((100, 1))
        each = score_of_images(z, m, np.ones(1), np.zeros(100))
        found.append(each.mean())
        stated.append(each.var() / 100)
    assert np.var(found) == pytest.approx((1 - 0.49) ** 2 / 100, rel=0.15)
    assert np.mean(stated) == pytest.approx(np.var(found), rel=0.15)


def test_a_prediction_that_is_constant_counts_as_zero():
    means = np.random.default_rng(2).standard_normal((20, 2))
    predicted = np.column_stack([np.full(20, 3.0), means[:, 1]])
    each = score_of_images(predicted, means, np.ones(2), np.zeros(20))
    assert each.mean() == pytest.approx(0.5)


def test_correlations_are_taken_inside_folds():
    stream = np.random.default_rng(4)
    means, folds = stream.standard_normal((30, 1)), np.repeat([0, 1, 2], 10)
    shifted = means + 100 * folds[:, None] * [1]  # of no matter inside a fold
    each = score_of_images(shifted, means, np.ones(1), folds)
    assert each.mean() == pytest.approx(1)
    assert score_of_images(shifted, means, np.ones(1), np.zeros(30)).mean() < 0.5


@pytest.mark.parametrize(("snr", "repeats"), [(1.0, 5), (0.4, 6)])
def test_the_features_that_made_the_answers_score_one(snr, repeats):
    stream = np.random.default_rng(3)
    features = stream.standard_normal((500, 5))
    brain = recorded(features @ stream.standard_normal((5, 80)), repeats, stream, snr)
    folds = image_folds(names(500), 5, stream)
    score = brain_scores(features, {("S1", "HVC"): brain}, folds)[("S1", "HVC")].mean()
    assert score == pytest.approx(1, abs=0.03)
