"""Classes that folds teach from unequal numbers of rows."""

import numpy as np
import pytest
from scipy.linalg import cho_factor, cho_solve

from neuroloop.fmri.balance import class_scale, class_targets
from neuroloop.fmri.decoders import logistic, ridge


def test_targets_by_hand() -> None:
    indicator = np.eye(3)[[0, 0, 0, 0, 2]]
    scale = [2 * np.sqrt(5 / (2 * 4)), 0, 2 * np.sqrt(5 / 2)]
    np.testing.assert_allclose(class_scale(np.array([4, 0, 1])), scale)
    targets = class_targets(indicator)
    np.testing.assert_allclose(targets[0], [scale[0] / 5, 0, -scale[2] / 5])
    np.testing.assert_allclose(targets[4], [-scale[0] * 4 / 5, 0, scale[2] * 4 / 5])


def test_equal_classes_have_plus_and_minus_one_less_their_mean() -> None:
    y = np.arange(12) % 4
    plain = 2 * np.eye(4)[y] - 1
    np.testing.assert_allclose(class_targets(np.eye(4)[y]), plain - plain.mean(axis=0))


def plain(x: np.ndarray, y: np.ndarray, unseen: np.ndarray, k: int, alpha: float) -> np.ndarray:
    """Ridge with an intercept: large classes are favoured."""
    targets = 2 * np.eye(k)[y] - 1
    return weighted(x, y, unseen, targets, np.ones(len(y)), alpha)


def balanced(x: np.ndarray, y: np.ndarray, unseen: np.ndarray, k: int, alpha: float) -> np.ndarray:
    """Ridge with rows that weigh n / (K n_c): its hat matrix depends on the labels."""
    weights = len(y) / (k * np.bincount(y, minlength=k)[y])
    return weighted(x, y, unseen, 2 * np.eye(k)[y] - 1, weights, alpha)


def weighted(
    x: np.ndarray,
    y: np.ndarray,
    unseen: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    alpha: float,
) -> np.ndarray:
    mean = np.average(x, axis=0, weights=weights)
    centre = np.average(targets, axis=0, weights=weights)
    root = np.sqrt(weights)[:, None]
    rows = (x - mean) * root
    factor = cho_factor(rows @ rows.T + alpha * np.eye(len(y)))
    return (unseen - mean) @ (rows.T @ cho_solve(factor, (targets - centre) * root)) + centre


@pytest.mark.parametrize("signal", [0.0, 0.15])
def test_balance_without_weights_gains_what_weights_gain(signal: float) -> None:
    """Thirty classes of eight images, in random order over five folds of runs, as in GOD.

    Long form (60 brains): without signal plain 0.021, weights 0.035, balance 0.033, chance 0.033;
    with signal plain 0.097, weights 0.148, balance 0.143.
    """
    k, fold = 30, np.arange(240) * 5 // 240
    right = dict.fromkeys(("plain", "weights", "balance", "logistic"), 0)
    for seed in range(4):
        generator = np.random.default_rng(seed)
        y = generator.permutation(np.repeat(np.arange(k), 8))
        x = generator.standard_normal((240, 300)) + signal * generator.standard_normal((k, 300))[y]
        for test in (fold == number for number in range(5)):
            args = (x[~test], y[~test], x[test], k, 1000.0)
            runs = fold[~test].astype(str)
            scores = {
                "plain": plain(*args),
                "weights": balanced(*args),
                "balance": ridge.decode(
                    x[~test], y[~test], runs, x[test], k, alphas=[1000.0], alpha_folds=5
                ),
            }
            if signal:
                scores["logistic"] = logistic.decode(
                    x[~test], y[~test], runs, x[test], k, C=0.01, max_iter=1000
                )
            for name, given in scores.items():
                right[name] += int((given.argmax(axis=1) == y[test]).sum())
    share = {name: hits / (4 * 240) for name, hits in right.items()}
    if signal:
        assert share["balance"] > 1.2 * share["plain"]
        assert share["balance"] > 0.9 * share["weights"]
        assert share["logistic"] > 0.1
    else:
        assert share["balance"] == pytest.approx(1 / k, abs=0.01)
        assert share["plain"] < share["balance"]
