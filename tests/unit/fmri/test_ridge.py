"""The fast null of ridge against the slow ways of saying the same."""

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuroloop.fmri import permutation, ridge
from neuroloop.fmri.decoders.ridge import decode
from neuroloop.fmri.nested import inner_folds, inner_folds_each
from neuroloop.fmri.ridge_all_voxels import AllVoxels
from neuroloop.fmri.voxels import prepare
from neuroloop.statistics import folds


def brain(
    seed: int, n: int, v: int, k: int, n_permutations: int = 8
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[folds.Split]]:
    """Voxels, labels (the first row of which is true), runs and leave-one-run-out splits."""
    generator = np.random.default_rng(seed)
    runs = np.repeat([*"123456"], n // 6)
    y = np.tile(np.arange(n // 6) % k, 6)
    x = generator.standard_normal((n, v)) + generator.standard_normal((k, v))[y] / 2 + 10
    blocks = np.arange(n).astype(str)
    permuted = permutation.permutations(y, blocks, runs, generator, n_permutations - 1)
    labels = np.concatenate([y[None], permuted])
    return x.astype(np.float32), labels, runs, folds.splits(folds.group_folds(runs, 6))


# More rows than voxels kept, fewer, and all voxels kept (each in its own branch).
SHAPES = [(120, 80, 30), (120, 80, 80), (60, 150, 100), (60, 90, 90), (60, 90, 1000)]


@pytest.mark.parametrize(("n", "v", "kept"), SHAPES)
@pytest.mark.parametrize("alphas", [[30.0], [1.0, 30.0, 1000.0, 30000.0]])
@pytest.mark.parametrize(("k", "scale"), [(2, True), (5, True), (5, False)])
def test_predicts_what_the_decoder_predicts(
    n: int, v: int, kept: int, alphas: list[float], k: int, scale: bool
) -> None:
    x, labels, runs, splits = brain(n + v, n, v, k)
    x *= np.linspace(0.5, 2, v, dtype=np.float32)
    for split in splits[:2]:
        fast = ridge.permuted_predictions(x, labels, runs, split, k, kept, scale, alphas)
        for y, predicted in zip(labels, fast, strict=True):
            train, test = prepare(x[split.train], y[split.train], x[split.test], kept, scale)
            slow = decode(
                train, y[split.train], runs[split.train], test, k, alphas=alphas, alpha_folds=5
            )
            np.testing.assert_array_equal(predicted, slow.argmax(axis=1))


@pytest.mark.parametrize(("n", "v", "kept"), SHAPES[:4])
def test_predicts_what_scikit_learn_predicts(n: int, v: int, kept: int) -> None:
    x, labels, runs, splits = brain(7, n, v, 4)
    for split in splits:
        fast = ridge.permuted_predictions(x, labels, runs, split, 4, kept, alphas=[30.0])
        for y, predicted in zip(labels[:, split.train], fast, strict=True):
            select = make_pipeline(StandardScaler(), SelectKBest(f_classif, k=kept))
            train = select.fit_transform(np.float64(x[split.train]), y)
            count = np.bincount(y)
            targets = (np.eye(4)[y] - count / len(y)) / np.sqrt(count)
            model = Ridge(alpha=30.0).fit(train, targets)
            scores = model.predict(select.transform(np.float64(x[split.test])))
            np.testing.assert_array_equal(predicted, scores.argmax(axis=1))


@pytest.mark.parametrize("kept", [30, 80])
def test_chooses_the_alphas_that_himalaya_chooses(kept: int) -> None:
    from himalaya.ridge import RidgeCV

    alphas = np.geomspace(1, 1e5, 11)
    x, labels, runs, splits = brain(11, 120, 80, 5, n_permutations=20)
    train_rows = splits[0].train
    chosen = []
    for y in labels[:, train_rows]:
        train, _ = prepare(x[train_rows], y, x[:1], kept)
        train = np.float64(train) - np.float64(train).mean(axis=0)
        targets = 2 * np.eye(5)[y]
        fold = inner_folds(runs[train_rows], y, 5)
        centred = targets - targets.mean(axis=0)
        for gram in (None, train.T @ train):
            mine = ridge._Fitter(train.T, train.T, gram, alphas)._best_alpha(centred, fold)
            cv = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(5)]
            model = RidgeCV(
                alphas=alphas, cv=cv, fit_intercept=True, solver_params={"local_alpha": False}
            )
            theirs = model.fit(train, targets).best_alphas_
            assert theirs == pytest.approx(np.full(5, mine))
            chosen.append(mine)
        shared = AllVoxels(train, train, alphas).chosen(centred[:, None], [fold])
        assert alphas[shared[0]] == mine
    assert len(set(chosen)) > 2


@pytest.mark.parametrize("alphas", [[30.0], [3.0, 300.0]])
def test_results_do_not_depend_on_how_the_work_is_cut(
    alphas: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, labels, runs, splits = brain(13, 120, 80, 5)
    args = (x, labels, runs, splits[0], 5, 30, True, alphas)
    whole = list(ridge.permuted_predictions(*args))
    monkeypatch.setattr(ridge, "SUMS_SIZE", 1)
    monkeypatch.setattr(ridge, "GRAM_VOXELS", 10)
    np.testing.assert_array_equal(whole, list(ridge.permuted_predictions(*args)))


def test_a_class_that_the_training_rows_lack_is_never_named() -> None:
    x, labels, runs, splits = brain(17, 120, 40, 4)
    labels = labels + 1  # class 0 of five never occurs
    found = np.array(
        list(ridge.permuted_predictions(x, labels, runs, splits[0], 5, 20, alphas=[1e9]))
    )
    assert found.min() > 0


def test_constant_voxels_do_no_harm() -> None:
    x, labels, runs, splits = brain(19, 120, 40, 4)
    x[:, 5] = 0.1
    x[splits[0].train, 7] = 2.0
    fast = ridge.permuted_predictions(x, labels, runs, splits[0], 4, 40, alphas=[10.0])
    without = np.delete(x, [5, 7], axis=1)
    same = ridge.permuted_predictions(without, labels, runs, splits[0], 4, 38, alphas=[10.0])
    np.testing.assert_array_equal(list(fast), list(same))


@pytest.mark.parametrize("alphas", [[30.0], [3.0, 300.0]])
def test_folds_that_follow_the_labels(alphas: list[float]) -> None:
    """Where every row is a group, or every group has one class, permutations differ in folds."""
    x, labels, _, splits = brain(23, 120, 60, 3)
    rows = np.arange(120).astype(str)
    for split in splits[:2]:
        fast = ridge.permuted_predictions(x, labels, rows, split, 3, 60, True, alphas)
        for y, predicted in zip(labels, fast, strict=True):
            train, test = prepare(x[split.train], y[split.train], x[split.test], 60)
            some = y[split.train], rows[split.train]
            slow = decode(train, *some, test, 3, alphas=alphas, alpha_folds=5)
            np.testing.assert_array_equal(predicted, slow.argmax(axis=1))


@pytest.mark.parametrize("groups", ["runs", "rows", "one", "pairs"])
def test_folds_of_all_permutations_are_those_of_each(groups: str) -> None:
    labels = np.stack([np.random.default_rng(seed).permutation(48) % 3 for seed in range(6)])
    labels[3:] = np.repeat(labels[3:, :24], 2, axis=1)  # pairs of rows have one class
    named = {
        "runs": np.repeat([*"abcd"], 12),
        "rows": np.arange(48).astype(str),
        "one": np.full(48, "a"),
        "pairs": np.repeat(np.arange(24), 2).astype(str),
    }[groups]
    found = inner_folds_each(named, labels, 4)
    for y, folds_of_rows in zip(labels, found, strict=True):
        np.testing.assert_array_equal(folds_of_rows, inner_folds(named, y, 4, strict=False))
