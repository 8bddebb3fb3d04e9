"""Resamples of trials within their patterns."""

from collections.abc import Sequence

import numpy as np


def resample(
    responses: np.ndarray, patterns: Sequence[str], generator: np.random.Generator
) -> np.ndarray:
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

    Returns
    -------
    ndarray, shape (seeds, trials, values)
    """
    of_trial = pattern_numbers(patterns)
    order = np.argsort(of_trial, kind="stable")
    counts = np.bincount(of_trial)
    first = np.cumsum(counts) - counts
    sizes = counts[of_trial]
    picked = first[of_trial] + (generator.random(len(of_trial)) * sizes).astype(int)
    means = pattern_means(responses, of_trial)[..., of_trial, :]
    larger = np.sqrt(sizes / np.maximum(sizes - 1, 1))[:, None]
    return means + larger * (responses[:, order[picked]] - means)


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
