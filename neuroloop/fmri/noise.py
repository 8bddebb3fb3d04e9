"""Noise of simulated recordings: white, autocorrelated, shared between voxels, drifting."""

from collections.abc import Sequence

import numpy as np

#: Parts of the noise variance; together 1.
WHITE, CORRELATED, SHARED, DRIFT = 0.4, 0.2, 0.2, 0.2

#: Correlation of successive trials in the autocorrelated parts.
AUTOCORRELATION = 0.5

#: Number of the slowest cosines of a run that make up its drift.
COSINES = 3


def correlated_trials(
    generator: np.random.Generator, in_run: Sequence[int], width: int
) -> np.ndarray:
    """Draw first-order autoregressive series with unit variance, restarted in every run.

    x[0] ~ N(0, 1), x[t] = a x[t-1] + sqrt(1 - a^2) e[t], with a = `AUTOCORRELATION`.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of randomness.
    in_run : sequence of int
        Trials of each run, in order.
    width : int
        Number of independent series.

    Returns
    -------
    ndarray of float64, shape (trials, width)
    """
    from scipy.signal import lfilter

    fresh = np.sqrt(1 - AUTOCORRELATION**2)
    runs = []
    for trials in in_run:
        steps = generator.standard_normal((trials, width))
        steps[0] /= fresh
        runs.append(lfilter([fresh], [1, -AUTOCORRELATION], steps, axis=0))
    return np.concatenate(runs)


def slow_drift(generator: np.random.Generator, in_run: Sequence[int], width: int) -> np.ndarray:
    """Draw the drift of each run: its slowest cosines with random coefficients, unit variance.

    Returns
    -------
    ndarray of float64, shape (trials, width)
        Mean 0 in every run.
    """
    runs = []
    for trials in in_run:
        time = (np.arange(trials) + 0.5) / trials
        orders = np.arange(1, min(COSINES, trials - 1) + 1)
        basis = np.sqrt(2 / max(len(orders), 1)) * np.cos(np.pi * time[:, None] * orders)
        runs.append(basis @ generator.standard_normal((len(orders), width)))
    return np.concatenate(runs)


def region_noise(
    generator: np.random.Generator,
    in_run: Sequence[int],
    voxels: int,
    latent: np.ndarray,
) -> np.ndarray:
    """Draw the noise of a region's voxels, with unit variance.

    Parameters
    ----------
    generator : numpy.random.Generator
        Of this subject and region.
    in_run : sequence of int
        Trials of each run, in order.
    voxels : int
        Number of voxels.
    latent : ndarray, shape (trials, rank)
        Series shared by all voxels of the subject, each with its own loadings.

    Returns
    -------
    ndarray of float64, shape (trials, voxels)
    """
    white = generator.standard_normal((sum(in_run), voxels))
    correlated = correlated_trials(generator, in_run, voxels)
    drift = slow_drift(generator, in_run, voxels)
    loadings = generator.standard_normal((latent.shape[1], voxels))
    shared = latent @ (loadings / np.linalg.norm(loadings, axis=0))
    return (
        np.sqrt(WHITE) * white
        + np.sqrt(CORRELATED) * correlated
        + np.sqrt(SHARED) * shared
        + np.sqrt(DRIFT) * drift
    )
