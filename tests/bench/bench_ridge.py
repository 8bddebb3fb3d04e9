"""Null of ridge with voxel selection in the fold, against a scikit-learn pipeline in a loop.

Run as ``python -m tests.bench.bench_ridge``. Both sides do the same for every permutation: in every
fold select voxels, scale, fit and predict. Since ours handles the permutations of a fold together,
it does all `PERMUTATIONS`; the loop, whose permutations cost the same each, does `LOOPED` of them
and its time is scaled up. Rounds alternate in one process, so both see the same machine.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuroloop.fmri import permutation, ridge
from neuroloop.statistics import folds

SAMPLES, CLASSES, RUNS, KEPT = 600, 10, 6, 500
PERMUTATIONS, LOOPED, ROUNDS = 200, 5, 5
ALPHA = 1000.0
GOAL = 4.0


def make(voxels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[folds.Split]]:
    """Voxels with a weak signal, permuted labels, runs and leave-one-run-out splits."""
    generator = np.random.default_rng(0)
    per_run = SAMPLES // RUNS
    y = np.tile(np.arange(per_run) % CLASSES, RUNS)
    runs = np.repeat([str(run) for run in range(RUNS)], per_run)
    means = 0.2 * generator.standard_normal((CLASSES, voxels))
    x = (generator.standard_normal((SAMPLES, voxels)) + means[y]).astype(np.float32)
    labels = permutation.permutations(
        y, np.arange(SAMPLES).astype(str), runs, generator, PERMUTATIONS
    )
    return x, labels, runs, folds.splits(folds.group_folds(runs, RUNS))


def ours(
    x: np.ndarray, labels: np.ndarray, runs: np.ndarray, splits: list[folds.Split]
) -> np.ndarray:
    """Predictions (permutations, samples) by `ridge.permuted_predictions`."""
    predicted = np.empty_like(labels)
    for split in splits:
        fits = ridge.permuted_predictions(x, labels, runs, split, CLASSES, KEPT, alphas=[ALPHA])
        for index, one in enumerate(fits):
            predicted[index, split.test] = one
    return predicted


def reference(
    x: np.ndarray, labels: np.ndarray, runs: np.ndarray, splits: list[folds.Split]
) -> np.ndarray:
    """The same by a scikit-learn pipeline, one permutation and fold at a time."""
    x = x.astype(np.float64)
    model = make_pipeline(StandardScaler(), SelectKBest(f_classif, k=KEPT), RidgeClassifier(ALPHA))
    predicted = np.empty_like(labels)
    for index, y in enumerate(labels):
        for split in splits:
            model.fit(x[split.train], y[split.train])
            predicted[index, split.test] = model.predict(x[split.test])
    return predicted


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Seconds that `work` takes, and its result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def compare(voxels: int) -> tuple[float, float]:
    """Median seconds of ours and of the reference, measured in turn."""
    x, labels, runs, splits = make(voxels)
    fast, slow = [], []
    for _ in range(ROUNDS):
        seconds, mine = timed(lambda: ours(x, labels, runs, splits))
        fast.append(seconds)
        seconds, theirs = timed(lambda: reference(x, labels[:LOOPED], runs, splits))
        slow.append(seconds * PERMUTATIONS / LOOPED)
        if not np.array_equal(mine[:LOOPED], theirs):
            raise AssertionError(f"predictions differ with {voxels} voxels")
    return median(fast), median(slow)


def main() -> int:
    """Print a row for every number of voxels; return 1 if a goal is missed."""
    print(f"{'name':<50} {'ours':>9} {'reference':>10} {'ratio':>6} {'goal':>6}")
    missed = False
    for voxels in (1000, 2000):
        fast, slow = compare(voxels)
        missed |= slow / fast < GOAL
        name = f"ridge null, {KEPT} of {voxels} voxels, {PERMUTATIONS} permutations"
        print(f"{name:<50} {fast:>7.2f} s {slow:>8.2f} s {slow / fast:>6.2f} {f'>={GOAL:g}':>6}")
    print(f"reference: {LOOPED} permutations timed and scaled to {PERMUTATIONS}; same predictions")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
