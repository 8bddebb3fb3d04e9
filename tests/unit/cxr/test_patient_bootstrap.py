"""Patients drawn with replacement, and what is made of the draws."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from neuroloop.cxr.patient_bootstrap import CHUNK, patient_weights, weighted_auc
from neuroloop.errors import NeuroLoopError


def test_as_many_patients_are_drawn_as_there_are():
    parts = list(patient_weights(7, CHUNK + 50, seed=0))
    assert [part.shape for part in parts] == [(CHUNK, 7), (50, 7)]
    weights = np.concatenate(parts)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == np.rint(weights)).all()
    # Each count is binomial of 7 draws at 1/7: mean 1, variance 6/7.
    assert weights.mean(axis=0) == pytest.approx(1, abs=0.2)
    assert weights.var() == pytest.approx(6 / 7, abs=0.12)
    assert len(np.unique(weights, axis=0)) > 0.6 * len(weights)


def test_the_seed_alone_decides():
    def draw(seed):
        return np.concatenate(list(patient_weights(9, 20, seed)))

    np.testing.assert_array_equal(draw(1), draw(1))
    assert (draw(1) != draw(2)).any()


@pytest.mark.parametrize("n", [0, 1])
def test_one_patient_says_nothing_of_others(n):
    with pytest.raises(NeuroLoopError, match=f"radiographs of {n} patient"):
        next(patient_weights(n, 10, seed=0))


def test_auc_by_hand():
    scores = np.array([0.9, 0.5, 0.5, 0.1])
    positive = np.array([True, True, False, False])
    patients = np.array([0, 1, 2, 3])
    weights = np.array([[1.0, 1, 1, 1], [2, 0, 1, 1], [0, 2, 1, 0], [0, 3, 1, 2], [0, 0, 2, 2]])
    expected = [3.5 / 4, 1, 0.5, 7.5 / 9, np.nan]
    np.testing.assert_allclose(weighted_auc(scores, positive, patients, weights), expected)


def test_auc_against_scikit_learn():
    stream = np.random.default_rng(0)
    scores = stream.integers(12, size=150) / 12  # many ties
    positive = stream.random(150) < 0.3 + 0.4 * scores
    patients = stream.integers(40, size=150)
    weights = np.concatenate(list(patient_weights(40, 15, seed=0)))
    expected = [roc_auc_score(positive, scores, sample_weight=row[patients]) for row in weights]
    np.testing.assert_allclose(weighted_auc(scores, positive, patients, weights), expected)
