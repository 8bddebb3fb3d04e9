"""Claims of what all branches share: intervals, permutation p and corrections for many tests."""

from functools import partial

import numpy as np
from scipy.special import ndtr
from scipy.stats import norm

from neuroloop.statistics.families import corrected
from neuroloop.statistics.intervals import (
    cluster_interval,
    crossed_group_interval,
    crossed_interval,
    group_interval,
    paired_difference,
    permutation_p,
)
from tests.calibrate.claim import Claim

#: Resamples of bootstraps: fewer than the product's 10,000, which take longer and say the same.
N_BOOT = 1000


def accuracy_over_runs(
    generator: np.random.Generator, runs: int, rows: int, accuracy: float, alike: float
) -> tuple[float, float, float]:
    """Rows of a run are alike: beta-binomial hits of an intraclass correlation `alike`."""
    odds = (1 - alike) / alike if alike else np.inf
    of_run = (
        generator.beta(accuracy * odds, (1 - accuracy) * odds, size=runs)
        if alike
        else np.full(runs, accuracy)
    )
    hits = generator.random((runs, rows)) < of_run[:, None]
    found = cluster_interval(hits.ravel(), np.repeat(np.arange(runs), rows).astype(str))
    return found.ci_low, found.ci_high, accuracy


def accuracy_over_runs_and_images(
    generator: np.random.Generator, runs: int, images: int, sd_run: float, sd_image: float
) -> tuple[float, float, float]:
    """Every run shows all images, some of which are easy, in runs some of which are good."""
    ease = sd_image * generator.standard_normal(images) + sd_run * generator.standard_normal(
        (runs, 1)
    )
    hits = ease + generator.logistic(size=(runs, images)) > 0
    rows = np.indices(hits.shape).reshape(2, -1).astype(str)
    found = cluster_interval(hits.ravel(), rows[0], crossed=rows[1])
    return found.ci_low, found.ci_high, 0.5


def mean_of_subjects(
    generator: np.random.Generator, subjects: int
) -> tuple[float, float, float] | None:
    """Subjects of normal accuracies."""
    found = group_interval(generator.normal(0.3, 0.05, subjects))
    return None if found.ci_low is None else (found.ci_low, found.ci_high, 0.3)


def _latent(
    generator: np.random.Generator, shape: tuple[int, ...], sds: dict[tuple[int, ...], float]
) -> np.ndarray:
    """Latent normal effects of units and of their meetings, by the axes that have them."""
    latent = np.zeros(shape)
    for axes, sd in sds.items():
        own = [length if axis in axes else 1 for axis, length in enumerate(shape)]
        latent = latent + sd * generator.standard_normal(own)
    return latent


def subjects_share_control(
    generator: np.random.Generator, subjects: int, sd_subject: float = 0.0
) -> tuple[float, float, float] | None:
    """Students of each subject's teacher less the one control that all subjects share.

    Images differ in difficulty and seeds in luck, as every student of them has; each student has
    luck of its own besides, and each subject may.
    """
    seeds, images = 10, 300
    shared = _latent(generator, (1, seeds, images), {(2,): 1.5, (1,): 0.15}) + 1.8

    def students(n: int, sd: float) -> np.ndarray:
        own = _latent(generator, (n, seeds, 1), {(0, 1): 0.25, (0,): sd})
        return (shared + own + generator.standard_normal((n, seeds, images)) > 0).astype(float)

    found = crossed_group_interval(students(subjects, sd_subject) - students(1, 0.0))
    if found.ci_low is None:
        return None
    spread = 1.5**2 + 0.15**2 + 0.25**2 + 1
    truth = ndtr(1.8 / np.sqrt(spread + sd_subject**2)) - ndtr(1.8 / np.sqrt(spread))
    return found.ci_low, found.ci_high, float(truth)


def p_of_subjects(generator: np.random.Generator, subjects: int) -> float | None:
    """Subjects whose differences are normal around 0, over seeds and images."""
    sds = {(0,): 0.04, (1,): 0.02, (2,): 0.1, (0, 1): 0.03, (0, 1, 2): 0.2}
    return crossed_group_interval(_latent(generator, (subjects, 5, 100), sds)).p


def paired_students(
    generator: np.random.Generator, seeds: int, images: int
) -> tuple[float, float, float]:
    """A teacher that helps some seeds and images and harms others, seen through a threshold."""
    base = _latent(generator, (seeds, images), {(1,): 1.2, (0,): 0.15, (0, 1): 0.6}) + 0.5
    helped = _latent(generator, (seeds, images), {(0,): 0.1, (1,): 0.2, (0, 1): 0.5})
    other = 0.5 * generator.standard_normal((seeds, images))
    found = paired_difference(base + helped > 0, base + other > 0, generator, N_BOOT)
    spread = 1.2**2 + 0.15**2 + 0.6**2 + 0.5**2
    truth = ndtr(0.5 / np.sqrt(spread + 0.1**2 + 0.2**2)) - ndtr(0.5 / np.sqrt(spread))
    return found.ci_low, found.ci_high, float(truth)


def paired_students_alike(generator: np.random.Generator, seeds: int, images: int) -> float:
    """Two teachers of one kind: each helps seeds and images of its own."""
    base = _latent(generator, (seeds, images), {(1,): 1.2, (0,): 0.15, (0, 1): 0.6}) + 0.5
    one, other = (
        base + _latent(generator, (seeds, images), {(0,): 0.1, (1,): 0.2, (0, 1): 0.5}) > 0
        for _ in range(2)
    )
    return paired_difference(one, other, generator, N_BOOT).p


def students_accuracy(
    generator: np.random.Generator, seeds: int, images: int
) -> tuple[float, float, float]:
    """Accuracy of the students of one teacher."""
    latent = _latent(generator, (seeds, images), {(1,): 1.2, (0,): 0.15, (0, 1): 0.8}) + 0.5
    found = crossed_interval(latent > 0, generator, N_BOOT)
    return found.ci_low, found.ci_high, float(norm.cdf(0.5 / np.sqrt(1.2**2 + 0.15**2 + 0.8**2)))


def permuted(generator: np.random.Generator, permutations: int) -> float:
    """A statistic that is drawn as those of its null, in whole steps, so that some are equal."""
    drawn = generator.binomial(1000, 0.25, size=permutations + 1) / 1000
    return permutation_p(drawn[0], drawn[1:])


def family(
    generator: np.random.Generator, method: str, tests: int, trivial: int, shared: float
) -> float:
    """Least corrected p of a family without any effect, beside trivial effects outside of it."""
    latent = np.sqrt(shared) * generator.standard_normal() + np.sqrt(
        1 - shared
    ) * generator.standard_normal(tests)
    p = np.concatenate([norm.sf(latent), np.full(trivial, 1e-4)])
    q = corrected(p, ["headline"] * tests + [""] * trivial, method)
    return float(np.nanmin(q))


CLAIMS = [
    *(
        Claim(
            f"cluster-interval-{runs}x{rows}-at-{100 * accuracy:.0f}-alike-{100 * alike:.0f}",
            "interval",
            partial(accuracy_over_runs, runs=runs, rows=rows, accuracy=accuracy, alike=alike),
            f"{runs} runs of {rows} rows, accuracy {accuracy:g}, rows of a run correlate {alike:g}",
            "runs",
            studies=2000,
            seconds=0.0005,
        )
        for runs, rows, accuracy, alike in [
            (5, 20, 0.1, 0.0),
            (5, 20, 0.1, 0.05),
            (5, 20, 0.5, 0.05),
            (12, 9, 0.125, 0.02),
            (3, 30, 0.3, 0.05),
            (6, 10, 0.9, 0.05),
            (20, 5, 0.1, 0.0),
            (80, 10, 0.13, 0.25),
            (40, 10, 0.05, 0.25),
            (8, 10, 0.13, 0.25),
        ]
    ),
    *(
        Claim(
            f"cluster-interval-{runs}-runs-x-{images}-images",
            "interval",
            partial(
                accuracy_over_runs_and_images,
                runs=runs,
                images=images,
                sd_run=sd_run,
                sd_image=sd_image,
            ),
            f"the same {images} images in each of {runs} runs",
            "runs x images",
            studies=2000,
            seconds=0.001,
        )
        for runs, images, sd_run, sd_image in [(4, 12, 0.0, 2.0), (6, 40, 0.5, 1.0)]
    ),
    *(
        Claim(
            f"group-interval-{subjects}-subjects",
            "interval",
            partial(mean_of_subjects, subjects=subjects),
            f"accuracies of {subjects} subjects, normal",
            "subjects",
            studies=2000,
            seconds=0.0005,
        )
        for subjects in (2, 3, 5)
    ),
    *(
        Claim(
            f"crossed-group-interval-{subjects}-subjects{'-differ' if sd_subject else ''}",
            "interval",
            partial(subjects_share_control, subjects=subjects, sd_subject=sd_subject),
            f"students of {subjects} subjects, who {'differ' if sd_subject else 'are alike'}, less "
            "one control that all share",
            "subjects x seeds x images",
            studies=2000,
            seconds=0.003,
        )
        for subjects in (3, 5)
        for sd_subject in (0.0, 0.5)
    ),
    *(
        Claim(
            f"paired-difference-{seeds}-seeds-{images}-images",
            "interval",
            partial(paired_students, seeds=seeds, images=images),
            f"a teacher that helps some of {seeds} seeds and {images} images and harms others",
            "seeds x images",
            studies=1000,
            seconds=0.006,
        )
        for seeds, images in [(3, 500), (10, 500), (10, 80)]
    ),
    Claim(
        "paired-difference-p",
        "test",
        partial(paired_students_alike, seeds=10, images=200),
        "two teachers that are alike, 10 seeds and 200 images",
        "seeds x images",
        studies=2000,
        seconds=0.005,
    ),
    *(
        Claim(
            f"crossed-group-p-{subjects}-subjects",
            "test",
            partial(p_of_subjects, subjects=subjects),
            f"students of {subjects} subjects who differ less a control, no difference",
            "subjects x seeds x images",
            studies=2000,
            seconds=0.008,
        )
        for subjects in (3, 5)
    ),
    Claim(
        "students-accuracy",
        "interval",
        partial(students_accuracy, seeds=5, images=200),
        "students of 5 seeds on 200 images",
        "seeds x images",
        studies=1000,
        seconds=0.005,
    ),
    *(
        Claim(
            f"permutation-p-{permutations}",
            "test",
            partial(permuted, permutations=permutations),
            f"a statistic of whole steps among {permutations} of its null",
            "permutations",
            studies=2000,
            seconds=0.0002,
        )
        for permutations in (19, 99, 1000)
    ),
    *(
        Claim(
            f"family-{method}-{'correlated' if shared else 'independent'}",
            "test",
            partial(family, method=method, tests=36, trivial=40, shared=shared),
            "any false discovery among 36 tests without effect, "
            f"{'correlated' if shared else 'independent'}, beside 40 trivial ones outside",
            "tests",
            studies=2000,
            seconds=0.0003,
        )
        for method in ("bh", "holm")
        for shared in (0.0, 0.5)
    ),
]
