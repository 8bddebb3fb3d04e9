"""Nulls of ridge, support vector machines and logistic regression, against loops of peers.

Run as ``python -m tests.bench.bench_ridge``. Both sides do the same for every permutation: in the
first fold select voxels (or take all), scale, choose the penalty in five folds of runs where there
are several, fit and predict. Ours does `PERMUTATIONS` of them; the loop, whose permutations cost
the same each, does `LOOPED` and its time is scaled up. With one penalty the loop is a pipeline of
`RidgeClassifier`; with several ``GridSearchCV`` over it. Classes are equally frequent, where
balanced targets and scikit-learn's differ by a constant, so that with one penalty the predictions
have to be equal; with several, scikit-learn chooses by another score, and only time is compared.

Support vector machines and logistic regression stand beside pipelines of ``SVC`` and
``LogisticRegression`` with their own tolerances, so that a prediction in a hundred may differ, and
beside nilearn's ``Decoder`` on images of the same voxels, which takes machines of one class against
the rest: of it only time is compared.
"""

import sys
import warnings
from functools import partial
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nilearn.decoding import Decoder
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from neuroloop.fmri import logistic, permutation, ridge, svm
from neuroloop.statistics import folds
from tests.bench.measured import Bench, Seconds, in_turn, once

SAMPLES, CLASSES, RUNS = 600, 10, 6
PERMUTATIONS, ROUNDS = 200, 5
SIZES = (250, 500, 1000, 2000)
ONE, SEVERAL = (1000.0,), (1.0, 10.0, 100.0, 1000.0, 10000.0)
LOOPED = {ONE: 4, SEVERAL: 1}
#: Least ratio of CPU seconds. Where voxels are selected, each permutation has to be factorised by
#: itself, and this is not reached.
GOAL = 30.0
#: The same of support vector machines and logistic regression.
OTHER_GOAL = 5.0
#: Voxels for which nilearn's ``Decoder`` is timed, which takes seconds a permutation: once.
DECODER_SIZES = SIZES[:2]


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
        goal=GOAL,
        note=f"{PERMUTATIONS} permutations of a fold; {done} of ours and {few} of the peer's timed",
    )


def name(selected: bool, alphas: tuple[float, ...]) -> str:
    """What is measured."""
    penalties = f"{len(alphas)} penalt{'y' if len(alphas) == 1 else 'ies'}"
    return f"ridge null, {'half the' if selected else 'all'} voxels, {penalties}"


#: Module of ours, the peers' estimators with the same settings, and permutations of ours timed.
OTHERS: dict[str, tuple[Any, Any, str, int]] = {
    "svm": (svm, SVC(kernel="linear", C=1.0, break_ties=True), "svc", 10),
    "logistic": (
        logistic,
        LogisticRegression(C=0.01, max_iter=1000, class_weight="balanced"),
        "logistic",
        PERMUTATIONS,
    ),
}


def compare_other(bench: Bench, which: str, voxels: int, selected: bool) -> None:
    """Add the rows of one size of a decoder that is fitted by iterations."""
    module, estimator, nilearn, done = OTHERS[which]
    x, labels, runs, splits = make(voxels)
    split, kept, few = splits[0], voxels // 2 if selected else voxels, 2
    steps = [StandardScaler(), estimator]
    if selected:
        done = min(done, 10)
        steps.insert(1, SelectKBest(f_classif, k=kept))
    model, doubles = make_pipeline(*steps), x.astype(np.float64)

    def loop() -> np.ndarray:
        fits = (model.fit(doubles[split.train], y[split.train]) for y in labels[:few])
        return np.stack([fit.predict(doubles[split.test]) for fit in fits])

    def mine() -> np.ndarray:
        made = module.permuted_predictions(x, labels[:done], runs, split, CLASSES, kept)
        return np.stack(list(made))

    shape = (voxels // 50, 10, 5)
    images = Nifti1Image(x.T.reshape(*shape, SAMPLES), np.eye(4))
    decoder = Decoder(
        estimator=nilearn,
        mask=Nifti1Image(np.ones(shape, np.uint8), np.eye(4)),
        cv=[(split.train, split.test)],
        screening_percentile=50 if selected else 100,
        scoring="balanced_accuracy",
        standardize="zscore_sample",
    )

    def images_loop() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            decoder.fit(images, labels[0].astype(str))

    seconds, made = in_turn({"ours": mine, "loop": loop}, ROUNDS)
    if (made["ours"][:few] != made["loop"]).mean() > 0.02:
        raise AssertionError(f"{which}: predictions differ with {voxels} voxels, {kept} kept")
    peers = {"scikit-learn": (seconds["loop"], few)}
    if voxels in DECODER_SIZES:
        peers["nilearn Decoder"] = (Seconds(*once(images_loop)[:2], 0.0), 1)
    for peer, (taken, timed) in peers.items():
        bench.row(
            other_name(which, selected),
            peer,
            voxels,
            seconds["ours"].scaled(PERMUTATIONS / done),
            taken.scaled(PERMUTATIONS / timed),
            goal=OTHER_GOAL,
            note=f"{PERMUTATIONS} permutations of a fold; {done} of ours and {timed} of the peer's "
            "timed",
        )


def other_name(which: str, selected: bool) -> str:
    """What is measured."""
    return f"{which} null, {'half the' if selected else 'all'} voxels"


def main() -> int:
    """Measure all sizes; return 1 if a goal is missed."""
    bench = Bench("ridge")
    for selected in (False, True):
        for alphas in (ONE, SEVERAL):
            for voxels in SIZES:
                compare(bench, voxels, selected, alphas)
            bench.growth(name(selected, alphas), "scikit-learn")
    for which in OTHERS:
        for selected in (False, True):
            for voxels in SIZES:
                compare_other(bench, which, voxels, selected)
            bench.growth(other_name(which, selected), "scikit-learn")
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
