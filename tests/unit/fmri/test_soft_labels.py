"""Out-of-fold scores, calibration and the join of rows to stimuli."""

from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import binom

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import linear, permutation, soft_labels
from neuroloop.fmri.voxels import select_voxels
from neuroloop.statistics import folds, metrics
from neuroloop.statistics.folds import Split


class Brain(NamedTuple):
    x: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    stimuli: np.ndarray

    @property
    def blocks(self) -> np.ndarray:
        return np.arange(len(self.y)).astype(str)

    @property
    def splits(self) -> list[Split]:
        return folds.splits(folds.group_folds(self.runs, 6))


def brain(seed: int, n: int = 240, v: int = 60, k: int = 8, signal: float = 0.35) -> Brain:
    """Six runs with the same number of rows of every class; every stimulus is shown once."""
    generator = np.random.default_rng(seed)
    y = np.concatenate([generator.permutation(np.arange(n // 6) % k) for _ in range(6)])
    x = generator.standard_normal((n, v)) + signal * generator.standard_normal((k, v))[y]
    stimuli = np.array([f"image{i}" for i in generator.permutation(n)])
    return Brain(x.astype(np.float32), y, np.repeat([*"123456"], n // 6), stimuli)


def ridge(n_voxels: int, alpha: float = 100.0) -> soft_labels.Fit:
    return partial(linear.fit_linear, "ridge", n_voxels=n_voxels, alphas=[alpha])


def decode(data: Brain, fit: soft_labels.Fit | None = None) -> soft_labels.OutOfFold:
    return soft_labels.out_of_fold(
        data.x, data.y, data.runs, data.stimuli, data.splits, 8, fit or ridge(20), 5
    )


# What is learned


def test_rows_get_scores_of_the_split_that_tests_them() -> None:
    data = brain(0)
    found = decode(data)
    scores = linear.fit_linear(
        "ridge", data.x, data.y, data.runs, data.splits, 8, 20, alphas=[100.0]
    )
    for index, split in enumerate(data.splits):
        np.testing.assert_array_equal(found.scores[split.test], scores[index])
        assert (found.split[split.test] == index).all()
        np.testing.assert_array_equal(
            found.logits[split.test], scores[index] / found.temperatures[index]
        )


def test_inner_splits_stay_inside_the_training_rows_and_keep_runs_and_stimuli_apart() -> None:
    data = brain(1)
    stimuli = data.stimuli.copy()
    stimuli[[0, 50, 90]] = "seen 3x"
    train = np.flatnonzero(data.runs != "6")
    made = soft_labels.inner_splits(data.y, data.runs, stimuli, train, 5)
    assert sorted(np.concatenate([one.test for one in made])) == train.tolist()
    for one in made:
        assert np.isin(one.train, train).all()
        assert not set(data.runs[one.train]) & set(data.runs[one.test])
        assert not set(stimuli[one.train]) & set(stimuli[one.test])
    assert any("seen 3x" in stimuli[one.test] for one in made)


def test_neither_training_nor_temperature_see_the_test_rows() -> None:
    data = brain(2)
    whole = decode(data)
    tested = data.splits[0].test
    for change in ("labels", "activity"):
        x, y = data.x.copy(), data.y.copy()
        if change == "labels":
            y[tested] = np.roll(y[tested], 3)
        else:
            x[tested[1:]] = 100.0
        other = decode(data._replace(x=x, y=y))
        assert other.temperatures[0] == whole.temperatures[0]
        row = tested[0]
        np.testing.assert_array_equal(other.logits[row], whole.logits[row])
        # The same rows teach the other splits: those must change.
        assert (other.temperatures[1:] != whole.temperatures[1:]).all()


def test_one_call_trains_all_models() -> None:
    data = brain(3)
    calls = []

    def spy(x, y, groups, splits: Sequence[Split], n_classes: int) -> list[np.ndarray]:
        calls.append(len(splits))
        return ridge(20)(x, y, groups, splits, n_classes)

    decode(data, spy)
    assert calls == [6 + 6 * 5]


def test_noise_stays_noise_though_voxels_are_selected() -> None:
    # 2000 voxels of noise, 120 rows: selection outside the folds finds what is not there.
    data = brain(4, n=120, v=2000, signal=0.0)
    n = len(data.y)
    low, high = binom.interval(0.999, n, 1 / 8)
    inside = decode(data, ridge(50))
    right = metrics.hits(inside.logits, data.y).sum()
    assert low <= right <= high
    chosen = select_voxels(data.x, data.y, 50)
    leaked = decode(data._replace(x=data.x[:, chosen]), ridge(50))
    assert metrics.hits(leaked.logits, data.y).sum() > 2 * high


@pytest.mark.parametrize("name", registry.having("decoder", "decode"))
def test_soft_labels_of_permuted_data_carry_no_information(name: str) -> None:
    generator = np.random.default_rng(5)
    right = uniform = 0
    fit = partial(linear.fit_linear, name, n_voxels=20)
    for seed in range(3):
        data = brain(seed)
        y = permutation.permutations(data.y, data.blocks, data.runs, generator, 1)[0]
        found = decode(data._replace(y=y), fit)
        _, soft = soft_labels.by_stimulus(found.logits, data.stimuli, data.stimuli.tolist())
        right += metrics.hits(soft, y).sum()
        uniform += -np.log(soft[np.arange(len(y)), y]).sum()
    low, high = binom.interval(0.999, 3 * len(y), 1 / 8)
    assert low <= right <= high
    # No better than the uniform distribution, and calibrated well enough to be hardly worse.
    assert 0.99 * np.log(8) < uniform / (3 * len(y)) < 1.03 * np.log(8)


# Calibration


def sampled(seed: int, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and classes drawn from their softmax."""
    generator = np.random.default_rng(seed)
    logits = 2 * generator.standard_normal((n, k))
    return logits, (np.cumsum(softmax(logits, 1), 1) > generator.random((n, 1))).argmax(1)


@pytest.mark.parametrize("scale", [1e-3, 0.5, 1.0, 40.0])
def test_temperature_recovers_a_known_scale(scale: float) -> None:
    logits, truth = sampled(0, 20_000, 5)
    assert soft_labels.temperature(scale * logits, truth) == pytest.approx(scale, rel=0.03)


def test_temperature_of_two_rows_by_hand() -> None:
    # Scores +-1 of two classes, 9 rows of 10 right, and one more row of either class half:
    # share right 9.5 / 11, so logit 2 / T = log(9.5 / 1.5).
    scores = np.tile([1.0, -1.0], (10, 1))
    truth = np.array([0] * 9 + [1])
    expected = 2 / np.log(9.5 / 1.5)
    assert soft_labels.temperature(scores, truth) == pytest.approx(expected, rel=1e-5)


def test_temperature_against_another_optimiser() -> None:
    scores, truth = sampled(1, 300, 4)
    scores = 7 * scores

    def loss(inverse: np.ndarray) -> float:
        p = softmax(scores * inverse[0], axis=1)
        return -np.log(p[np.arange(300), truth]).sum() - np.log(p).mean()

    best = 1 / minimize(loss, [0.1], method="Nelder-Mead", options={"xatol": 1e-9}).x[0]
    assert soft_labels.temperature(scores, truth) == pytest.approx(best, rel=1e-4)


def test_temperature_of_perfect_useless_and_equal_scores() -> None:
    generator = np.random.default_rng(2)
    truth = generator.integers(0, 4, 100)
    perfect = np.eye(4)[truth]
    wrong = 1 - softmax(perfect / soft_labels.temperature(perfect, truth), axis=1).max(axis=1)
    assert wrong.mean() == pytest.approx(0.75 / 101, rel=1e-3)
    against = -np.eye(4)[truth]
    flat = softmax(against / soft_labels.temperature(against, truth), axis=1)
    np.testing.assert_allclose(flat, 0.25, atol=1e-4)
    assert soft_labels.temperature(np.ones((100, 4)), truth) == 1.0


@pytest.mark.parametrize("name", registry.having("decoder", "decode"))
def test_calibration_improves_the_log_loss(name: str) -> None:
    data = brain(6)
    found = decode(data, partial(linear.fit_linear, name, n_voxels=20))
    raw, calibrated = (metrics.log_loss(z, data.y) for z in (found.scores, found.logits))
    assert calibrated < raw - 0.02
    assert calibrated < np.log(8)
    np.testing.assert_array_equal(found.scores.argmax(1), found.logits.argmax(1))


def test_rows_of_classes_unknown_to_their_inner_split_do_not_calibrate() -> None:
    y = np.array([0, 1, 0, 1, 2])
    split = Split(np.array([0, 1]), np.array([2, 3, 4]))
    scores = np.array([[2.0, 1.0, -9.0], [0.0, 1.0, -9.0], [1.0, 0.5, -9.0]])
    kept = soft_labels.calibrate(y, [split], [scores])
    assert kept == soft_labels.temperature(scores[:2], y[2:4])
    with pytest.raises(NeuroLoopError, match="no training row can calibrate"):
        soft_labels.calibrate(
            np.array([0, 1, 2, 3]), [Split(*np.arange(4).reshape(2, 2))], [scores[:2]]
        )


def test_a_training_set_of_one_class_is_refused() -> None:
    data = brain(7)
    y = np.where(data.runs == "1", data.y, 0)
    with pytest.raises(NeuroLoopError, match="fold 0 has 200 training rows and none of 7 of 8 cl"):
        decode(data._replace(y=y))


def test_a_split_that_cannot_learn_a_class_is_refused() -> None:
    data = brain(7)
    y = np.where((data.y == 3) & (data.runs != "4"), 2, data.y)
    with pytest.raises(NeuroLoopError, match=r"fold 3 .* none of 1 of 8 classes \(3\): no other"):
        decode(data._replace(y=y))


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (lambda m, k: np.full((m, k), np.nan), r"320 of 320 scores are NaN"),
        (lambda m, k: np.where(np.arange(k) == 0, 0, -np.inf) * np.ones((m, 1)), "infinite"),
        (lambda m, k: np.zeros(m), r"shape \(40,\), not \(40, 8\)"),
        (lambda m, k: np.zeros((m, k - 1)), r"shape \(40, 7\), not \(40, 8\)"),
        (lambda m, k: np.full((m, k), "high"), "not numbers"),
        (lambda m, k: [[0.0] * k] * m, "of type list, not a NumPy array: fix the decoder"),
    ],
)
def test_a_decoder_that_gives_no_scores_is_named(broken, what, monkeypatch) -> None:
    def careless(x_train, y_train, groups_train, x_test, n_classes):
        return broken(len(x_test), n_classes)

    entry = SimpleNamespace(decode=careless)
    monkeypatch.setattr(linear, "linear_decoder", lambda name, settings: (entry, True, {}))
    with pytest.raises(NeuroLoopError, match=rf"decoder 'careless', fold 0: .*{what}") as error:
        decode(brain(7), partial(linear.fit_linear, "careless", n_voxels=20))
    assert "\n" not in str(error.value)


def test_a_class_that_cannot_be_calibrated_is_called_by_its_name() -> None:
    # Ten blocks in one run; of the third class each fold learns one.
    y = np.array([0, 1, 0, 1, 0, 1, 0, 1, 2, 2])
    x, runs, shown = np.eye(10), np.repeat("1", 10), np.full(10, "")
    splits = [Split(np.delete(np.arange(10), t), np.array(t)) for t in ([0, 1, 8], [2, 3, 9])]
    fit = partial(linear.fit_linear, "ridge", n_voxels=10)
    rows = (x, y, runs, shown, splits, 3, fit, 2, np.arange(10).astype(str))
    with pytest.raises(NeuroLoopError, match="a fold learns class 'owl' from one block"):
        soft_labels.out_of_fold(*rows, classes=["cat", "dog", "owl"])


@pytest.mark.parametrize("calibrated", [True, False])
def test_rows_of_blocks_of_one_run_are_not_dealt_one_by_one(calibrated: bool) -> None:
    """Noise of one run in blocks of ten volumes: rows dealt evenly by class would read at 87 %."""
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((24, 30)).repeat(10, axis=0)
    x = noise + 0.3 * generator.standard_normal((240, 30))
    y = np.concatenate([generator.permutation(4) for _ in range(6)]).repeat(10)
    runs = np.repeat("1", 240)
    splits = folds.splits(folds.stratified_folds(y.astype(str), 5, generator))
    fit = partial(linear.fit_linear, "ridge", alphas=[100.0])
    rows = (x, y, runs, None, splits, 4, fit, 3) if calibrated else (x, y, runs, splits, 4)
    with pytest.raises(NeuroLoopError, match=r"rows of block .* both learned and tested") as error:
        (soft_labels.out_of_fold if calibrated else fit)(*rows)
    assert "\n" not in str(error.value)


def test_images_that_all_runs_share_cannot_calibrate_and_that_is_said() -> None:
    # Two halves of runs with images of their own: less one run's images, one half is left.
    image = np.concatenate([np.arange(4) + 4 * (run // 2) for run in range(4)])
    runs = np.repeat([*"1234"], 4)
    splits = folds.splits(folds.group_folds(runs, 4), stimuli=image.astype(str))
    fit = partial(linear.fit_linear, "ridge", n_voxels=16)
    with pytest.raises(
        NeuroLoopError, match="no fold learns a class from two runs that show different images"
    ):
        soft_labels.out_of_fold(np.eye(16), image % 2, runs, image.astype(str), splits, 2, fit, 2)


def test_a_calibration_fold_without_scores_is_named() -> None:
    def fit(x, y, groups, splits: Sequence[Split], n_classes: int) -> list[np.ndarray]:
        scores = [np.eye(n_classes)[y[split.test]] for split in splits]
        scores[8][2, 1] = np.nan
        return scores

    with pytest.raises(NeuroLoopError, match="decoder 'fit', calibration fold 2: 1 of 320"):
        decode(brain(7), fit)


def test_calibration_folds_of_one_run_keep_blocks_whole() -> None:
    # Two runs: one is left to learn from, in blocks of 5 rows.
    data = brain(7)
    y, blocks = np.repeat(np.arange(48) % 8, 5), np.repeat(np.arange(48), 5).astype(str)
    runs = np.repeat(["1", "2"], 120)
    seen = []

    def spy(x, y, groups, splits: Sequence[Split], n_classes: int) -> list[np.ndarray]:
        seen.extend(splits[2:])
        return ridge(20)(x, y, groups, splits, n_classes)

    outer = folds.splits(folds.group_folds(runs, 2))
    soft_labels.out_of_fold(data.x, y, runs, data.stimuli, outer, 8, spy, 3, blocks)
    assert len(seen) == 6
    for split in seen:
        assert not set(blocks[split.train]) & set(blocks[split.test])
        assert set(y[split.train]) == set(range(8))


def test_a_row_is_tested_once() -> None:
    data = brain(8)
    twice = [*data.splits, data.splits[0]]
    with pytest.raises(ValueError, match="split 6"):
        soft_labels.out_of_fold(data.x, data.y, data.runs, data.stimuli, twice, 8, ridge(20), 5)


def test_rows_that_no_split_tests_have_no_logits() -> None:
    data = brain(9)
    found = soft_labels.out_of_fold(
        data.x, data.y, data.runs, data.stimuli, data.splits[:2], 8, ridge(20), 5
    )
    assert (np.isnan(found.logits).all(axis=1) == (found.split == -1)).all()
    assert (found.split == -1).sum() == 160


# The join


def test_mean_by_hand() -> None:
    logits = np.array([[0.0, 2.0], [1.0, 1.0], [4.0, 0.0]])
    mean, soft = soft_labels.by_stimulus(logits, ["b", "a", "b"], ["a", "b"])
    assert mean.tolist() == [[1.0, 1.0], [2.0, 1.0]]
    np.testing.assert_allclose(soft[1], [np.e / (1 + np.e), 1 / (1 + np.e)], rtol=1e-6)
    assert mean.dtype == soft.dtype == np.float32


def test_soft_labels_sum_to_one_and_are_the_softmax_of_what_is_stored() -> None:
    logits = 30 * np.random.default_rng(0).standard_normal((500, 150))
    names = [f"image{i}" for i in range(500)]
    mean, soft = soft_labels.by_stimulus(logits, names, names)
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(soft, softmax(np.float64(mean), axis=1).astype(np.float32))


def test_rows_are_joined_by_id() -> None:
    data = brain(10)
    names = sorted(data.stimuli.tolist())
    found = decode(data)
    logits, soft = soft_labels.by_stimulus(found.logits, data.stimuli, names)
    row = data.stimuli.tolist().index("image7")
    np.testing.assert_array_equal(logits[names.index("image7")], np.float32(found.logits[row]))
    # Rows in another order, taken within runs so that the folds hold the same rows.
    generator = np.random.default_rng(0)
    order = np.concatenate([40 * run + generator.permutation(40) for run in range(6)])
    shuffled = Brain(data.x[order], data.y[order], data.runs[order], data.stimuli[order])
    _, again = soft_labels.by_stimulus(decode(shuffled).logits, shuffled.stimuli, names)
    np.testing.assert_allclose(again, soft, atol=1e-6)


def test_stimuli_and_rows_must_meet() -> None:
    logits = np.array([[0.0, 1.0], [1.0, 0.0], [np.nan, np.nan]])
    with pytest.raises(NeuroLoopError, match=r"1 of 3 stimuli .* 'c'"):
        soft_labels.by_stimulus(logits, ["a", "b", "c"], ["a", "b", "c"])
    with pytest.raises(NeuroLoopError, match="'b'"):
        soft_labels.by_stimulus(logits, ["a", "b", "a"], ["a"])
    kept, _ = soft_labels.by_stimulus(logits, ["a", "", "z"], ["a"])
    assert kept.tolist() == [[0.0, 1.0]]
