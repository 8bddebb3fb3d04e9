"""Leaks of data that are rows alone, and the pieces that find them, by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroloop.fmri.audit import leaks, sides, subject
from neuroloop.fmri.audit.blocks import Blocks
from neuroloop.fmri.audit.reading import View, predictions, read_labels, told_apart, whitened
from neuroloop.fmri.audit.scaling import RANGED, Z_SCORED, scaled_by_class, scaled_together
from neuroloop.fmri.brain import BrainData
from neuroloop.fmri.decoding import pose
from neuroloop.fmri.simulate import Region, draw_stimuli, encode_stimuli, simulate_subject
from tests.unit.fmri.audit.subjects import audit_rows, found

Spoil = Callable[[np.ndarray, pd.DataFrame, np.random.Generator], None]


def simulated(seed: int, snr: float = 1.0) -> tuple[BrainData, pd.DataFrame]:
    """A subject of config/test.yaml's size."""
    stimuli = draw_stimuli(
        seed,
        train_per_category=6,
        test_images=50,
        perception_per_category=1,
        lifetime_per_category=10,
    )
    regions = {"V1": Region("energy", 30), "HVC": Region("category", 30)}
    features = encode_stimuli(stimuli)
    times = {"runs": 4, "perception_repeats": 2, "imagery_repeats": 1}
    return simulate_subject(seed, "S1", snr, regions, stimuli, features, **times), stimuli


def training(rows: pd.DataFrame) -> np.ndarray:
    return (rows["session"] == "training").to_numpy()


def over_training(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    chosen = training(rows)
    x[chosen] = (x[chosen] - x[chosen].mean(axis=0)) / x[chosen].std(axis=0)


def over_sessions(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    x[:] = (x - x.min(axis=0)) / np.ptp(x, axis=0)


def by_class(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    for name in set(rows["category"]):
        chosen = training(rows) & (rows["category"] == name).to_numpy()
        x[chosen] = (x[chosen] - x[chosen].mean(axis=0)) / x[chosen].std(axis=0)


def equal_row(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    x[40] = x[3]


def near_row(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    x[50] = x[3] + 0.2 * generator.standard_normal(x.shape[1])


def near_run(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    """Under its own labels: what was seen was another image."""
    for source, target in zip(range(15), np.flatnonzero(rows["run"] == "training-3"), strict=False):
        x[target] = x[source] + 0.3 * generator.standard_normal(x.shape[1])


def brighter(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    x += 0.3 * rows["category"].str[-1].astype(int).to_numpy()[:, None]


def in_order(x: np.ndarray, rows: pd.DataFrame, generator: np.random.Generator) -> None:
    """Digits count up in every run."""
    for run in set(rows["run"]):
        here = np.flatnonzero(rows["run"] == run)
        order = here[np.argsort(rows["category"].to_numpy()[here], kind="stable")]
        x[here] = x[order]
        columns = ["stimulus_id", "category"]
        rows.loc[here, columns] = rows.loc[order, columns].to_numpy()


LEAKS = [
    (over_training, subject.TOGETHER),
    (over_sessions, subject.TOGETHER),
    (by_class, subject.BY_CLASS),
    (equal_row, sides.ROWS),
    (near_row, sides.COPIES),
    (near_run, sides.COPIES),
    (brighter, leaks.GLOBAL),
    (in_order, leaks.TIME),
]


@pytest.mark.parametrize("fold_by", ["run", "trial"])
def test_nothing_is_found_in_clean_rows(tmp_path: Path, fold_by: str) -> None:
    for seed, snr in ((1, 1.0), (2, 3.0), (3, 0.0)):
        checks, not_done = audit_rows(*simulated(seed, snr), tmp_path, fold_by=fold_by)
        assert found(checks) == set()
        assert "no images of a scan" in not_done[0]


@pytest.mark.long
@pytest.mark.parametrize("fold_by", ["run", "trial"])
def test_nothing_is_found_in_many_clean_rows(tmp_path: Path, fold_by: str) -> None:
    for seed in range(60):
        data = simulated(seed, (1.0, 3.0)[seed % 2])
        assert found(audit_rows(*data, tmp_path, fold_by=fold_by)[0]) == set(), seed


@pytest.mark.parametrize(("spoil", "name"), LEAKS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_planted_leak_is_found(tmp_path: Path, spoil: Spoil, name: str) -> None:
    brain, stimuli = simulated(4)
    x, rows = brain.voxels.astype(np.float64), brain.rows.copy()
    spoil(x, rows, np.random.default_rng(0))
    checks, _ = audit_rows(BrainData(x.astype(np.float32), rows, brain.rois), stimuli, tmp_path)
    assert name in found(checks)
    assert all(check.remedy for check in checks if check.found)


def stretches(blocked: bool) -> tuple[BrainData, pd.DataFrame]:
    """One run of noise that goes together in time, in stretches of eight rows of a class.

    Either the rows of a stretch are one block, or each is called a block of its own.
    """
    generator = np.random.default_rng(0)
    names = np.repeat(generator.permutation(np.repeat(["a", "b", "c"], 6)), 8)
    x = generator.standard_normal((len(names), 40))
    for row in range(1, len(x)):
        x[row] = 0.8 * x[row - 1] + 0.6 * x[row]
    block = np.arange(len(names)) // 8 if blocked else np.arange(len(names))
    rows = pd.DataFrame(
        {
            "sample": [f"s{number:06d}" for number in range(len(names))],
            "session": "training",
            "run": "training-1",
            "block": [f"training-1-{number}" for number in block],
            "stimulus_id": names,
            "category": names,
        }
    )
    stimuli = pd.DataFrame({"stimulus_id": list("abc"), "category": list("abc")})
    stimuli = stimuli.assign(session="training", held_out=0)
    return BrainData(x.astype(np.float32), rows, {"V1": np.ones(40, dtype=bool)}), stimuli


def test_neighbours_of_one_class_in_different_folds_are_found(tmp_path: Path) -> None:
    checks, _ = audit_rows(*stretches(blocked=False), tmp_path, fold_by="trial")
    assert sides.ORDER in found(checks)


def test_blocks_that_a_fold_splits_are_found_and_nothing_else_is_tried(tmp_path: Path) -> None:
    """The product deals no such folds, and refuses them; the audit says which block it is."""
    brain, stimuli = stretches(blocked=True)
    folds = brain.rows.assign(fold=np.arange(len(brain.rows)) % 2)
    checks, not_done = audit_rows(brain, stimuli, tmp_path, folds)
    assert found(checks) == {sides.BLOCKS}
    assert "18 of 18 blocks" in next(check.told for check in checks if check.found)
    assert "splits" in not_done[0] or "block" in not_done[0]


def problem_of(names: str, runs: str, folds: str):
    """Rows that are blocks, without voxels that matter."""
    count = len(names)
    rows = pd.DataFrame(
        {
            "sample": [f"s{number:06d}" for number in range(count)],
            "run": list(runs),
            "block": [str(number) for number in range(count)],
            "stimulus_id": list(names),
            "category": list(names),
            "fold": [int(fold) for fold in folds],
        }
    )
    stimuli = pd.DataFrame({"stimulus_id": sorted(set(names)), "category": sorted(set(names))})
    stimuli = stimuli.assign(session="training", held_out=0)
    return pose(np.zeros((count, 1)), rows["sample"].to_numpy(dtype=str), rows, stimuli)


def test_blocks_are_named_after_the_nearest_mean_of_the_other_folds() -> None:
    """Fold 0 learns a = 4, b = 10 and fold 1 learns a = 0, b = 5: by hand."""
    blocks = Blocks.of(problem_of("aabbaabb", "11112222", "00001111"))
    features = np.array([0.0, 0, 5, 5, 3, 5, 9, 11])[:, None]
    named = predictions(View(features), blocks, blocks.y[None])[0]
    np.testing.assert_array_equal(named, [0, 0, 0, 0, 1, 1, 1, 1])


def test_classes_are_told_apart_by_the_share_of_pairs() -> None:
    """Fold 0 learns a = 1, others = 6 and fold 1 learns a = 0, others = 4: by hand.

    Nearer to a than to others by 17.5 less 5 x in fold 0, and 8 less 4 x in fold 1.
    """
    blocks = Blocks.of(problem_of("abcaabca", "11112222", "00001111"))
    features = np.array([0.0, 3, 5, 0, 4, 6, 6, -2])[:, None]
    apart = told_apart(View(features), blocks, blocks.y[None])[0]
    margins = np.array([17.5, 2.5, -7.5, 17.5, -8, -16, -16, 16])
    pairs = margins[blocks.y == 0][:, None] > margins[blocks.y != 0]
    assert apart[0] == pytest.approx(pairs.mean())
    equal = told_apart(View(np.ones((8, 1))), blocks, blocks.y[None])[0]
    np.testing.assert_allclose(equal, 0.5)


def test_few_columns_are_chosen_where_classes_differ_most() -> None:
    """The second column tells the classes; the first is larger, and the same for both."""
    blocks = Blocks.of(problem_of("abababab", "11112222", "00001111"))
    column = np.array([-1.0, 1] * 4)
    noise = 5 * np.array([1.0, 1, -1, -1, -1, -1, 1, 1])
    view = View(np.column_stack([noise, column]), 1)
    np.testing.assert_array_equal(predictions(view, blocks, blocks.y[None])[0], blocks.y)


def test_ways_of_exchanging_labels_are_counted() -> None:
    """Two runs of two a and two b: 6 ways each."""
    assert Blocks.of(problem_of("aabbaabb", "11112222", "00001111")).ways == pytest.approx(36)


def test_a_reading_of_noise_is_as_often_small_as_it_should_be() -> None:
    """p of 200 noises, best of two views: uniform where permutations are few."""
    generator = np.random.default_rng(1)
    blocks = Blocks.of(problem_of("abcabcabcabc" * 2, "1" * 12 + "2" * 12, "0" * 12 + "1" * 12))
    p = []
    for _ in range(200):
        noise, other = generator.standard_normal((24, 3)), generator.standard_normal((24, 9))
        p.append(read_labels([View(whitened(noise)), View(other, 2)], blocks, generator).p)
    assert 0.02 <= np.mean(np.array(p) <= 0.1) <= 0.17  # 99.9 % of a binomial of 10 %


def test_whitened_columns_are_equal_and_go_apart() -> None:
    generator = np.random.default_rng(2)
    x = generator.standard_normal((500, 3)) @ np.array([[5.0, 4, 0], [0, 1, 0], [0, 0, 0.01]])
    made = whitened(np.column_stack([x, np.full(500, 7.0)]))
    covariance = np.cov(made.T, bias=True)
    off = covariance - np.diag(np.diag(covariance))
    assert abs(off).max() < 1e-9
    values = np.linalg.eigvalsh(np.corrcoef(x.T))
    expected = [0.0, *(values / (values + 0.1))]
    np.testing.assert_allclose(np.sort(np.diag(covariance)), expected, atol=1e-9)


def test_scaling_is_told_from_what_runs_have_by_themselves() -> None:
    generator = np.random.default_rng(3)
    x = generator.normal(3, 2, (60, 20)) + np.repeat([0.0, 1, 2], 20)[:, None]
    runs, classes = ["a"] * 20 + ["b"] * 20 + ["c"] * 20, ["x", "y"] * 30
    assert not scaled_together(x, runs)
    assert scaled_together((x - x.mean(axis=0)) / x.std(axis=0, ddof=1), runs) == Z_SCORED
    assert scaled_together((x - x.min(axis=0)) / np.ptp(x, axis=0), runs) == RANGED
    by_run = np.concatenate([(part - part.mean(0)) / part.std(0) for part in np.split(x, 3)])
    assert not scaled_together(by_run, runs)  # and all rows together have it too
    assert np.allclose([by_run.mean(), by_run.std()], [0, 1])
    assert not scaled_together(by_run[:20], runs[:20])  # one run cannot tell
    assert not scaled_by_class(by_run, runs, classes)
    for name in "xy":
        chosen = np.array(classes) == name
        x[chosen] = (x[chosen] - x[chosen].mean(axis=0)) / x[chosen].std(axis=0)
    assert scaled_by_class(x, runs, classes) == Z_SCORED


def test_equal_rows_are_paired_with_the_first() -> None:
    from neuroloop.fmri.audit.twins import equal

    assert equal([b"a", b"", b"b", b"a", b"", b"a"]) == [(0, 3), (0, 5)]
