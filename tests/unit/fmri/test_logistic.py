"""Logistic regression of many labellings against scikit-learn's of one."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from neuroloop.fmri import logistic, permutation
from neuroloop.fmri.decoders.logistic import decode
from neuroloop.fmri.voxels import prepare
from neuroloop.statistics import folds


def brain(
    seed: int, n: int, v: int, k: int, smooth: bool = False, uneven: bool = False
) -> tuple[np.ndarray, np.ndarray, list[folds.Split]]:
    """Voxels with a weak signal, labels (the first row of which is true) and splits by run."""
    generator = np.random.default_rng(seed)
    y = np.tile(np.arange(n // 4) % k, 4)
    if uneven:
        y[y == k - 1] = 0
        y[:: n // 8] = k - 1
    runs = np.repeat([*"1234"], n // 4)
    x = generator.standard_normal((n, v))
    if smooth:
        x = np.cumsum(x, axis=1)
    x += generator.standard_normal((k, v))[y] / 2
    more = permutation.permutations(y, np.arange(n).astype(str), runs, generator, 9)
    splits = folds.splits(folds.group_folds(runs, 4))
    return x.astype(np.float32), np.concatenate([y[None], more]), splits


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("C", [0.001, 0.01, 1.0, 100.0])
@pytest.mark.parametrize(("n", "v", "k"), [(80, 200, 5), (80, 10, 5), (120, 60, 2)])
def test_logits_are_those_of_scikit_learn(
    n: int, v: int, k: int, C: float, smooth: bool, uneven: bool
) -> None:
    x, labels, splits = brain(n + v, n, v, k, smooth, uneven)
    for split in splits[:2]:
        y = labels[0, split.train]
        train, test = prepare(x[split.train], y, x[split.test], v)
        found = decode(train, y, split.train, test, k, C=C, max_iter=1000)
        model = LogisticRegression(C=C, max_iter=20_000, class_weight="balanced", tol=1e-10)
        theirs = model.fit(np.float64(train), y).decision_function(np.float64(test))
        if k == 2:
            theirs = np.stack([-theirs / 2, theirs / 2], axis=1)
        centred = found - found.mean(axis=1, keepdims=True)
        theirs -= theirs.mean(axis=1, keepdims=True)
        assert np.abs(centred - theirs).max() < 1e-4 * max(1.0, np.abs(theirs).max())


def test_voxels_in_large_units_do_no_harm() -> None:
    x, labels, splits = brain(1, 80, 60, 4)
    y = labels[0, splits[0].train]
    train, test = prepare(x[splits[0].train], y, x[splits[0].test], 60, scale=False)
    small = decode(train, y, y, test, 4, C=1.0, max_iter=1000)
    # Weights in units a thousand times smaller have a penalty a million times larger.
    large = decode(1000 * train, y, y, 1000 * test, 4, C=1e-6, max_iter=1000)
    np.testing.assert_allclose(small, large, atol=1e-4)


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize(("v", "kept"), [(120, 120), (120, 50), (30, 10)])
@pytest.mark.parametrize("scale", [True, False])
def test_permuted_predictions_are_those_of_the_decoder(
    v: int, kept: int, scale: bool, k: int
) -> None:
    x, labels, splits = brain(v, 120, v, k, uneven=k > 2)
    for split in splits[:2]:
        rows = x, labels, labels[0], split, k, kept, scale
        fast = logistic.permuted_predictions(*rows, C=0.1)
        for y, predicted in zip(labels[:, split.train], fast, strict=True):
            train, test = prepare(x[split.train], y, x[split.test], kept, scale)
            slow = decode(train, y, split.train, test, k, C=0.1, max_iter=1000)
            np.testing.assert_array_equal(predicted, slow.argmax(axis=1))


def test_results_do_not_depend_on_how_the_work_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels, splits = brain(2, 80, 40, 5)
    rows = x, labels, labels[0], splits[0], 5, 40
    whole = list(logistic.permuted_predictions(*rows))
    monkeypatch.setattr(logistic, "LOGITS", 1)
    np.testing.assert_array_equal(whole, list(logistic.permuted_predictions(*rows)))


def test_a_class_that_the_training_rows_lack_is_never_named() -> None:
    x, labels, splits = brain(3, 80, 40, 3)
    rows = x, 2 * labels, labels[0], splits[0], 6
    for kept in (40, 20):
        found = np.array(list(logistic.permuted_predictions(*rows, kept)))
        assert set(found.ravel().tolist()) == {0, 2, 4}


def test_it_ends_after_the_most_steps() -> None:
    x, labels, splits = brain(4, 80, 40, 4)
    y = labels[0, splits[0].train]
    train, test = prepare(x[splits[0].train], y, x[splits[0].test], 40)
    with pytest.warns(UserWarning, match="had not ended after 1 steps: raise its max_iter"):
        one = decode(train, y, y, test, 4, C=1.0, max_iter=1)
    all_ = decode(train, y, y, test, 4, C=1.0, max_iter=1000)
    assert np.abs(one - all_).max() > 0.01


@pytest.mark.parametrize("kept", [40, 15])
def test_permutations_may_leave_a_class_to_the_test_rows(kept: int) -> None:
    x, labels, splits = brain(3, 80, 40, 4)
    labels = labels.copy()
    for row, own in enumerate(labels):  # a class of one row, in the training rows of every other
        own[own == 3] = 2
        own[(splits[0].train if row % 2 else splits[0].test)[5]] = 3
    found = list(logistic.permuted_predictions(x, labels, labels[0], splits[0], 4, kept))
    for own, named in zip(labels, found, strict=True):
        y = own[splits[0].train]
        train, test = prepare(x[splits[0].train], y, x[splits[0].test], kept)
        scores = decode(train, y, y, test, 4, C=0.01, max_iter=1000)
        np.testing.assert_array_equal(named, scores.argmax(axis=1))


def test_ways_to_solve_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels, splits = brain(4, 80, 60, 4)
    arguments = (x, labels, labels[0], splits[0], 4, 50)
    found = list(logistic.permuted_predictions(*arguments))
    monkeypatch.setattr(logistic, "GRAM_VOXELS", 10)
    np.testing.assert_array_equal(found, list(logistic.permuted_predictions(*arguments)))
    monkeypatch.setattr(logistic, "AXES_PAY", 0)
    np.testing.assert_array_equal(found, list(logistic.permuted_predictions(*arguments)))
