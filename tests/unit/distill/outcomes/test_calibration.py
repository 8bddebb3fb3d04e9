"""Calibration of students: by hand, and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics

from neuroloop.distill.outcomes.calibration import (
    BINS,
    brier_cells,
    calibration_cells,
    log_loss_cells,
)


@pytest.fixture
def students():
    """Logits of three students and the truth of 200 images of four classes."""
    generator = np.random.default_rng(3)
    truth = generator.integers(4, size=200)
    logits = generator.normal(size=(3, 200, 4)) + 1.5 * np.eye(4)[truth]
    return logits.astype(np.float32), truth


def logits_of(*probabilities):
    return np.log(np.array([probabilities]))


def test_the_calibration_error_by_hand():
    # Two bins of two: sure of 0.6 and 0.7, both right; sure of 0.8 and 0.9, one right.
    logits = logits_of((0.4, 0.6), (0.7, 0.3), (0.8, 0.2), (0.1, 0.9))
    cells = calibration_cells(logits, np.array([1, 0, 0, 0]), n_bins=2)
    np.testing.assert_allclose(cells, [[0.4, 0.3, -0.2, 0.9]])
    assert cells.mean() == pytest.approx((0.7 + 0.7) / 4)


def test_bins_hold_as_many_images_each(students):
    """Against scikit-learn's quantile bins, of confidence and of being right."""
    from sklearn.calibration import calibration_curve

    logits, truth = students
    for student, cells in zip(logits, calibration_cells(logits, truth, n_bins=10), strict=True):
        sure = softmax(student.astype(float), axis=1).max(axis=1)
        right = student.argmax(axis=1) == truth
        accuracy, confidence = calibration_curve(right, sure, n_bins=10, strategy="quantile")
        assert cells.mean() == pytest.approx(np.abs(accuracy - confidence).mean(), rel=1e-6)


def test_who_is_right_as_often_as_sure_is_calibrated():
    # 0.75 sure, and three of four right: the only bin has no surplus.
    logits = np.tile(logits_of((0.75, 0.25)), (1, 60, 1))
    truth = np.arange(60) % 4 == 0
    assert calibration_cells(logits, truth.astype(int), n_bins=1).mean() == pytest.approx(0)
    assert calibration_cells(logits, np.zeros(60, int), n_bins=1).mean() == pytest.approx(0.25)


def test_few_images_make_fewer_bins(students):
    logits, truth = students[0][:, : BINS - 5], students[1][: BINS - 5]
    sure = softmax(logits.astype(float), axis=2).max(axis=2)
    right = logits.argmax(axis=2) == truth
    np.testing.assert_allclose(calibration_cells(logits, truth), np.abs(sure - right))


def test_brier_score_by_hand_and_as_in_scikit_learn(students):
    cells = brier_cells(logits_of((0.2, 0.3, 0.5)), np.array([1]))
    assert cells == pytest.approx(0.2**2 + 0.7**2 + 0.5**2)
    logits, truth = students
    for student, cell in zip(logits, brier_cells(logits, truth), strict=True):
        probabilities = softmax(student.astype(float), axis=1)
        own = [metrics.brier_score_loss(truth == k, probabilities[:, k]) for k in range(4)]
        assert cell.mean() == pytest.approx(sum(own))


def test_log_loss_by_hand_and_as_in_scikit_learn(students):
    assert log_loss_cells(logits_of((0.2, 0.8)), np.array([0])) == pytest.approx(-np.log(0.2))
    logits, truth = students
    for student, cell in zip(logits, log_loss_cells(logits, truth), strict=True):
        probabilities = softmax(student.astype(float), axis=1)
        assert cell.mean() == pytest.approx(metrics.log_loss(truth, probabilities))
