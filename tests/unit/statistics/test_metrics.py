"""Metrics against values by hand and other libraries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binned_statistic, rankdata
from sklearn import metrics as sklearn_metrics

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics import metrics

#: Three rows, of which the first two are named right.
BY_HAND = np.log([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.6, 0.3, 0.1]])
TRUTH = np.array([0, 1, 2])


def _sample(n: int = 400, n_classes: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(n_classes, size=n)
    logits = generator.normal(size=(n, n_classes))
    logits[np.arange(n), truth] += 1.0
    return logits, truth


def _softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def test_values_by_hand():
    values = metrics.classification_metrics(BY_HAND, TRUTH)
    assert values == {
        "accuracy": pytest.approx(2 / 3),
        "balanced_accuracy": pytest.approx(2 / 3),
        "top5_accuracy": None,
        "log_loss": pytest.approx(-np.log(0.7 * 0.5 * 0.1) / 3),
        # Three bins of one row each: confidences 0.7, 0.5, 0.6 against 1, 1, 0.
        "calibration_error": pytest.approx((0.3 + 0.5 + 0.6) / 3),
        # Of the pairs with a wrong class, 2 + 2 + 0 of 6 are won.
        "pairwise_identification": pytest.approx(4 / 6),
        "chance": pytest.approx(1 / 3),
        "n": 3,
    }


def test_values_against_scikit_learn():
    logits, truth = _sample()
    probabilities = _softmax(logits)
    values = metrics.classification_metrics(logits, truth)
    named = logits.argmax(axis=1)
    assert values["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(truth, named))
    assert values["balanced_accuracy"] == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(truth, named)
    )
    assert values["top5_accuracy"] == pytest.approx(
        sklearn_metrics.top_k_accuracy_score(truth, logits, k=5)
    )
    assert values["log_loss"] == pytest.approx(sklearn_metrics.log_loss(truth, probabilities))
    np.testing.assert_array_equal(
        metrics.confusion_matrix(logits, truth), sklearn_metrics.confusion_matrix(truth, named)
    )
    assert values["chance"] == np.unique(truth, return_counts=True)[1].max() / len(truth)


def test_agreement_by_chance_against_kappa_and_by_hand():
    logits, truth = _sample()
    named = logits.argmax(axis=1)
    accuracy = (named == truth).mean()
    kappa = sklearn_metrics.cohen_kappa_score(truth, named)
    found = metrics.agreement_by_chance(logits, truth)
    assert found == pytest.approx((accuracy - kappa) / (1 - kappa))
    always = np.tile([0.0, 1.0], (10, 1))
    assert metrics.agreement_by_chance(always, np.repeat([0, 1], [2, 8])) == pytest.approx(0.8)
    assert metrics.agreement_by_chance(always, np.repeat([0, 1], 5)) == 1 / 2


def test_classes_that_do_not_occur_do_not_count_for_balanced_accuracy():
    logits, truth = _sample()
    some = truth < 3
    named = logits[some].argmax(axis=1)
    with np.errstate(all="raise"), pytest.warns(UserWarning, match="y_pred contains classes"):
        expected = sklearn_metrics.balanced_accuracy_score(truth[some], named)
    assert metrics.balanced_accuracy(logits[some], truth[some]) == pytest.approx(expected)
    assert metrics.confusion_matrix(logits[some], truth[some]).shape == (8, 8)


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_calibration_error_against_binned_means(scale):
    logits, truth = _sample()
    logits = scale * logits
    confidence = _softmax(logits).max(axis=1)
    gap = (logits.argmax(axis=1) == truth) - confidence
    mean, _, _ = binned_statistic(confidence, gap, "mean", bins=15, range=(0, 1))
    count, _, _ = binned_statistic(confidence, gap, "count", bins=15, range=(0, 1))
    expected = np.nansum(np.abs(mean) * count) / len(truth)
    assert metrics.calibration_error(logits, truth) == pytest.approx(expected)


def test_a_bin_holds_its_upper_edge():
    # Confidences 0.5 (right) and 0.9 (wrong): the edge at 0.5 parts them if it is of the bin below.
    logits = np.array([[0.0, 0.0], [np.log(9), 0.0]])
    apart = metrics.calibration_error(logits, np.array([0, 1]), n_bins=2)
    assert apart == pytest.approx((0.5 + 0.9) / 2)


def test_a_calibrated_reader_has_hardly_any_calibration_error():
    generator = np.random.default_rng(3)
    logits = 2 * generator.normal(size=(40_000, 5))
    draw = generator.random(len(logits))[:, None]
    truth = (_softmax(logits).cumsum(axis=1) < draw).sum(axis=1)
    assert metrics.calibration_error(logits, truth) < 0.01
    assert metrics.calibration_error(3 * logits, truth) > 0.1


def test_pairwise_identification_against_ranks():
    logits, truth = _sample()
    logits = np.round(logits, 1)  # ties
    rank = np.array([rankdata(row)[own] for row, own in zip(logits, truth, strict=True)])
    expected = ((rank - 1) / (logits.shape[1] - 1)).mean()
    assert metrics.pairwise_identification(logits, truth) == pytest.approx(expected)


def test_constant_logits_are_at_chance():
    logits, truth = np.zeros((800, 8)), np.arange(800) % 8
    values = metrics.classification_metrics(logits, truth)
    assert values["accuracy"] == values["chance"] == 1 / 8
    assert values["top5_accuracy"] == 5 / 8
    assert values["pairwise_identification"] == 0.5
    assert values["log_loss"] == pytest.approx(np.log(8))
    assert values["calibration_error"] == pytest.approx(0)


@given(
    arrays(float, (6, 4), elements=st.floats(-5, 5).map(lambda x: round(x, 1))), st.integers(1, 4)
)
def test_hits_among_the_first_k(logits, k):
    truth = np.array([0, 1, 2, 3, 0, 1])
    first = np.argsort(-logits, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(
        metrics.hits(logits, truth, k), (first == truth[:, None]).any(axis=1)
    )


def test_large_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0], [-1e4, 0.0]], dtype=np.float32)
    assert metrics.log_loss(logits, np.array([0, 0])) == pytest.approx(5e3)


def test_a_constant_added_to_a_row_changes_nothing():
    logits, truth = _sample()
    shifted = logits + 8.0 * np.arange(len(logits))[:, None]
    assert metrics.classification_metrics(shifted, truth) == pytest.approx(
        metrics.classification_metrics(logits, truth)
    )


def test_six_classes_are_the_fewest_with_a_top_five():
    assert metrics.classification_metrics(*_sample(n_classes=5))["top5_accuracy"] is None
    assert metrics.classification_metrics(*_sample(n_classes=6))["top5_accuracy"] is not None


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_logits_that_are_not_finite_are_counted_and_refused(lost):
    logits, truth = _sample(n=10)
    logits[[2, 2, 5], [0, 1, 0]] = lost
    with pytest.raises(NeuroLoopError, match=r"^2 of 10 rows of logits are not finite"):
        metrics.classification_metrics(logits, truth)


@pytest.mark.parametrize(
    ("logits", "truth"),
    [
        (np.zeros((3, 2)), np.array([0, 1])),
        (np.zeros(3), np.array([0, 1, 0])),
        (np.zeros((0, 2)), np.array([], dtype=int)),
        (np.zeros((2, 2)), np.array([0, 2])),
        (np.zeros((2, 2)), np.array([0, -1])),
        (np.zeros((2, 1)), np.array([0, 0])),
    ],
)
def test_shapes_and_classes_that_cannot_be_scored_are_refused(logits, truth):
    with pytest.raises(ValueError, match="logits"):
        metrics.classification_metrics(logits, truth)


def test_pairwise_identification_by_chance_by_hand():
    # Fold 0 holds classes 0, 0 and 1; its logits rank class 0 last, as rare in training.
    logits = np.array([[0.0, 1.0, 2.0]] * 3 + [[3.0, 1.0, 1.0]] * 2)
    truth, folds = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, 1, 1])
    # Wrong classes beaten on average: 2/3 * 0 + 1/3 * 1 in fold 0, half a tie in fold 1.
    expected = (3 * 1 / 3 + 2 * 0.5) / (5 * 2)
    assert metrics.pairwise_by_chance(logits, truth, folds) == pytest.approx(expected)


def test_pairwise_identification_by_chance_is_its_mean_over_exchanged_truths():
    logits, truth = _sample(40, 4, seed=3)
    truth[:12] = 0
    folds = np.repeat([0, 1], 20)
    generator = np.random.default_rng(0)
    drawn = [
        metrics.pairwise_identification(
            logits, np.concatenate([generator.permutation(truth[folds == fold]) for fold in (0, 1)])
        )
        for _ in range(3000)
    ]
    found = metrics.pairwise_by_chance(logits, truth, folds)
    assert found == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / np.sqrt(3000))
    equal = np.tile(np.arange(4), 10)
    assert metrics.pairwise_by_chance(logits, equal, folds) == pytest.approx(0.5)
