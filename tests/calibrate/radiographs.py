"""Claims of classifiers of radiographs.

Most worlds simulate what networks predict: radiographs of a patient are alike, some are hard for
every classifier, and each training of each fold has luck of its own. Claims called trained fit
logistic regressions instead, and say whether those worlds are fair.
"""

from collections.abc import Sequence
from functools import cache, partial

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from neuroloop.cxr.chance import at_chance
from neuroloop.cxr.classifier_contrasts import elsewhere
from neuroloop.cxr.new_sites import differences_of_sites, scores_of_sites
from neuroloop.cxr.radiograph_comparison import compare
from neuroloop.cxr.radiograph_metrics import radiograph_metrics
from neuroloop.cxr.radiograph_splits import deal_folds
from tests.calibrate.claim import Claim

CLASSES = ["bacteria", "normal", "virus"]
CONTRAST = ("bacteria", "virus")

#: Resamples of patients: fewer than the product's 2,000, which take longer and say the same.
N_BOOT = 200

#: Patients and folds of most worlds, as in the demo; and partitions.
PATIENTS, FOLDS, PARTITIONS = 116, 3, 3


def cohort(generator: np.random.Generator, patients: int, radiographs: float = 2.0) -> pd.DataFrame:
    """Patients of one class each, with one radiograph or more."""
    count = 1 + generator.poisson(radiographs - 1, size=patients)
    label = generator.integers(3, size=patients)
    label[:3] = 0, 1, 2
    of = np.repeat(np.arange(patients), count)
    return pd.DataFrame(
        {
            "radiograph": np.char.add("r", np.arange(len(of)).astype(str)),
            "patient": np.char.add("p", of.astype(str)),
            "label": np.array(CLASSES)[label[of]],
            "number": of,
        }
    )


def difficulty(generator: np.random.Generator, table: pd.DataFrame, spread: float) -> np.ndarray:
    """Evidence of each class in a radiograph: the patient's share, and its own."""
    each = generator.normal(size=(int(table["number"].max()) + 1, 3))
    return spread * (each[table["number"]] + generator.normal(size=(len(table), 3)))


def named(
    generator: np.random.Generator,
    table: pd.DataFrame,
    evidence: np.ndarray,
    folds: np.ndarray,
    skill: float,
    own: float = 0.6,
    luck: float = 0.2,
) -> pd.DataFrame:
    """What a network a fold says: evidence and skill, the network's own noise, and its luck."""
    truth = table["label"].map({name: k for k, name in enumerate(CLASSES)}).to_numpy()
    scores = evidence + own * generator.normal(size=evidence.shape)
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        scores[rows, truth[rows]] += skill * np.exp(luck * generator.normal())
        scores[rows] += luck * generator.normal(size=3)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    columns = {f"p_{name}": shares[:, k] for k, name in enumerate(CLASSES)}
    return table[["radiograph", "patient", "label"]].assign(fold=folds, **columns)


def dealt(generator: np.random.Generator, table: pd.DataFrame, split: str) -> np.ndarray:
    """Folds of a partition, by the product."""
    return deal_folds(table, split, FOLDS, int(generator.integers(2**31)))


def contrast_of(
    found: pd.DataFrame, metric: str, truth: float | None
) -> float | tuple[float, float, float] | None:
    """The p of a metric, or its interval with the truth."""
    row = found.set_index("metric").loc[metric]
    if np.isnan(row["p"]):
        return None
    return float(row["p"]) if truth is None else (row["ci_low"], row["ci_high"], truth)


def trainings_differ(
    generator: np.random.Generator, metric: str, gap: float | None = None, leak: bool = False
) -> float | tuple[float, float, float] | None:
    """Two trainings of one skill, or of two skills, on partitions of the same patients."""
    table = cohort(generator, PATIENTS)
    evidence = difficulty(generator, table, 0.7)
    # What a training makes of a radiograph is like from partition to partition.
    one, other = (evidence + 0.6 * generator.normal(size=evidence.shape) for _ in range(2))
    if leak:
        other = one
    pairs = []
    for _ in range(PARTITIONS):
        of_patients = dealt(generator, table, "patient")
        of_first = dealt(generator, table, "image") if leak else of_patients
        pairs.append(
            (
                named(generator, table, one, of_first, 1.5 + (gap or 0.0)),
                named(generator, table, other, of_patients, 1.5),
            )
        )
    found = compare(
        [a for a, _ in pairs],
        [b for _, b in pairs],
        CLASSES,
        CONTRAST,
        int(generator.integers(2**31)),
        N_BOOT,
        1 / (FOLDS - 1),
    )
    return contrast_of(found, metric, None if gap is None else true_gap(metric, gap))


@cache
def many(skill: float, spread: float, luck: float) -> dict[str, float]:
    """Metrics of very many patients, in so many folds that luck comes out even."""
    generator = np.random.default_rng(7)
    table = cohort(generator, 60_000)
    evidence = difficulty(generator, table, spread)
    evidence += 0.6 * generator.normal(size=evidence.shape)
    folds = table["number"].to_numpy() % 300 if luck else np.zeros(len(table), dtype=int)
    found = radiograph_metrics(
        named(generator, table, evidence, folds, skill, luck=luck), CLASSES, CONTRAST, 0, 2
    )
    names = (found["metric"] + " " + found["class"]).str.strip()
    return dict(zip(names, found["value"].astype(float), strict=True))


def true_gap(metric: str, gap: float) -> float:
    """Difference of two skills over very many patients, and trainings with the same luck."""
    return many(1.5 + gap, 0.7, 0.2)[metric] - many(1.5, 0.7, 0.2)[metric]


def score(
    generator: np.random.Generator, metric: str, patients: int, skill: float, spread: float
) -> tuple[float, float, float] | None:
    """A score of networks as they are, over their patients."""
    table = cohort(generator, patients)
    evidence = difficulty(generator, table, spread)
    evidence += 0.6 * generator.normal(size=evidence.shape)
    folds = np.zeros(len(table), dtype=int)
    predicted = named(generator, table, evidence, folds, skill, luck=0.0)
    found = radiograph_metrics(predicted, CLASSES, CONTRAST, int(generator.integers(2**31)), N_BOOT)
    row = found.set_index((found["metric"] + " " + found["class"]).str.strip()).loc[metric]
    if np.isnan(row["ci_low"]):
        return None
    return row["ci_low"], row["ci_high"], many(skill, spread, 0.0)[metric]


def above_chance(generator: np.random.Generator) -> float:
    """A classifier at chance: would its maps be told to be those of one that is above chance?"""
    table = cohort(generator, 40)
    evidence = difficulty(generator, table, 1.0)
    predicted = named(generator, table, evidence, np.zeros(len(table), dtype=int), 0.0, luck=0.0)
    return float(at_chance(predicted, CLASSES, int(generator.integers(2**31)), N_BOOT).marked)


def sites(
    generator: np.random.Generator, metric: str, drop: float | None, count: int = 5
) -> float | tuple[float, float, float] | None:
    """Sites whose classifiers differ, as their detectors do; at new ones they may be worse."""
    table = cohort(generator, 40 * count)
    site = table["number"].to_numpy() % count
    evidence = difficulty(generator, table, 0.7)
    within = named(generator, table, evidence, site, 1.5, luck=0.2)
    left_out = named(generator, table, evidence, site, 1.5 - (drop or 0.0), luck=0.2)
    names = pd.Series(np.char.add("site", site.astype(str)))
    if drop is None:
        found = differences_of_sites(left_out, within, names, CLASSES, CONTRAST)
        return contrast_of(found, metric, None)
    found = scores_of_sites(left_out, names, CLASSES, CONTRAST, 0, 2)
    row = found[(found["split"] == "site") & (found["metric"] == metric)].iloc[0]
    return row["ci_low"], row["ci_high"], of_sites(metric, drop)


@cache
def of_sites(metric: str, drop: float) -> float:
    """Mean over very many sites of 40 patients each, where the studies have five."""
    generator = np.random.default_rng(8)
    table = cohort(generator, 40 * 1000)
    site = table["number"].to_numpy() % 1000
    left_out = named(
        generator, table, difficulty(generator, table, 0.7), site, 1.5 - drop, luck=0.2
    )
    names = pd.Series(np.char.add("site", site.astype(str)))
    found = scores_of_sites(left_out, names, CLASSES, CONTRAST, 0, 2)
    row = found[(found["split"] == "site") & (found["metric"] == metric)].iloc[0]
    return float(row["value"])


def other_set(generator: np.random.Generator, metric: str) -> float | None:
    """The same networks on another set of radiographs, of the same kind."""
    there, here = (cohort(generator, patients) for patients in (60, PATIENTS))
    tables = [
        named(
            generator, table, difficulty(generator, table, 0.7), np.zeros(len(table)), 1.5, luck=0.0
        )
        for table in (there, here)
    ]
    seed = int(generator.integers(2**31))
    found = elsewhere(tables[0], tables[1], CLASSES, CONTRAST, seed, N_BOOT)
    return contrast_of(found, metric, None)  # type: ignore[return-value]


def features(
    generator: np.random.Generator, table: pd.DataFrame, alike: float
) -> tuple[np.ndarray, np.ndarray]:
    """Forty features of each radiograph, three of which tell its class; and the classes."""
    patients = alike * generator.normal(size=(int(table["number"].max()) + 1, 40))
    values = generator.normal(size=(len(table), 40)) + patients[table["number"]]
    truth = table["label"].map({name: k for k, name in enumerate(CLASSES)}).to_numpy()
    values[np.arange(len(table)), truth] += 1.0
    return values, truth


def fitted(
    table: pd.DataFrame, values: np.ndarray, truth: np.ndarray, folds: np.ndarray, penalty: float
) -> pd.DataFrame:
    """Logistic regressions of the other folds."""
    shares = np.zeros((len(table), 3))
    for fold in np.unique(folds):
        test = folds == fold
        model = LogisticRegression(C=penalty, max_iter=300).fit(values[~test], truth[~test])
        shares[test] = model.predict_proba(values[test])
    columns = {f"p_{name}": shares[:, k] for k, name in enumerate(CLASSES)}
    return table[["radiograph", "patient", "label"]].assign(fold=folds, **columns)


def trained(generator: np.random.Generator, metric: str, leak: bool) -> float | None:
    """Two sets of irrelevant columns beside the same features; or split by image without a leak."""
    table = cohort(generator, PATIENTS)
    values, truth = features(generator, table, 0.0 if leak else 0.3)
    one, other = (
        values if leak else np.hstack([values, generator.normal(size=(len(table), 20))])
        for _ in range(2)
    )
    penalty = 0.01 if leak else 0.05
    pairs = []
    for _ in range(PARTITIONS):
        of_patients = dealt(generator, table, "patient")
        of_first = dealt(generator, table, "image") if leak else of_patients
        pairs.append(
            (
                fitted(table, one, truth, of_first, penalty),
                fitted(table, other, truth, of_patients, penalty),
            )
        )
    seed = int(generator.integers(2**31))
    found = compare(
        [a for a, _ in pairs],
        [b for _, b in pairs],
        CLASSES,
        CONTRAST,
        seed,
        N_BOOT,
        1 / (FOLDS - 1),
    )
    return contrast_of(found, metric, None)  # type: ignore[return-value]


#: Score, patients, skill and likeness of a patient's radiographs, and the accuracy that they make.
SCORES: Sequence[tuple[str, int, float, float]] = (
    *((metric, 116, 1.5, 0.7) for metric in ("accuracy", "macro_f1", "auc", "log_loss", "brier")),
    *((metric, 20, 1.5, 0.7) for metric in ("accuracy", "macro_f1", "auc", "log_loss")),
    *((metric, 40, 6.0, 0.7) for metric in ("accuracy", "macro_f1", "auc", "recall normal")),
    *((metric, 40, 1.5, 1.2) for metric in ("balanced_accuracy", "auc_ovr", "precision virus")),
)

WORLD = f"{PATIENTS} patients, {FOLDS} folds, {PARTITIONS} partitions"

CLAIMS: list[Claim] = [
    *(
        Claim(
            f"classifiers-{metric.replace('_', '-')}",
            "test",
            partial(trainings_differ, metric=metric),
            f"two classifiers of one skill, {WORLD}",
            "patients x partitions",
            studies=1000,
            seconds=0.045,
        )
        for metric in ("macro_f1", "auc", "log_loss")
    ),
    *(
        Claim(
            f"leak-{metric.replace('_', '-')}",
            "test",
            partial(trainings_differ, metric=metric, leak=True),
            f"split by image and by patient, no leak, {WORLD}",
            "patients x partitions",
            studies=1000,
            seconds=0.045,
        )
        for metric in ("macro_f1", "auc")
    ),
    *(
        Claim(
            f"classifiers-{metric.replace('_', '-')}-gap",
            "interval",
            partial(trainings_differ, metric=metric, gap=0.5),
            f"a classifier of more skill less another, {WORLD}",
            "patients x partitions",
            seconds=0.045,
        )
        for metric in ("macro_f1", "auc")
    ),
    *(
        Claim(
            f"trained-{'leak' if leak else 'classifiers'}-{metric.replace('_', '-')}",
            "test",
            partial(trained, metric=metric, leak=leak),
            (
                "logistic regressions split by image and by patient, no leak, "
                if leak
                else "logistic regressions on the same features and other irrelevant ones, "
            )
            + WORLD,
            "patients x partitions",
            seconds=0.09,
        )
        for leak in (False, True)
        for metric in ("macro_f1", "auc")
    ),
    *(
        Claim(
            f"score-{metric.replace('_', '-').replace(' ', '-')}-of-{patients}-skill-{skill:.0f}",
            "interval",
            partial(score, metric=metric, patients=patients, skill=skill, spread=spread),
            f"{patients} patients of about two radiographs, accuracy "
            f"{'near 1' if skill > 5 else 'about 0.7'}",
            "patients",
            studies=1000,
            seconds=0.015,
        )
        for metric, patients, skill, spread in SCORES
    ),
    Claim(
        "maps-at-chance-told-above",
        "test",
        above_chance,
        "a classifier at chance, 40 patients",
        "patients",
        studies=1000,
        seconds=0.015,
    ),
    *(
        Claim(
            f"new-site-{metric.replace('_', '-')}",
            "test",
            partial(sites, metric=metric, drop=None),
            "five sites that differ, each left out; new ones no worse",
            "sites",
            studies=500,
            seconds=0.04,
        )
        for metric in ("macro_f1", "auc")
    ),
    *(
        Claim(
            f"new-site-{metric.replace('_', '-')}-value",
            "interval",
            partial(sites, metric=metric, drop=0.4),
            "five sites that differ, each left out",
            "sites",
            seconds=0.015,
        )
        for metric in ("accuracy", "auc")
    ),
    *(
        Claim(
            f"other-set-{metric.replace('_', '-')}",
            "test",
            partial(other_set, metric=metric),
            f"60 patients of another set of the same kind, less {PATIENTS} of this one",
            "patients",
            studies=500,
            seconds=0.04,
        )
        for metric in ("macro_f1", "auc")
    ),
]
