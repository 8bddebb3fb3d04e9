"""Null distributions: what moves, what stays, and where the null lies."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import linear, permutation
from neuroloop.statistics import folds
from neuroloop.statistics import intervals as statistics


def brain(
    seed: int, v: int = 30, k: int = 8, signal: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[folds.Split]]:
    """Five runs of `k` blocks of 3 rows that share most of their noise."""
    generator = np.random.default_rng(seed)
    y = np.repeat(np.concatenate([generator.permutation(k) for _ in range(5)]), 3)
    blocks = np.repeat(np.arange(5 * k), 3).astype(str)
    x = np.repeat(generator.standard_normal((5 * k, v)), 3, axis=0)
    x += 0.3 * generator.standard_normal(x.shape) + signal * generator.standard_normal((k, v))[y]
    runs = np.repeat([*"12345"], 3 * k)
    return x, y, blocks, runs, folds.splits(folds.group_folds(runs, 5))


def test_blocks_move_whole_and_within_their_run() -> None:
    generator = np.random.default_rng(0)
    _, y, blocks, runs, _ = brain(0)
    order = generator.permutation(len(y))
    y, blocks, runs = y[order], blocks[order], runs[order]
    moved = permutation.permutations(y, blocks, runs, generator, 50)
    assert moved.shape == (50, len(y))
    assert (moved != y).any()
    for labels in moved:
        for block in np.unique(blocks):
            assert len(set(labels[blocks == block])) == 1
        for run in "12345":
            assert sorted(labels[runs == run]) == sorted(y[runs == run])


def test_every_order_is_as_likely() -> None:
    y = np.array([0, 0, 1, 1, 2, 2, 5, 6])
    blocks = np.array([*"aabbccde"])
    runs = np.array([*"11111122"])
    generator = np.random.default_rng(1)
    moved = permutation.permutations(y, blocks, runs, generator, 12_000)
    _, counts = np.unique(moved, axis=0, return_counts=True)
    assert len(counts) == 6 * 2
    assert abs(counts - 1000).max() < 150


def test_the_same_stream_gives_the_same_permutation() -> None:
    _, y, blocks, runs, _ = brain(2)
    one, two = (
        permutation.permutations(y, blocks, runs, np.random.default_rng(3), 1) for _ in range(2)
    )
    np.testing.assert_array_equal(one, two)


def test_what_cannot_be_permuted_is_refused() -> None:
    generator = np.random.default_rng(0)
    y, runs = np.array([0, 1, 0, 1]), np.array(["1", "1", "2", "2"])
    with pytest.raises(NeuroLoopError, match="block 'b' has rows of more than one"):
        permutation.permutations(y, np.array(["a", "b", "b", "c"]), runs, generator, 1)
    with pytest.raises(NeuroLoopError, match="block 'a' has rows of more than one"):
        permutation.permutations(np.zeros(4), np.array(["a", "b", "c", "a"]), runs, generator, 1)
    with pytest.raises(NeuroLoopError, match="nothing to permute"):
        permutation.permutations(y, np.array([*"abcd"]), np.array([*"1234"]), generator, 1)


@pytest.mark.parametrize("name", ["svm", "ridge"])
def test_null_of_eight_classes_is_an_eighth(name: str) -> None:
    # The decoder finds a true signal in the labels as they are, and none in permuted ones.
    x, y, blocks, runs, splits = brain(4, signal=1.0)
    null = permutation.retrained_null(
        name, x, y, blocks, runs, splits, 8, np.random.default_rng(5), 60, 20
    )
    assert null.shape == (60,)
    assert null.mean() == pytest.approx(0.125, abs=0.03)
    fitted = linear.fit_linear(name, x, y, runs, splits, 8, 20)
    pairs = zip(fitted, splits, strict=True)
    observed = np.mean([(s.argmax(axis=1) == y[t.test]).mean() for s, t in pairs])
    assert observed > 0.5
    assert statistics.permutation_p(observed, null) == pytest.approx(1 / 61)


def test_null_equals_a_loop_of_scikit_learn() -> None:
    x, y, blocks, runs, splits = brain(6, k=4, signal=0.5)
    null = permutation.retrained_null(
        "svm", x, y, blocks, runs, splits, 4, np.random.default_rng(7), 5, 10, C=0.5
    )
    labels = permutation.permutations(y, blocks, runs, np.random.default_rng(7), 5)
    pipeline = make_pipeline(
        SelectKBest(f_classif, k=10), StandardScaler(), SVC(kernel="linear", C=0.5, break_ties=True)
    )
    for accuracy, permuted in zip(null, labels, strict=True):
        hits = [
            pipeline.fit(x[s.train], permuted[s.train]).predict(x[s.test]) == permuted[s.test]
            for s in splits
        ]
        assert accuracy == pytest.approx(np.concatenate(hits).mean())


@pytest.mark.parametrize("name", ["ridge", "svm"])
def test_a_null_goes_on_from_what_is_known_of_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, blocks, runs, splits = brain(4, k=4, signal=0.3)
    trained, predictions = [], permutation.predictions

    def counted(name: str, x: np.ndarray, labels: np.ndarray, *more: Any, **settings: Any) -> Any:
        trained.append(len(labels))
        return predictions(name, x, labels, *more, **settings)

    monkeypatch.setattr(permutation, "predictions", counted)

    def null(n: int, known: np.ndarray | None = None) -> np.ndarray:
        rows = (x, y, blocks, runs, splits, 4, np.random.default_rng(5))
        return permutation.retrained_null(name, *rows, n, 20, known=known)

    few, many = null(7), null(20)
    assert len(set(many.tolist())) > 3
    trained.clear()
    np.testing.assert_array_equal(null(20, few), many)
    assert trained == [13] * len(splits)
    trained.clear()
    np.testing.assert_array_equal(null(7, many), few)
    assert not trained


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("alphas", [[100.0], [10.0, 1000.0]])
def test_fast_and_slow_null_of_ridge_agree(
    alphas: list[float], scale: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, blocks, runs, splits = brain(8, signal=0.3)

    def null() -> np.ndarray:
        generator = np.random.default_rng(9)
        return permutation.retrained_null(
            "ridge", x, y, blocks, runs, splits, 8, generator, 5, 20, scale=scale, alphas=alphas
        )

    fast = null()
    monkeypatch.delattr(registry.entry("decoder", "ridge"), "permuted_predictions")
    np.testing.assert_array_equal(fast, null())


@pytest.mark.parametrize("one_run", [False, True])
def test_factors_are_shared_by_permutations_of_the_same_folds_alone(
    one_run: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All voxels are kept. Folds of runs are the same for all labels, those of blocks are not."""
    x, y, blocks, runs, splits = brain(8, signal=0.3, k=4)
    if one_run:
        fold = folds.stratified_folds(y.astype(str), 4, np.random.default_rng(0), blocks.tolist())
        runs, splits = np.repeat("1", len(y)), folds.splits(fold)

    def null() -> np.ndarray:
        rows = (x, y, blocks, runs, splits, 4)
        return permutation.retrained_null(
            "ridge", *rows, np.random.default_rng(9), 6, alphas=[1.0, 100.0, 10000.0], alpha_folds=3
        )

    fast = null()
    monkeypatch.delattr(registry.entry("decoder", "ridge"), "permuted_predictions")
    np.testing.assert_array_equal(fast, null())


def test_rows_that_never_teach_are_permuted_too() -> None:
    x, y, blocks, runs, _ = brain(10, signal=1.0)
    keep = np.isin(runs, ["1", "2", "3"])
    splits = folds.splits(folds.group_folds(runs, 5), keep)
    null = permutation.retrained_null(
        "ridge", x, y, blocks, runs, splits, 8, np.random.default_rng(11), 100, 30
    )
    assert null.mean() == pytest.approx(0.125, abs=0.03)


def test_p_values_of_noise_are_uniform() -> None:
    p = []
    for seed in range(60):
        x, y, blocks, runs, splits = brain(100 + seed, k=4)
        fitted = linear.fit_linear("ridge", x, y, runs, splits, 4, 10)
        pairs = zip(fitted, splits, strict=True)
        observed = np.mean([(s.argmax(axis=1) == y[t.test]).mean() for s, t in pairs])
        null = permutation.retrained_null(
            "ridge", x, y, blocks, runs, splits, 4, np.random.default_rng(seed), 99, 10
        )
        p.append(statistics.permutation_p(observed, null))
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.1) < 0.25


def test_balanced_accuracies_are_those_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    labels, predictions = generator.integers(0, 4, (2, 6, 30))
    labels[3] = np.where(labels[3] == 2, 1, labels[3])
    found = permutation.balanced_accuracies(labels, predictions)
    expected = [
        recall_score(*pair, labels=np.unique(pair[0]), average="macro")
        for pair in zip(labels, predictions, strict=True)
    ]
    np.testing.assert_allclose(found, expected)
    by_hand = permutation.balanced_accuracies(np.array([[0, 1, 1, 1]]), np.array([1, 1, 1, 0]))
    np.testing.assert_allclose(by_hand, [1 / 3])


def test_always_naming_one_class_does_no_better_than_its_null() -> None:
    # Blocks of 1 to 4 rows: by plain accuracy some permutations always do worse.
    size = np.tile([1, 2, 3, 4], 10)
    block = np.repeat(np.arange(40), size)
    y = np.random.default_rng(1).permutation(np.arange(40) % 2)[block]
    args = (y, block.astype(str), np.repeat("1", len(y)), np.random.default_rng(2))
    null = permutation.label_null(np.ones_like(y), *args, 50)
    np.testing.assert_allclose(null, 0.5)


@pytest.mark.parametrize("broken", ["nan", "list"])
def test_scores_of_permuted_labels_are_checked(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, blocks, runs, splits = brain(0, k=2)

    def mine(x_train, y_train, groups, x_test, n_classes):
        scores = np.zeros((len(x_test), n_classes))
        scores[:, 0] = np.nan
        return scores if broken == "nan" else [[0.0, 1.0]] * len(x_test)

    entry = SimpleNamespace(decode=mine)
    monkeypatch.setattr(linear, "linear_decoder", lambda name, settings: (entry, True, {}))
    args = (x, y, blocks, runs, splits, 2, np.random.default_rng(0), 3, 30)
    expected = "6 of 12 scores are NaN" if broken == "nan" else "of type list, not a NumPy array"
    with pytest.raises(NeuroLoopError, match=f"'mine', permuted labels: .*{expected}"):
        permutation.retrained_null("mine", *args)


def test_label_null() -> None:
    _, y, blocks, runs, _ = brain(12)
    generator = np.random.default_rng(13)
    null = permutation.label_null(y, y, blocks, runs, generator, 400)
    assert null.mean() == pytest.approx(1 / 8, abs=0.02)
    # Blocks of 3 rows are right or wrong as a whole: accuracies step by 3 of 120, widened.
    steps = np.diff(np.unique(null[null > 0])) * 40 / np.sqrt(2)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
    labels = permutation.permutations(y, blocks, runs, np.random.default_rng(13), 400)
    plain = permutation.balanced_accuracies(labels, y)
    assert null.mean() == pytest.approx(plain.mean(), abs=1e-3)
    assert null.std() == pytest.approx(np.sqrt(2) * plain.std(), rel=0.02)
    assert statistics.permutation_p(1.0, null) == pytest.approx(1 / 401)
    guesses = generator.integers(0, 8, len(y))
    guessed = permutation.label_null(guesses, y, blocks, runs, generator, 400)
    observed = (guesses == y).mean()
    assert 0.001 < statistics.permutation_p(observed, guessed) <= 1


def observed(
    x: np.ndarray,
    y: np.ndarray,
    runs: np.ndarray,
    splits: list[folds.Split],
    blocks: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """Accuracy of ridge and its predictions."""
    predicted = np.empty(len(y), dtype=int)
    fitted = linear.fit_linear("ridge", x, y, runs, splits, y.max() + 1, x.shape[1], blocks)
    for split, scores in zip(splits, fitted, strict=True):
        predicted[split.test] = scores.argmax(axis=1)
    return float((predicted == y).mean()), predicted


def test_p_values_hold_where_folds_were_stratified() -> None:
    # Evenly dealt classes score more than a permutation that is not even: 20 % of p <= 0.05.
    retrained, fixed = [], []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        y = generator.permutation(np.arange(40) % 2)
        x, runs, blocks = generator.standard_normal((40, 50)), np.repeat("1", 40), np.arange(40)
        fold = folds.stratified_folds(map(str, y), 5, generator)
        splits = folds.splits(fold)
        accuracy, predicted = observed(x, y, runs, splits, blocks)
        args = (y, blocks.astype(str), runs)
        null = permutation.retrained_null("ridge", x, *args, splits, 2, generator, 19, 50)
        retrained.append(statistics.permutation_p(accuracy, null))
        null = permutation.label_null(predicted, *args, generator, 19, folds=fold)
        fixed.append(statistics.permutation_p(accuracy, null))
    assert np.mean(np.array(retrained) <= 0.05) <= 0.1
    assert np.mean(np.array(fixed) <= 0.05) <= 0.1


def test_p_values_of_fixed_predictions_hold_though_folds_teach_each_other() -> None:
    """Of two runs, each teaches the other: nearly the same number twice.

    Without widening 10 % of these p are at most 0.05, and the accuracy's spread is 1.3 times its
    null's.
    """
    p, observed, spread = [], [], []
    for seed in range(400):
        generator = np.random.default_rng(seed)
        y = np.concatenate([generator.permutation(np.repeat(np.arange(2), 20)) for _ in range(2)])
        runs, x = np.repeat([*"12"], 40), generator.standard_normal((80, 60))
        centre = [[x[(runs == run) & (y == k)].mean(axis=0) for k in (0, 1)] for run in "21"]
        distance = [((x[:, None] - of_run) ** 2).sum(axis=2) for of_run in centre]
        predicted = np.where(runs == "1", distance[0].argmin(1), distance[1].argmin(1))
        blocks = np.arange(80).astype(str)
        null = permutation.label_null(predicted, y, blocks, runs, generator, 99)
        observed.append((predicted == y).mean())
        spread.append(null.std())
        p.append(statistics.permutation_p(observed[-1], null))
    assert np.mean(np.array(p) <= 0.05) <= 0.06
    # The null is as wide as what it stands for; without widening it is 0.055 where that is 0.071.
    assert np.std(observed) <= np.mean(spread)
    assert np.std(observed) > 1.2 * np.mean(spread) / np.sqrt(2)


def test_p_values_hold_where_images_recur_in_other_runs() -> None:
    # Two classes of four images with patterns of their own, each in every other of eight runs.
    retrained, fixed = [], []
    for seed in range(60):
        generator = np.random.default_rng(seed)
        image = np.concatenate([generator.permutation(4) + 4 * (run % 2) for run in range(8)])
        y, runs = image % 2, np.repeat(np.arange(8), 4).astype(str)
        x = 2 * generator.standard_normal((8, 30))[image] + generator.standard_normal((32, 30))
        stimuli, blocks = image.astype(str), np.arange(32).astype(str)
        splits = folds.splits(folds.group_folds(runs, 8), stimuli=stimuli)
        accuracy, predicted = observed(x, y, runs, splits)
        args = (y, blocks, runs)
        null = permutation.retrained_null(
            "ridge", x, *args, splits, 2, generator, 19, 30, stimuli=stimuli
        )
        retrained.append(statistics.permutation_p(accuracy, null))
        null = permutation.label_null(predicted, *args, generator, 19, stimuli)
        fixed.append(statistics.permutation_p(accuracy, null))
    assert np.mean(np.array(retrained) <= 0.05) <= 0.1
    assert np.mean(np.array(fixed) <= 0.05) <= 0.1
