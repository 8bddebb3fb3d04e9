"""Encoding models: what they learn from, and that knowing nothing scores nothing."""

import numpy as np
import pytest

from neuroloop.distill.loop.encoding import PENALTIES, image_folds, predicted_answers
from neuroloop.distill.loop.score import score_of_images
from neuroloop.errors import NeuroLoopError
from tests.unit.distill.loop.worlds import names


def test_folds_are_even_and_never_share_an_image():
    images = names(27) + names(27)
    folds = image_folds(images, 5, np.random.default_rng(0))
    assert (folds[:27] == folds[27:]).all()
    assert sorted(np.bincount(folds[:27])) == [5, 5, 5, 6, 6]


def test_folds_that_split_an_image_are_refused():
    images = ["a", "a", "b", "b"]
    with pytest.raises(NeuroLoopError, match="folds 0 and 1 split image 'a'"):
        predicted_answers(np.eye(4), np.eye(4), images, np.array([0, 1, 0, 1]))


def test_folds_of_few_images_are_refused():
    with pytest.raises(NeuroLoopError, match=r"teaching.loop.folds: 5 folds of 24 images"):
        image_folds(names(24), 5, np.random.default_rng(0))


def test_answers_of_the_tested_fold_change_nothing_of_its_predictions():
    stream = np.random.default_rng(1)
    features, answers = stream.standard_normal((40, 6)), stream.standard_normal((40, 3))
    folds = image_folds(names(40), 4, stream)
    before = predicted_answers(features, answers, names(40), folds)
    changed = answers.copy()
    changed[folds == 2] += stream.standard_normal((10, 3))
    after = predicted_answers(features, changed, names(40), folds)
    np.testing.assert_array_equal(after[folds == 2], before[folds == 2])
    assert (after[folds != 2] != before[folds != 2]).all()


def test_predictions_are_those_of_ridge():
    """By the normal equations, with the penalty that least leave-one-out error has."""
    stream = np.random.default_rng(2)
    x, weights = stream.standard_normal((30, 4)), stream.standard_normal((4, 1))
    y = x @ weights + 0.5 * stream.standard_normal((30, 1)) + 7
    folds = np.arange(30) % 3
    found = predicted_answers(x, y, names(30), folds)
    train = folds != 1
    z = (x - x[train].mean(axis=0)) / x[train].std(axis=0)

    def weights_of(rows, penalty):
        centre = z[rows].mean(axis=0)
        gram = (z[rows] - centre).T @ (z[rows] - centre) + penalty * np.eye(4)
        return np.linalg.solve(gram, (z[rows] - centre).T @ (y[rows] - y[rows].mean())), centre

    def error(penalty):
        each = []
        for left in np.flatnonzero(train):
            rows = train & (np.arange(30) != left)
            w, centre = weights_of(rows, penalty)
            each.append((y[left] - y[rows].mean() - (z[left] - centre) @ w) ** 2)
        return np.mean(each)

    best = min(PENALTIES, key=error)
    expected = z[folds == 1] @ weights_of(train, best)[0] + y[train].mean()
    np.testing.assert_allclose(found[folds == 1], expected, rtol=1e-8)


def test_features_that_know_nothing_score_zero_on_average():
    """Correlated over all folds at once they would score below."""
    stream = np.random.default_rng(3)
    scores, over_all = [], []
    for _ in range(150):
        features, answers = stream.standard_normal((30, 5)), stream.standard_normal((30, 8))
        folds = image_folds(names(30), 5, stream)
        predicted = predicted_answers(features, answers, names(30), folds)
        for found, dealt in ((scores, folds), (over_all, np.zeros(30))):
            found.append(score_of_images(predicted, answers, np.ones(8), dealt).mean())
    error = np.std(scores) / np.sqrt(len(scores))
    assert abs(np.mean(scores)) < 3 * error
    assert error < 0.01
    assert np.mean(over_all) < -0.05
