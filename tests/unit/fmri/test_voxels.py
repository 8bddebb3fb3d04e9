"""Voxel selection and scaling."""

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.preprocessing import StandardScaler

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import voxels


def noise(seed: int, n: int, v: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    x = generator.standard_normal((n, v)).astype(np.float32)
    return x, generator.permutation(np.arange(n) % k)


def test_f_by_hand() -> None:
    # Means 2 and 4, grand mean 3: between 2*1 + 2*1 = 4, within 4 * 1 = 4; F = (4 / 1) / (4 / 2).
    x = np.array([[1.0], [3.0], [3.0], [5.0]])
    assert voxels.anova_f(x, np.array([0, 0, 1, 1])) == pytest.approx([2.0])


def test_f_equals_scikit_learn() -> None:
    x, y = noise(0, 60, 40, 4)
    x = 3 * x + y[:, None] * np.linspace(0, 2, 40) + 100
    expected, _ = f_classif(x.astype(np.float64), y[:] * 7 - 3)
    np.testing.assert_allclose(voxels.anova_f(x, y * 7 - 3), expected, rtol=1e-9)


def test_f_with_classes_of_unequal_size() -> None:
    x, _ = noise(1, 50, 10, 3)
    y = np.repeat([0, 1, 2], [5, 15, 30])
    expected, _ = f_classif(x.astype(np.float64), y)
    np.testing.assert_allclose(voxels.anova_f(x, y), expected, rtol=1e-9)


def test_f_of_voxels_without_variance() -> None:
    x, y = noise(2, 30, 3, 3)
    x[:, 0] = 0.1
    x[:, 1] = y + 0.1
    f = voxels.anova_f(x, y)
    assert f[0] == 0
    assert f[1] == np.inf
    assert np.isfinite(f[2])
    assert voxels.select_voxels(x, y, 2).tolist() == [1, 2]


def test_f_refuses_nan() -> None:
    x, y = noise(3, 20, 4, 2)
    x[4, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        voxels.anova_f(x, y)


@pytest.mark.parametrize("y", [[0, 0, 0, 0], [0, 1, 2, 3]])
def test_f_needs_classes_and_rows(y: list[int]) -> None:
    with pytest.raises(NeuroLoopError, match="4 training samples"):
        voxels.anova_f(np.eye(4), np.array(y))


def test_selection_equals_scikit_learn() -> None:
    x, y = noise(4, 60, 200, 5)
    chosen = SelectKBest(f_classif, k=30).fit(x.astype(np.float64), y).get_support(indices=True)
    np.testing.assert_array_equal(voxels.select_voxels(x, y, 30), chosen)


def test_selection_breaks_ties_by_index() -> None:
    x, y = noise(5, 30, 1, 3)
    same = np.repeat(x, 6, axis=1)
    assert voxels.select_voxels(same, y, 3).tolist() == [0, 1, 2]
    assert voxels.top_voxels(np.array([1.0, 3.0, 2.0, 3.0, 3.0]), 2).tolist() == [1, 3]


@pytest.mark.parametrize("n", [7, 8, 100])
def test_selection_of_all(n: int) -> None:
    x, y = noise(6, 30, 7, 3)
    assert voxels.select_voxels(x, y, n).tolist() == list(range(7))


def test_selection_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="0 voxels"):
        voxels.top_voxels(np.ones(3), 0)


def test_prepare_equals_scikit_learn() -> None:
    x, y = noise(7, 80, 50, 4)
    x = 5 * x + 20
    train, test = voxels.prepare(x[:60], y[:60], x[60:], 20)
    chosen = voxels.select_voxels(x[:60], y[:60], 20)
    scaler = StandardScaler().fit(x[:60, chosen].astype(np.float64))
    assert train.dtype == test.dtype == np.float32
    np.testing.assert_allclose(train, scaler.transform(x[:60, chosen]), atol=2e-5)
    np.testing.assert_allclose(test, scaler.transform(x[60:, chosen]), atol=2e-5)


def test_prepare_without_scaling_keeps_units() -> None:
    x, y = noise(7, 80, 50, 4)
    x = 5 * x + 20
    x[:60, 3] = 4.0
    train, test = voxels.prepare(x[:60], y[:60], x[60:], 50, scale=False)
    expected = x[60:] - x[:60].mean(axis=0)
    expected[:, 3] = 0
    np.testing.assert_allclose(test, expected, atol=1e-5)
    np.testing.assert_allclose(train.std(axis=0), x[:60].std(axis=0), atol=1e-4)


def test_prepare_does_not_look_at_test_rows() -> None:
    x, y = noise(8, 40, 30, 4)
    train, test = voxels.prepare(x[:30], y[:30], x[30:], 10)
    other = x[30:].copy()
    other[1:] = 1e6
    same_train, other_test = voxels.prepare(x[:30], y[:30], other, 10)
    np.testing.assert_array_equal(train, same_train)
    np.testing.assert_array_equal(test[0], other_test[0])


def test_prepare_turns_constant_voxels_into_zero() -> None:
    x, y = noise(9, 40, 5, 2)
    x[:30, 2] = 0.3
    train, test = voxels.prepare(x[:30], y[:30], x[30:], 5)
    assert (train[:, 2] == 0).all()
    assert (test[:, 2] == 0).all()
    assert np.isfinite(train).all()
