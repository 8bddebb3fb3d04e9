"""Resamples of trials within their patterns, and of recordings."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special


def resamples(
    responses: np.ndarray, patterns: Sequence[str], generator: np.random.Generator, count: int
) -> Iterator[np.ndarray]:
    """Draw the trials of each pattern with replacement, the same of all seeds.

    Deviations from the pattern's mean are made larger by sqrt(n / (n - 1)), so that the mean of a
    resample has the variance of the mean of n trials (Davison & Hinkley 1997, Bootstrap Methods
    and their Application, section 2.3). A pattern with one trial stays as it is.

    Parameters
    ----------
    responses : ndarray, shape (seeds, trials, values)
    patterns : sequence of str
        Pattern of each trial.
    generator : numpy.random.Generator
        Each resample is drawn when it is asked for.
    count : int
        Resamples.

    Yields
    ------
    ndarray, shape (seeds, trials, values)
    """
    of_trial = pattern_numbers(patterns)
    order = np.argsort(of_trial, kind="stable")
    counts = np.bincount(of_trial)
    first = np.cumsum(counts) - counts
    sizes = counts[of_trial]
    means = pattern_means(responses, of_trial)[..., of_trial, :]
    larger = np.sqrt(sizes / np.maximum(sizes - 1, 1))[:, None]
    for _ in range(count):
        picked = first[of_trial] + (generator.random(len(of_trial)) * sizes).astype(int)
        yield means + larger * (responses[:, order[picked]] - means)


def resample_seeds(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Mean over seeds drawn with replacement.

    Deviations are made larger as those of trials are. One seed says nothing about others.

    Parameters
    ----------
    values : ndarray, shape (seeds, ...)
        Of one resample of trials.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray, shape (...)
    """
    seeds = len(values)
    centre = values.mean(axis=0)
    larger = np.sqrt(seeds / (seeds - 1)) if seeds > 1 else 1.0
    return centre + larger * (values[generator.integers(seeds, size=seeds)].mean(axis=0) - centre)


def jackknife_interval(without_unit: Sequence[np.ndarray], level: float) -> np.ndarray:
    """Tell how a value spreads where units are drawn anew.

    A value that is made of units in an involved way, as by least squares, may have none where some
    units are not drawn at all. So it is taken as the sum of the influences of its units, each told
    by the value without that unit: the jackknife's variance (Davison & Hinkley 1997, Bootstrap
    Methods and their Application, sections 2.7 and 3.2.1), with the quantile of Student's t whose
    degrees of freedom are those of the units that count: 3 (sum v)^2 / sum v^2 - 1 of the squared
    influences v is R - 1 on average for R normal ones alike.

    Parameters
    ----------
    without_unit : sequence of ndarray, each of the value's shape
        The value without each unit, two or more.
    level : float
        Coverage.

    Returns
    -------
    ndarray, shape (2, ...)
        Lower and upper end, less the value; NaN where a unit is the only one that defines it.
    """
    count, squares = len(without_unit), _influences(without_unit) ** 2
    total = (squares**2).sum(axis=0)
    alike = np.full(total.shape, count / 3)
    even = np.divide(squares.sum(axis=0) ** 2, total, out=alike, where=total > 0)
    freedom = np.clip(3 * even - 1, 1, count - 1)
    error = np.sqrt(squares.sum(axis=0) / (count * (count - 1)))
    half = special.stdtrit(freedom, (1 + level) / 2) * error
    return np.stack([-half, half]).reshape(2, *np.shape(without_unit[0]))


def _influences(without: Sequence[np.ndarray]) -> np.ndarray:
    """Influence of each unit on a value, from the values without each; shape (units, entries)."""
    values = np.stack(without).reshape(len(without), -1)
    made: np.ndarray = (len(values) - 1) * (values.mean(axis=0) - values)
    return made


def pattern_numbers(patterns: Sequence[str]) -> np.ndarray:
    """Number each trial by its pattern, from 0; shape (trials,)."""
    return np.unique(np.asarray(patterns, dtype=str), return_inverse=True)[1]


def pattern_means(responses: np.ndarray, of_trial: np.ndarray) -> np.ndarray:
    """Mean response of each pattern.

    Parameters
    ----------
    responses : ndarray, shape (..., trials, values)
    of_trial : ndarray of int, shape (trials,)
        From `pattern_numbers`.

    Returns
    -------
    ndarray of float64, shape (..., patterns, values)
    """
    member = np.arange(of_trial.max() + 1)[:, None] == of_trial
    return (member / member.sum(axis=1, keepdims=True)) @ responses
