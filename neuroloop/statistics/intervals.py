"""How sure a number is: intervals, p values and paired differences."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import special

from neuroloop.statistics.crossed import crossed_half_width, crossed_p

#: Subjects that an interval over crossed subjects, seeds and images needs.
FEWEST_SUBJECTS = 3

#: Seeds that an interval over crossed seeds and images needs: of two, whose difference is soon
#: small by chance, it missed up to 11 % of the truths in place of 5.
FEWEST_SEEDS = 3


class Estimate(NamedTuple):
    """A number and its interval; the bounds are None where the data give none."""

    value: float
    ci_low: float | None
    ci_high: float | None


class GroupEstimate(NamedTuple):
    """A mean over subjects; `reason` says why the bounds are None, if they are.

    p is two-sided, against a mean of 0, and None where it is not asked for or has no bounds.
    """

    value: float
    ci_low: float | None
    ci_high: float | None
    reason: str = ""
    p: float | None = None


class Difference(NamedTuple):
    """A difference, its interval and the two-sided p value against no difference."""

    value: float
    ci_low: float
    ci_high: float
    p: float


def cluster_interval(
    hits: np.ndarray,
    clusters: Iterable[str],
    level: float = 0.95,
    crossed: Iterable[str] | None = None,
) -> Estimate:
    """Accuracy with an interval that allows for rows of one cluster being alike.

    The accuracy is the ratio sum(c_r) / sum(n_r) of hits and rows of R clusters; its linearised
    variance is R / (R - 1) * sum((c_r - accuracy * n_r)^2) / N^2 (Cochran 1977, Sampling
    Techniques, section 3.12, without finite-population correction). The interval is Wilson's score
    interval for as many independent rows as have that variance, accuracy * (1 - accuracy) /
    variance, with Student's t of R - 1 degrees of freedom (Franco et al. 2019, J. Surv. Stat.
    Methodol. 7:334): a symmetric one holds the truth too rarely near 0 and 1. Where few clusters
    have most of the hits, as where hits are rare, the variance is known as badly as from few
    clusters: the degrees of freedom are then those of a variance whose residuals have that kurtosis
    (`_of_clusters`).

    Rows may be alike in two ways that cross, as rows of one run and rows of one image. The variance
    is then that over runs plus that over images less that over their cells (Cameron, Gelbach &
    Miller 2011, J. Bus. Econ. Stat. 29:238), and at least that over either, with the degrees of
    freedom of Satterthwaite (1946, Biometrics Bull. 2:110) for the sum of both.

    Clusters that all have the same accuracy (as when every row is right) show no variance, and
    their rows count as independent. So do those of a single cluster, which is too narrow where they
    are not; there, and where each row is a cluster, the normal distribution stands in t's place.

    Parameters
    ----------
    hits : ndarray of bool, shape (n,)
        True where the row was named right.
    clusters : sequence of str, shape (n,)
        Cluster of each row, e.g. its run.
    level : float
        Coverage of the interval.
    crossed : sequence of str, shape (n,), optional
        Cluster of each row of another kind, e.g. its image.

    Returns
    -------
    Estimate
    """
    hits = _as_bool(hits)
    kinds = [_numbered(one) for one in (clusters, crossed) if one is not None]
    if any(hits.shape != one.shape for one in kinds) or not len(hits):
        raise ValueError(f"hits {hits.shape} and clusters {kinds[0].shape} give no interval")
    n_right, n = int(hits.sum()), len(hits)
    of_kind = [_of_clusters(hits, one) for one in kinds]
    variance, freedom = of_kind[0]
    if len(kinds) > 1 and any(one.variance for one in of_kind):
        cells = _numbered(map(str, kinds[0] * (kinds[1].max() + 1) + kinds[1]))
        variances = [one.variance for one in of_kind]
        variance = max(*variances, sum(variances) - _of_clusters(hits, cells).variance)
        spent = sum(one.variance**2 / one.freedom for one in of_kind if one.variance)
        freedom = max(variance**2 / spent, min(one.freedom for one in of_kind))
    accuracy = n_right / n
    rows = accuracy * (1 - accuracy) / variance if variance else n
    if freedom == 0 or (not variance and kinds[0].max() + 1 == n):
        freedom = np.inf
    low, high = score_interval(accuracy, rows, float(special.stdtrit(freedom, (1 + level) / 2)))
    return Estimate(accuracy, low, high)


def score_interval(share: float, n: float, width: float) -> tuple[float, float]:
    """Interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22:209).

    Parameters
    ----------
    share : float
        From 0 to 1.
    n : float
        Independent rows that would know the share as well.
    width : float
        Standard errors each way.

    Returns
    -------
    low, high : float
        From 0 to 1.
    """
    middle = (share + width**2 / (2 * n)) / (1 + width**2 / n)
    half = width / (1 + width**2 / n) * np.sqrt(share * (1 - share) / n + width**2 / (4 * n**2))
    # Rounding may put a bound beyond a share of 0 or 1.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _numbered(clusters: Iterable[str]) -> np.ndarray:
    """Number of each row's cluster, from 0."""
    return np.unique(np.asarray(list(clusters), dtype=str), return_inverse=True)[1]


class _Spread(NamedTuple):
    """Variance of an accuracy, and the degrees of freedom with which it is known."""

    variance: float
    freedom: float


def _of_clusters(hits: np.ndarray, clusters: np.ndarray) -> _Spread:
    """Linearised variance of the accuracy over clusters; 0 if there is one, or all are alike.

    Degrees of freedom are 2 R / (k - (R - 3) / (R - 1)) of R clusters whose residuals have the
    kurtosis k (O'Neill 2014, Am. Stat. 68:282): R - 1 where it is that of a normal distribution,
    which they are at most, and few where few clusters make the variance.
    """
    right, rows = np.bincount(clusters, weights=hits), np.bincount(clusters)
    n_right, n, n_clusters = int(hits.sum()), len(hits), len(rows)
    # In whole numbers, so that equal accuracies give exactly zero.
    residuals = (right * n - n_right * rows) / n
    if not residuals.any():
        return _Spread(0.0, float(n_clusters - 1))
    squares = residuals**2
    kurtosis = n_clusters * (squares**2).sum() / squares.sum() ** 2
    most = n_clusters - 1
    freedom = min(most, 2 * n_clusters / (kurtosis - (n_clusters - 3) / most))
    return _Spread(float(n_clusters / most * squares.sum()) / n**2, float(freedom))


def group_interval(values: Iterable[float], level: float = 0.95) -> GroupEstimate:
    """Mean over subjects with Student's t interval.

    Parameters
    ----------
    values : sequence of float, shape (subjects,)
        One number a subject, each with noise of its own.
    level : float
        Coverage of the interval.

    Returns
    -------
    GroupEstimate
        Without bounds where there is one subject, or all have the same value: as counts of few
        rows are soon equal, that does not say that others' would be. With few subjects the
        interval is wide.
    """
    numbers = np.asarray(list(values), dtype=np.float64)
    if not len(numbers) or not np.isfinite(numbers).all():
        raise ValueError(f"no mean over subjects of {numbers.tolist()}")
    mean = float(numbers.mean())
    if len(numbers) == 1:
        return GroupEstimate(mean, None, None, "one subject does not tell how subjects differ")
    # Equal numbers that were summed in another order count as equal.
    if np.ptp(numbers) <= 1e-12 * np.abs(numbers).max():
        return GroupEstimate(mean, None, None, "all subjects have the same value")
    error = numbers.std(ddof=1) / np.sqrt(len(numbers))
    half = float(special.stdtrit(len(numbers) - 1, (1 + level) / 2) * error)
    return GroupEstimate(mean, mean - half, mean + half)


def crossed_group_interval(differences: np.ndarray, level: float = 0.95) -> GroupEstimate:
    """Mean over subjects who share seeds and images, and may share what they are compared with.

    Student's t over subjects takes them for independent, but the luck of students that are
    subtracted from those of every subject, of seeds and of images is in all of them, and no
    number of subjects takes it out of the mean. So all three vary (`crossed_half_width`), for other
    subjects, seeds and images of the same kinds.

    Parameters
    ----------
    differences : ndarray, shape (subjects, seeds, images)
        From -1 to 1.
    level : float
        Coverage of the interval, which is cut at -1 and 1.

    Returns
    -------
    GroupEstimate
        Without bounds and p where subjects are fewer than `FEWEST_SUBJECTS`, seeds fewer than
        `FEWEST_SEEDS`, or all values are equal.
    """
    mean = float(differences.mean())
    for units, count, fewest in [
        ("subjects", len(differences), FEWEST_SUBJECTS),
        ("seeds", differences.shape[1], FEWEST_SEEDS),
    ]:
        if count < fewest:
            few = f"{count} {units} do not tell how {units} differ: {fewest} are needed"
            return GroupEstimate(mean, None, None, few)
    if np.ptp(differences) == 0:
        return GroupEstimate(mean, None, None, "no subject, seed or image differs from another")
    half = crossed_half_width(differences, level)
    low, high = max(-1.0, mean - half), min(1.0, mean + half)
    return GroupEstimate(mean, low, high, p=crossed_p(differences))


def permutation_p(observed: float, null: np.ndarray) -> float:
    """One-sided p value: how often a permutation does at least as well.

    p = (1 + number of null values >= observed) / (1 + number of null values), which is never zero
    (Phipson & Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39).

    Parameters
    ----------
    observed : float
        Statistic of the data; larger is better.
    null : ndarray of float, shape (permutations,)
        Statistic of permuted data.
    """
    null = np.asarray(null, dtype=np.float64)
    if not np.isfinite(null).all() or not np.isfinite(observed):
        raise ValueError("observed or null values are not finite")
    # Equal statistics that were summed in another order count as equal.
    slack = 1e-12 * max(1.0, abs(observed))
    return float((1 + (null >= observed - slack).sum()) / (1 + null.size))


def paired_difference(
    hits_a: np.ndarray,
    hits_b: np.ndarray,
    generator: np.random.Generator,
    n_boot: int = 10_000,
    level: float = 0.95,
) -> Difference:
    """Difference of the accuracies of two kinds of student, over seeds and test images.

    Students of one seed had the same initialisation and batch order, and all saw the same test
    images, so hits are subtracted pair by pair. Each resample draws seeds and, on its own, images
    with replacement (pigeonhole bootstrap: Owen 2007, Ann. Appl. Stat. 1:386), and the interval is
    made of percentiles: it speaks of other seeds and other images of the same kinds.

    The pigeonhole bootstrap alone counts the noise of single predictions three times, which can
    widen an interval by sqrt(3), and where the difference hangs on few seeds its percentiles are
    too narrow. So the resamples are scaled around the difference: their standard deviation times
    the normal quantile becomes `crossed_half_width`, which counts noise once and knows how few
    seeds or images there are. One seed says nothing about others.

    Parameters
    ----------
    hits_a, hits_b : ndarray of bool or float, shape (seeds, images)
        True where the student of that seed named the image right; same order in both. Or the
        share of several students (one per subject) that did.
    generator : numpy.random.Generator
        Draws the resamples.
    n_boot : int
        Number of resamples.
    level : float
        Coverage of the interval.

    Returns
    -------
    Difference
        Mean of `hits_a` less mean of `hits_b`. p is twice the smaller share of resamples on one
        side of zero, at least 2 / (n_boot + 1) and at most 1.
    """
    hits_a, hits_b = _as_shares(hits_a), _as_shares(hits_b)
    if hits_a.shape != hits_b.shape or hits_a.ndim != 2 or not hits_a.size:
        raise ValueError(f"hits {hits_a.shape} and {hits_b.shape} cannot be paired")
    return crossed_mean(hits_a - hits_b, generator, n_boot, level, bound=1)


def crossed_mean(
    values: np.ndarray,
    generator: np.random.Generator,
    n_boot: int = 10_000,
    level: float = 0.95,
    bound: float = np.inf,
) -> Difference:
    """Mean of a table of seeds by images, with the interval and p of `paired_difference`.

    Parameters
    ----------
    values : ndarray of float, shape (seeds, images)
        What each student contributes by each image, or its difference from another's.
    generator, n_boot, level
        As in `paired_difference`.
    bound : float
        Largest absolute value that the mean can have.

    Returns
    -------
    Difference
    """
    drawn = _crossed_resamples(values, generator, n_boot) / values.size
    if drawn.std() > 0:
        normal = special.ndtri((1 + level) / 2)
        scale = crossed_half_width(values, level) / (normal * drawn.std())
        drawn = np.clip(values.mean() + (drawn - values.mean()) * scale, -bound, bound)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    rarer = min((drawn <= 0).sum(), (drawn >= 0).sum())
    value = float(values.mean())
    return Difference(
        value,
        min(float(low), value),  # equal pairs: the resamples lie beside it by rounding
        max(float(high), value),
        min(1.0, float(2 * (1 + rarer) / (1 + n_boot))),
    )


def crossed_interval(
    hits: np.ndarray, generator: np.random.Generator, n_boot: int = 10_000, level: float = 0.95
) -> Estimate:
    """Mean accuracy of students with the interval of `paired_difference` (pigeonhole bootstrap).

    Parameters
    ----------
    hits : ndarray of bool, shape (seeds, images)
    generator, n_boot, level
        As in `paired_difference`.

    Returns
    -------
    Estimate
    """
    nothing = np.zeros_like(hits)
    value, low, high, _ = paired_difference(hits, nothing, generator, n_boot, level)
    return Estimate(value, max(0.0, low), high)


def _as_bool(hits: np.ndarray) -> np.ndarray:
    values = np.asarray(hits)
    if not np.isin(values, (0, 1)).all():
        raise ValueError("hits are neither true nor false")
    return values.astype(bool)


def _as_shares(hits: np.ndarray) -> np.ndarray:
    values = np.asarray(hits, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("hits are neither true nor false, nor shares between 0 and 1")
    return values


def _crossed_resamples(
    values: np.ndarray, generator: np.random.Generator, n_boot: int
) -> np.ndarray:
    """Sums of `values` (rows, columns) over rows and columns drawn with replacement.

    Whole numbers stay exact, so the sums do not depend on the number of threads.
    """
    n_rows, n_columns = values.shape
    # A chunk holds some megabytes, whatever the number of resamples.
    chunk = max(1, 1_000_000 // max(n_rows, n_columns))
    sums = np.empty(n_boot)
    for start in range(0, n_boot, chunk):
        size = min(chunk, n_boot - start)
        by_column = _draw_counts(n_rows, size, generator) @ values
        columns = generator.integers(n_columns, size=(size, n_columns))
        columns += np.arange(size)[:, None] * n_columns
        sums[start : start + size] = by_column.ravel().take(columns).sum(axis=1)
    return sums


def _draw_counts(n: int, size: int, generator: np.random.Generator) -> np.ndarray:
    """How often each of `n` things is drawn in `n` draws, for `size` resamples: (size, n)."""
    drawn = generator.integers(n, size=(size, n))
    drawn += np.arange(size)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
