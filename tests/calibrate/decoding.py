"""Claims of decoding of brains."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from neuroloop import registry
from neuroloop.fmri.assessment import null_of, score
from neuroloop.fmri.dealing import deal
from neuroloop.fmri.decoding import Problem, pose
from neuroloop.fmri.group_rows import COLUMNS, GROUP, MEAN
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.noise import correlated_trials, region_noise
from neuroloop.fmri.permutation import balanced_accuracies, permutations
from neuroloop.fmri.summary import FAMILIES, Decoded, decoding_table
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.folds import group_folds, splits
from tests.calibrate.claim import Claim

#: Permutations of a study: the data are among the 5 % if they beat all.
PERMUTATIONS = 19

#: Decoders as a config states them; one penalty where many studies are counted.
DECODERS: dict[str, dict[str, Any]] = {
    "ridge": {"method": "ridge", "alphas": [100.0]},
    "ridge-of-penalties": {"method": "ridge"},
    "svm": {"method": "svm"},
    "logistic": {"method": "logistic"},
    "network": {"method": "resnet1d18"},
}


def posed(
    x: np.ndarray,
    y: np.ndarray,
    runs: np.ndarray,
    folds: int,
    fold_by: str,
    generator: np.random.Generator,
    images: np.ndarray | None = None,
    blocks: np.ndarray | None = None,
) -> Problem:
    """A region's problem as the workflow makes it: rows dealt to folds, joined to their stimuli."""
    samples = np.arange(len(y)).astype(str)
    rows = pd.DataFrame({"sample": samples, "run": runs, "category": [f"c{label}" for label in y]})
    rows["block"] = samples if blocks is None else blocks
    rows["stimulus_id"] = rows["category"] if images is None else images
    rows["fold"] = deal(rows, "trial", folds, fold_by, generator)
    stimuli = rows[["stimulus_id", "category"]].drop_duplicates()
    stimuli = stimuli.assign(session="training", held_out=0)
    return pose(np.asarray(x, np.float32), samples, rows, stimuli)


def predicted(
    problem: Problem, decoder: dict[str, Any], voxels: int, generator: np.random.Generator
) -> np.ndarray:
    """Scores of all samples out of fold."""
    name, n_classes = decoder["method"], len(problem.classes)
    settings = {key: value for key, value in decoder.items() if key != "method"}
    if name == "resnet1d18":
        import torch

        values = registry.values("decoder", name, settings)
        fitted = registry.entry("decoder", name).fit_splits(
            problem.x,
            problem.y,
            problem.splits,
            n_classes,
            voxels,
            seed=int(generator.integers(2**31)),
            device=torch.device("cpu"),
            checkpoint=None,
            **values,
        )
    else:
        kept = {"blocks": problem.blocks, "stimuli": problem.stimuli}
        rows = (problem.x, problem.y, problem.runs, problem.splits, n_classes, voxels)
        fitted = fit_linear(name, *rows, **kept, **settings)
    logits = np.empty((len(problem.y), n_classes))
    for split, scores in zip(problem.splits, fitted, strict=True):
        logits[split.test] = scores
    return logits


def p_of(
    problem: Problem,
    decoder: str,
    voxels: int,
    generator: np.random.Generator,
    kept: bool = False,
) -> float | None:
    """p of metrics.json; `kept` predictions are judged as those of a network."""
    settings = DECODERS[decoder]
    logits = predicted(problem, settings, voxels, generator)
    judged = DECODERS["network"] if kept else settings
    seed = int(generator.integers(2**31))
    null, method = null_of(problem, logits, judged, voxels, PERMUTATIONS, seed)
    p: float | None = score(problem, logits, null, method)["p"]
    return p


def noise_of_runs(
    generator: np.random.Generator,
    decoder: str,
    kept: bool = False,
    classes: int = 10,
    runs: int = 5,
    shown: int = 2,
    voxels: int = 100,
) -> float | None:
    """Noise that trials of a run share, as the demo's; every run shows each class as often."""
    y = np.concatenate(
        [generator.permutation(np.repeat(np.arange(classes), shown)) for _ in range(runs)]
    )
    rows = [classes * shown] * runs
    x = region_noise(generator, rows, voxels + 50, correlated_trials(generator, rows, 5))
    run = np.repeat(np.arange(runs), rows[0]).astype(str)
    problem = posed(x, y, run, runs, "run", generator)
    return p_of(problem, decoder, voxels, generator, kept)


def stratified_noise(
    generator: np.random.Generator, decoder: str, majority: float, kept: bool = False
) -> float | None:
    """Independent trials of one run and two classes, dealt evenly by class."""
    y = generator.permutation((np.arange(60) < round(60 * majority)).astype(int))
    x = generator.standard_normal((60, 100))
    problem = posed(x, y, np.repeat("1", 60), 6, "trial", generator)
    return p_of(problem, decoder, 50, generator, kept)


def images_again(
    generator: np.random.Generator, decoder: str, shown: int, fold_by: str, kept: bool = False
) -> float | None:
    """Patterns of images that know no category, each image in several of eight runs of eight."""
    images, voxels = 64 // shown, 80
    category = np.arange(images) % 4
    of_class = np.stack([generator.permutation(np.flatnonzero(category == k)) for k in range(4)])
    sets = np.split(of_class, images // 8, axis=1)  # two images of each category a run
    order = [
        generator.permutation(sets[run % len(sets)].ravel())
        for run in range(8)  # each set in every run that is congruent
    ]
    image = np.concatenate(order)
    x = 1.5 * generator.standard_normal((images, voxels))[image]
    x += generator.standard_normal(x.shape)
    run = np.repeat(np.arange(8), 8).astype(str)
    names = np.array([f"i{one}" for one in image])
    problem = posed(x, category[image], run, 8, fold_by, generator, names)
    return p_of(problem, decoder, voxels, generator, kept)


def blocks_in_one_run(generator: np.random.Generator, decoder: str) -> float | None:
    """Means of blocks of ten volumes whose noise drifts (autocorrelation 0.9), one run."""
    drift = lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], generator.standard_normal((290, 60)), axis=0)
    x = drift[50:].reshape(24, 10, 60).mean(axis=1)
    y = np.concatenate([generator.permutation(4) for _ in range(6)])
    problem = posed(x, y, np.repeat("1", 24), 4, "trial", generator)
    return p_of(problem, decoder, 60, generator)


def decoded_trials(
    generator: np.random.Generator, runs: int, folds: int, fold_by: str
) -> dict[str, Any]:
    """Metrics of ridge regression on 64 trials of four categories, whose runs have offsets."""
    prototypes = np.random.default_rng(0).standard_normal((4, 30))
    y = np.concatenate([generator.permutation(np.arange(64 // runs) % 4) for _ in range(runs)])
    run = np.repeat(np.arange(runs), 64 // runs)
    x = 0.3 * prototypes[y] + 0.5 * generator.standard_normal((runs, 30))[run]
    x += generator.standard_normal(x.shape)
    problem = posed(x, y, run.astype(str), folds, fold_by, generator)
    logits = predicted(problem, DECODERS["ridge"], 30, generator)
    return score(problem, logits, np.empty(0), "none")


def interval_of_decoding(
    generator: np.random.Generator, runs: int, folds: int, fold_by: str, truth: float
) -> tuple[float, float, float]:
    """Interval of an accuracy out of fold; `truth` is the mean of 2,000 such studies."""
    facts = decoded_trials(generator, runs, folds, fold_by)
    return facts["ci_low"], facts["ci_high"], truth


def told(subject: str, accuracy: float, null: np.ndarray, roi: str = "V1", **known: Any) -> Decoded:
    """What the table takes of a decoder, of simulated numbers."""
    metrics = dict.fromkeys(COLUMNS, 0.5) | {"accuracy": accuracy, "balanced_accuracy": accuracy}
    metrics |= {"p": 0.5, "n": 100, "unit": "runs", "scope": "", "pairwise_chance": 0.5}
    metrics |= {"null": {"mean": 0.1, "smallest_effect": 0.05}}
    return Decoded(subject, roi, "ridge", metrics | known, null)


def mean_of_three(generator: np.random.Generator) -> float | None:
    """p of three subjects' mean, each of whom is noise of four runs."""
    members = []
    for subject in "123":
        y = np.concatenate([generator.permutation(np.arange(16) % 4) for _ in range(4)])
        x, run = generator.standard_normal((64, 40)), np.repeat([*"1234"], 16)
        problem = posed(x, y, run, 4, "run", generator)
        logits = predicted(problem, DECODERS["ridge"], 40, generator)
        seed = int(generator.integers(2**31))
        null, method = null_of(problem, logits, DECODERS["ridge"], 40, PERMUTATIONS, seed)
        members.append(Decoded(subject, "V1", "ridge", score(problem, logits, null, method), null))
    table = decoding_table(members)
    return float(table.loc[table["subject"] == MEAN, "p"].iloc[0])


def _people(generator: np.random.Generator, people: int, share: float) -> pd.Series:
    """Group row of people of whom a share of the population reads at 0.4, the rest by chance."""
    accuracy = np.where(generator.random(people) < share, 0.4, 0.1)
    hits = generator.binomial(100, accuracy) / 100
    nulls = generator.binomial(100, 0.1, (people, 99)) / 100
    members = [
        told(str(one), value, null)
        for one, (value, null) in enumerate(zip(hits, nulls, strict=True))
    ]
    table = decoding_table(members)
    return table[table["subject"] == GROUP].iloc[0]


def majority(generator: np.random.Generator, people: int, share: float) -> float:
    """p that half of a population at most carry the information, and so it is."""
    return float(_people(generator, people, share)["p"])


def prevalence_bound(
    generator: np.random.Generator, people: int, share: float
) -> tuple[float, float, float]:
    """Share of a population that carries the information at least."""
    return float(_people(generator, people, share)["prevalence_low"]), 1.0, share


def false_row_of_subjects(generator: np.random.Generator, true: int) -> float:
    """Least q of what says nothing among three regions of each of three subjects.

    Regions of a subject share voxels and permutations; subjects, whose orders differ, only the seed
    of these. The first region of as many subjects as are `true` tells the classes apart.
    """
    run, seed = np.repeat([*"1234"], 8), int(generator.integers(2**31))
    members = []
    for subject in range(3):
        y = np.concatenate([generator.permutation(np.arange(8) % 2) for _ in range(4)])
        own = numpy_generator(seed, "permutation")
        permuted = permutations(y, np.arange(32).astype(str), run, own, PERMUTATIONS)
        x = generator.standard_normal((32, 24))
        if subject < true:
            x[:, :8] += 2 * y[:, None]
        for number, columns in enumerate([slice(0, 8), slice(8, 20), slice(12, 24)]):
            every = _nearest_means(x[:, columns], np.concatenate([y[None], permuted]), run)
            members.append(told(str(subject), every[0], every[1:], f"R{number}"))
    table = decoding_table(members)
    read = (table["roi"] == "R0") & table["subject"].isin([str(one) for one in range(true)])
    return float(table.loc[(table["family"] == FAMILIES["subject"]) & ~read, "q"].min())


def _nearest_means(x: np.ndarray, labels: np.ndarray, run: np.ndarray) -> np.ndarray:
    """Balanced accuracies, on each row of labels, of classes that are even in all runs."""
    predicted = np.empty_like(labels)
    for one in np.unique(run):
        tested, x_known = run == one, x[run != one]
        between = (2 * labels[:, ~tested] - 1) @ x_known
        predicted[:, tested] = between @ (x[tested] - x_known.mean(axis=0)).T > 0
    return balanced_accuracies(labels, predicted)


def false_region(generator: np.random.Generator, regions: int, true: int) -> float:
    """Least q of regions without information, beside others that are read."""
    shared = generator.standard_normal(100)  # regions of one brain are permuted together
    every = 0.1 + 0.03 * (generator.standard_normal((regions, 100)) + shared) / np.sqrt(2)
    every[:true, 0] += 0.3
    members = [told("1", one[0], one[1:], f"R{number}") for number, one in enumerate(every)]
    return float(decoding_table(members)["q"].iloc[true:].min())


def _logits(generator: np.random.Generator, problem: Problem, right: np.ndarray) -> np.ndarray:
    """Predictions that are right where they are to be."""
    n_classes = len(problem.classes)
    wrong = (problem.y + generator.integers(1, n_classes, len(problem.y))) % n_classes
    return np.eye(n_classes)[np.where(right, problem.y, wrong)]


def accuracy_of_a_subject(
    generator: np.random.Generator, runs: int, rows: int, accuracy: float, alike: float
) -> tuple[float, float, float]:
    """Interval of metrics.json over runs whose own accuracies differ (beta-binomial)."""
    facts = _subject(generator, runs, rows, accuracy, alike)
    return facts["ci_low"], facts["ci_high"], accuracy


def _subject(
    generator: np.random.Generator, runs: int, rows: int, accuracy: float, alike: float
) -> dict[str, Any]:
    odds = (1 - alike) / alike
    of_run = generator.beta(accuracy * odds, (1 - accuracy) * odds, size=runs)
    right = (generator.random((runs, rows)) < of_run[:, None]).ravel()
    run = np.repeat(np.arange(runs), rows).astype(str)
    y = np.tile(np.arange(rows) % 10, runs)
    folds = group_folds(run.tolist(), runs)
    table = pd.DataFrame({"run": run, "block": np.arange(len(y)).astype(str), "fold": folds})
    names = [f"c{label}" for label in range(10)]
    problem = Problem(
        np.zeros((len(y), 1)), table, names, y, np.full(len(y), ""), splits(folds), []
    )
    return score(problem, _logits(generator, problem, right), np.empty(0), "none")


def mean_of_subjects(
    generator: np.random.Generator, accuracies: Sequence[float], runs: int
) -> tuple[float, float, float]:
    """Interval of a row `mean`: these people, other runs."""
    every = [_subject(generator, runs, 20, accuracy, 0.03) for accuracy in accuracies]
    null = np.linspace(0, 0.2, 9)
    members = [
        told(str(one), facts["accuracy"], null, ci_low=facts["ci_low"], ci_high=facts["ci_high"])
        for one, facts in enumerate(every)
    ]
    row = decoding_table(members).iloc[-2]
    return float(row["ci_low"]), float(row["ci_high"]), float(np.mean(accuracies))


def people_of_runs(
    generator: np.random.Generator, people: int
) -> tuple[float, float, float] | None:
    """Interval of a row `group`: other people, each with five runs."""
    own = np.clip(generator.normal(0.4, 0.08, people), 0.05, 0.95)
    hits = generator.binomial(100, own) / 100
    null = np.linspace(0, 0.2, 9)
    row = decoding_table([told(str(n), value, null) for n, value in enumerate(hits)]).iloc[-1]
    low, high = row["ci_low"], row["ci_high"]
    return None if pd.isna(low) else (float(low), float(high), 0.4)


def _files(decoder: str) -> tuple[str, ...]:
    return (f"neuroloop/fmri/decoders/{DECODERS[decoder]['method']}.py",)


#: Seconds of a study of noise on one core.
SECONDS = {"ridge": 0.04, "ridge-of-penalties": 0.2, "svm": 0.2, "logistic": 0.35, "network": 0.25}

#: Worlds of `interval_of_decoding`: runs, folds, what a fold keeps together, true accuracy.
DECODED_TRIALS = ((8, 8, "run", 0.534), (4, 4, "trial", 0.516), (1, 10, "trial", 0.580))

CLAIMS: list[Claim] = [
    *(
        Claim(
            f"interval-of-decoding-{runs}-runs-{folds}-folds-by-{by}",
            "interval",
            partial(interval_of_decoding, runs=runs, folds=folds, fold_by=by, truth=truth),
            f"64 trials of {runs} run{'s' * (runs > 1)}, four classes, {folds} folds by {by}",
            "runs, with their trials" if by == "run" else "trials",
            seconds=0.1,
            entries=_files("ridge"),
        )
        for runs, folds, by, truth in DECODED_TRIALS
    ),
    *(
        Claim(
            f"decoding-{decoder}",
            "test",
            partial(noise_of_runs, decoder=decoder),
            "the demo's noise, 5 runs of 20 trials, 10 classes",
            "runs, with their trials",
            studies=2000 if decoder == "ridge" else 500,
            seconds=SECONDS[decoder],
            entries=_files(decoder),
        )
        for decoder in ("ridge", "ridge-of-penalties", "svm", "logistic")
    ),
    *(
        Claim(
            f"decoding-stratified-{round(100 * share)}-{decoder}",
            "test",
            partial(stratified_noise, decoder=decoder, majority=share),
            f"independent trials, {round(100 * share)} % of one class, folds even by class",
            "trials",
            studies=2000 if decoder == "ridge" else 500,
            seconds=SECONDS[decoder],
            entries=_files(decoder),
        )
        for share, decoder in [
            (0.5, "ridge"),
            (0.7, "ridge"),
            (0.85, "ridge"),
            (0.7, "svm"),
            (0.7, "logistic"),
        ]
    ),
    *(
        Claim(
            f"decoding-images-in-{shown}-runs-by-{fold_by}-{decoder}",
            "test",
            partial(images_again, decoder=decoder, shown=shown, fold_by=fold_by),
            f"images with patterns of their own and no category, each in {shown} of 8 runs",
            "images",
            studies=2000 if decoder == "ridge" else 500,
            seconds=SECONDS[decoder],
            entries=_files(decoder),
        )
        for shown, fold_by, decoder in [
            (1, "run", "ridge"),
            (2, "run", "ridge"),
            (4, "run", "ridge"),
            (2, "stimulus", "ridge"),
            (2, "run", "ridge-of-penalties"),
            (2, "run", "svm"),
            (2, "run", "logistic"),
        ]
    ),
    Claim(
        "decoding-blocks-of-one-run",
        "test",
        partial(blocks_in_one_run, decoder="ridge"),
        "means of blocks of drifting noise in one run, four categories in turn",
        "blocks",
        studies=500,
        seconds=SECONDS["ridge"],
        entries=_files("ridge"),
    ),
    *(
        Claim(
            f"decoding-kept-predictions-{name}",
            "test",
            study,
            f"{world}; linear predictions, judged like a network's without training again",
            "runs, with their trials",
            studies=2000,
            seconds=0.02,
            entries=_files("ridge"),
        )
        for name, study, world in [
            (
                "2-runs",
                partial(noise_of_runs, decoder="ridge", kept=True, classes=2, runs=2, shown=20),
                "noise, 2 runs of 40 trials, 2 classes",
            ),
            (
                "5-runs",
                partial(noise_of_runs, decoder="ridge", kept=True, classes=4, runs=5, shown=4),
                "noise, 5 runs of 16 trials, 4 classes",
            ),
            (
                "12-blocks",
                partial(noise_of_runs, decoder="ridge", kept=True, classes=2, runs=6, shown=1),
                "noise, 6 runs of 2 blocks, 2 classes",
            ),
            (
                "stratified",
                partial(stratified_noise, decoder="ridge", majority=0.7, kept=True),
                "independent trials of one run, folds even by class",
            ),
            (
                "images",
                partial(images_again, decoder="ridge", shown=2, fold_by="run", kept=True),
                "images without category, each in 2 of 8 runs",
            ),
        ]
    ),
    Claim(
        "decoding-network",
        "test",
        partial(noise_of_runs, decoder="network", classes=2, runs=2, shown=10, voxels=40),
        "noise, 2 runs of 20 trials, 2 classes; networks trained in each study",
        "runs, with their trials",
        studies=500,
        seconds=SECONDS["network"],
        entries=_files("network"),
    ),
    Claim(
        "decoding-mean-of-subjects",
        "test",
        mean_of_three,
        "three subjects, each noise of 4 runs",
        "runs of these subjects",
        studies=1000,
        seconds=0.05,
        entries=_files("ridge"),
    ),
    *(
        Claim(
            f"decoding-majority-{people}-people",
            "test",
            partial(majority, people=people, share=0.5),
            f"{people} people of a population of which half carry information",
            "people",
            studies=2000,
            seconds=0.003,
        )
        for people in (5, 8)
    ),
    *(
        Claim(
            f"decoding-false-region-beside-{true}-true",
            "test",
            partial(false_region, regions=24, true=true),
            f"any of the regions without information among 24 tests, {true} of which are read",
            "permutations of a subject",
            studies=2000,
            seconds=0.003,
        )
        for true in (0, 8)
    ),
    *(
        Claim(
            f"decoding-false-row-of-3-subjects-beside-{true}-true",
            "test",
            partial(false_row_of_subjects, true=true),
            f"any of the regions without information of 3 subjects, 3 each, {true} of 9 are read",
            "runs of these subjects, with their trials",
            seconds=0.01,
        )
        for true in (0, 2)
    ),
    *(
        Claim(
            f"decoding-interval-{runs}-runs",
            "interval",
            partial(accuracy_of_a_subject, runs=runs, rows=20, accuracy=accuracy, alike=alike),
            f"{runs} runs of 20 trials, accuracy {accuracy}, intraclass correlation {alike}",
            "runs",
            studies=2000,
            seconds=0.003,
        )
        for runs, accuracy, alike in [
            (2, 0.3, 0.05),
            (3, 0.1, 0.05),
            (4, 0.9, 0.05),
            (5, 0.1, 0.02),
        ]
    ),
    *(
        Claim(
            f"decoding-mean-interval-{len(accuracies)}-subjects",
            "interval",
            partial(mean_of_subjects, accuracies=accuracies, runs=5),
            f"{len(accuracies)} subjects of unlike accuracy, 5 runs each",
            "runs of these subjects",
            studies=1000,
            seconds=0.02,
        )
        for accuracies in ((0.85, 0.2), (0.5, 0.4, 0.15, 0.1, 0.1))
    ),
    *(
        Claim(
            f"decoding-group-interval-{people}-people",
            "interval",
            partial(people_of_runs, people=people),
            f"{people} people of unlike accuracy, 100 trials each",
            "people",
            studies=2000,
            seconds=0.003,
        )
        for people in (3, 5)
    ),
    *(
        Claim(
            f"decoding-prevalence-{round(100 * share)}-of-100",
            "interval",
            partial(prevalence_bound, people=6, share=share),
            f"6 people of a population of which {share:.0%} carry information, bound from below",
            "people",
            studies=2000,
            seconds=0.003,
        )
        for share in (0.2, 0.5, 0.8)
    ),
]
