"""Null of ridge, one and several penalties, against scikit-learn in a loop.

Run as ``python -m tests.bench.bench_ridge``. Both sides do the same for every permutation: in the
first fold select voxels (or take all), scale, choose the penalty in five folds of runs where there
are several, fit and predict. Ours does `PERMUTATIONS` of them; the loop, whose permutations cost
the same each, does `LOOPED` and its time is scaled up. With one penalty the loop is a pipeline of
`RidgeClassifier`; with several ``GridSearchCV`` over it. Classes are equally frequent, where
balanced targets and scikit-learn's differ by a constant, so that with one penalty the predictions
have to be equal; with several, scikit-learn chooses by another score, and only time is compared.
"""

import sys
from functools import partial

import numpy as np
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuroloop.fmri import permutation, ridge
from neuroloop.statistics import folds
from tests.bench.measured import Bench, in_turn

SAMPLES, CLASSES, RUNS = 600, 10, 6
PERMUTATIONS, ROUNDS = 200, 5
SIZES = (250, 500, 1000, 2000)
ONE, SEVERAL = (1000.0,), (1.0, 10.0, 100.0, 1000.0, 10000.0)
LOOPED = {ONE: 4, SEVERAL: 1}


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


def looped(
    x: np.ndarray,
    labels: np.ndarray,
    runs: np.ndarray,
    split: folds.Split,
    kept: int,
    alphas: tuple[float, ...],
) -> np.ndarray:
    """Predictions by scikit-learn, one permutation after another."""
    steps = [StandardScaler(), RidgeClassifier(alphas[0])]
    if kept < x.shape[1]:
        steps.insert(1, SelectKBest(f_classif, k=kept))
    model = make_pipeline(*steps)
    fitted = {}
    if len(alphas) > 1:
        # Selected once more in every inner fold, as a user would have it; ours selects before.
        model = GridSearchCV(model, {"ridgeclassifier__alpha": alphas}, cv=LeaveOneGroupOut())
        fitted = {"groups": runs[split.train]}
    x = x.astype(np.float64)
    return np.stack(
        [model.fit(x[split.train], y[split.train], **fitted).predict(x[split.test]) for y in labels]
    )


def ours(
    x: np.ndarray,
    labels: np.ndarray,
    runs: np.ndarray,
    split: folds.Split,
    kept: int,
    alphas: tuple[float, ...],
) -> np.ndarray:
    """Predictions (permutations, test rows) by `ridge.permuted_predictions`."""
    made = ridge.permuted_predictions(x, labels, runs, split, CLASSES, kept, alphas=alphas)
    return np.stack(list(made))


def compare(bench: Bench, voxels: int, selected: bool, alphas: tuple[float, ...]) -> None:
    """Add the row of one size."""
    x, labels, runs, splits = make(voxels)
    kept = voxels // 2 if selected else voxels
    few = LOOPED[alphas]
    # Permutations that select each cost the same, so that fewer tell their time.
    done = PERMUTATIONS // 5 if selected else PERMUTATIONS
    seconds, made = in_turn(
        {
            "ours": partial(ours, x, labels[:done], runs, splits[0], kept, alphas),
            "loop": partial(looped, x, labels[:few], runs, splits[0], kept, alphas),
        },
        ROUNDS,
    )
    if len(alphas) == 1 and not np.array_equal(made["ours"][:few], made["loop"]):
        raise AssertionError(f"predictions differ with {voxels} voxels, {kept} kept")
    bench.row(
        name(selected, alphas),
        "scikit-learn",
        voxels,
        seconds["ours"].scaled(PERMUTATIONS / done),
        seconds["loop"].scaled(PERMUTATIONS / few),
        note=f"{PERMUTATIONS} permutations of a fold; {done} of ours and {few} of the peer's timed",
    )


def name(selected: bool, alphas: tuple[float, ...]) -> str:
    """What is measured."""
    penalties = f"{len(alphas)} penalt{'y' if len(alphas) == 1 else 'ies'}"
    return f"ridge null, {'half the' if selected else 'all'} voxels, {penalties}"


MEASURES = tuple(
    (name(selected, alphas), "scikit-learn") for selected in (False, True) for alphas in LOOPED
)


def main() -> int:
    """Measure all sizes; return 1 if a goal is missed."""
    bench = Bench("ridge", MEASURES)
    for selected in (False, True):
        for alphas in (ONE, SEVERAL):
            for voxels in SIZES:
                compare(bench, voxels, selected, alphas)
            bench.growth(name(selected, alphas), "scikit-learn")
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
