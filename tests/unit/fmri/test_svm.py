"""Support vector machines against scikit-learn's, and against the conditions of their optimum."""

import numpy as np
import pytest
from sklearn.svm import SVC

from neuroloop.fmri import permutation, svm, svm_pair
from neuroloop.fmri.decoders.svm import decode
from neuroloop.fmri.svm_interior import path
from neuroloop.fmri.voxels import prepare
from neuroloop.statistics import folds


def brain(
    seed: int, n: int, v: int, k: int, smooth: bool = False, permuted: int = 4
) -> tuple[np.ndarray, np.ndarray, list[folds.Split]]:
    """Voxels with a weak signal, labels (the first row of which is true) and splits by run."""
    generator = np.random.default_rng(seed)
    y = np.tile(np.arange(n // 4) % k, 4)
    runs = np.repeat([*"1234"], n // 4)
    x = generator.standard_normal((n, v))
    if smooth:
        x = np.cumsum(x, axis=1)
    x += generator.standard_normal((k, v))[y] / 2
    more = permutation.permutations(y, np.arange(n).astype(str), runs, generator, permuted)
    splits = folds.splits(folds.group_folds(runs, 4))
    return x.astype(np.float32), np.concatenate([y[None], more]), splits


def classes(seed: int, m: int, v: int, smooth: bool) -> tuple[np.ndarray, np.ndarray]:
    """The definite kernel of two classes of noise, and their signs."""
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((m, v))
    x = np.cumsum(x, axis=1) if smooth else x
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = np.where(np.arange(m) < m // 3, 1.0, -1.0)
    return svm_pair.definite(x @ x.T), y


def worst(kernel: np.ndarray, y: np.ndarray, C: float, found: svm_pair.Machine) -> float:
    """Largest violation of a condition of optimality, in units of the margin."""
    a = y * found.coefficients
    beyond = y * (kernel @ found.coefficients + found.bias) - 1
    near = 1e-7 * min(C, 1 / kernel.diagonal().mean())
    assert a.min() >= -near
    assert a.max() <= C + near
    wrong = np.where(a <= near, np.minimum(beyond, 0), beyond)
    wrong = np.where(a >= C - near, np.maximum(beyond, 0), wrong)
    return max(np.abs(wrong).max(), abs(found.coefficients.sum()) * kernel.diagonal().mean())


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("C", [0.001, 1.0, 100.0])
@pytest.mark.parametrize(("m", "v"), [(12, 1), (30, 5), (30, 28), (60, 30), (60, 200)])
def test_the_conditions_of_the_optimum_hold(m: int, v: int, C: float, smooth: bool) -> None:
    for seed in range(5):
        kernel, y = classes(seed, m, v, smooth)
        assert worst(kernel, y, C, svm_pair.solve(kernel, y, C)) < 1e-8


def test_two_points_by_hand() -> None:
    # At 1 and -3: the widest margin is 4, so that f(x) = x / 2 + 1 / 2, which is a = 1 / 8 each.
    x, y = np.array([[1.0], [-3.0]]), np.array([1.0, -1.0])
    found = svm_pair.solve(svm_pair.definite(x @ x.T), y, 10.0)
    np.testing.assert_allclose(found.coefficients, [1 / 8, -1 / 8], rtol=1e-8)
    assert found.bias == pytest.approx(0.5)
    # With C = 0.1 both are at their bound: w = 0.4, and the bias is amid what both allow.
    bounded = svm_pair.solve(svm_pair.definite(x @ x.T), y, 0.1)
    np.testing.assert_allclose(bounded.coefficients, [0.1, -0.1], rtol=1e-8)
    assert bounded.bias == pytest.approx(((1 - 0.4) + (-1 + 1.2)) / 2)


def test_equal_rows_and_rows_without_variance() -> None:
    kernel, y = classes(0, 12, 4, smooth=False)
    twice = np.repeat(np.repeat(kernel, 2, axis=0), 2, axis=1)
    found = svm_pair.solve(twice + 1e-10 * np.eye(24), np.repeat(y, 2), 0.5)
    single = svm_pair.solve(kernel, y, 1.0)
    decisions = twice @ found.coefficients + found.bias
    np.testing.assert_allclose(
        decisions[::2], kernel @ single.coefficients + single.bias, atol=1e-6
    )
    nothing = svm_pair.solve(svm_pair.definite(np.zeros((4, 4))), np.array([1.0, 1, -1, -1]), 1.0)
    assert np.isfinite([*nothing.coefficients, nothing.bias]).all()


def test_the_interior_path_ends_at_the_same_machine() -> None:
    kernel, y = classes(1, 40, 15, smooth=True)
    *_, (point, error) = path(kernel, y, 1.0)
    exact = svm_pair.solve(kernel, y, 1.0)
    assert error < 1e-8
    near = kernel @ (y * point.a) + point.bias
    np.testing.assert_allclose(near, kernel @ exact.coefficients + exact.bias, atol=1e-5)


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("C", [0.001, 1.0])
@pytest.mark.parametrize(("n", "v", "k"), [(80, 200, 5), (80, 10, 5), (120, 60, 2)])
def test_scores_are_those_of_scikit_learn(n: int, v: int, k: int, C: float, smooth: bool) -> None:
    x, labels, splits = brain(n + v, n, v, k, smooth)
    for split in splits[:2]:
        train, test = prepare(x[split.train], labels[0, split.train], x[split.test], v)
        found = decode(train, labels[0, split.train], split.train, test, k, C=C)
        model = SVC(C=C, kernel="linear", tol=1e-8)
        model.fit(np.float64(train), labels[0, split.train])
        theirs = model.decision_function(np.float64(test))
        mine = found[:, 1] - found[:, 0] if k == 2 else found
        # libsvm computes in single precision, and ends at a tolerance.
        np.testing.assert_allclose(mine, theirs, atol=2e-4)
        assert (found.argmax(axis=1) == model.set_params(break_ties=k > 2).predict(test)).all()


@pytest.mark.parametrize(("v", "kept"), [(120, 120), (120, 50), (30, 10)])
@pytest.mark.parametrize("scale", [True, False])
def test_permuted_predictions_are_those_of_the_decoder(v: int, kept: int, scale: bool) -> None:
    x, labels, splits = brain(v, 80, v, 4)
    for split in splits[:2]:
        fast = svm.permuted_predictions(x, labels, labels[0], split, 4, kept, scale, C=1.0)
        for y, predicted in zip(labels[:, split.train], fast, strict=True):
            train, test = prepare(x[split.train], y, x[split.test], kept, scale)
            slow = decode(train, y, split.train, test, 4, C=1.0)
            np.testing.assert_array_equal(predicted, slow.argmax(axis=1))


def test_a_class_that_the_training_rows_lack_is_never_named() -> None:
    x, labels, splits = brain(3, 80, 40, 3)
    found = np.array(list(svm.permuted_predictions(x, 2 * labels, labels[0], splits[0], 6, 40)))
    assert set(found.ravel().tolist()) == {0, 2, 4}
    train, test = prepare(x[splits[0].train], 2 * labels[0, splits[0].train], x[splits[0].test], 40)
    scored = svm.scores(train, 2 * labels[0, splits[0].train], test, 6, 1.0)
    assert (scored[:, [1, 3, 5]].max(axis=1) < scored[:, [0, 2, 4]].min(axis=1)).all()
