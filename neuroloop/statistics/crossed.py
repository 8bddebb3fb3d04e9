"""Variance of a mean over units that are crossed, such as subjects, seeds and images."""

import math
from itertools import combinations

import numpy as np


def crossed_variance(values: np.ndarray) -> tuple[float, float]:
    """Variance of the mean of a table all of whose axes are random.

    With V_A = MS_A / N, the mean square of the effect that the axes A have together (main effect
    or interaction, of the analysis of variance) over the number of cells, the variance is the sum
    of V_A over all sets of axes A, subtracted where A holds an even number of them: V_rows +
    V_columns - V_cells for two. That is the unbiased estimate for crossed random effects (Searle,
    Casella & McCulloch 1992, Variance Components, chapter 4). It is at least what it is where
    any axes are taken for fixed, and at least each V_A: by how much the truth exceeds these are
    components of variance, none of which is below zero.

    Parameters
    ----------
    values : ndarray
        One axis a unit, as (seeds, images) or (subjects, seeds, images). An axis of length 1 says
        nothing about others of its kind and counts as fixed.

    Returns
    -------
    variance, degrees_of_freedom : float
        The latter by Satterthwaite (1946, Biometrics Bull. 2:110), V^2 over the sum of
        V_a^2 / (n_a - 1) over single axes a, and at least the smallest n_a - 1; 0 and infinite
        where all values are equal.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values.reshape([length for length in values.shape if length > 1])
    axes = tuple(range(values.ndim))
    means = {
        part: values.mean(axis=tuple(set(axes) - set(part)), keepdims=True) for part in _parts(axes)
    }
    of_effect = {part: _mean_square_of_mean(means, part) for part in means if part}
    sums = [
        sum((-1) ** (len(part) + 1) * of_effect[part] for part in _parts(random) if part)
        for random in of_effect
    ]
    variance = max([0.0, *sums, *of_effect.values()])
    spent = sum(of_effect[axis,] ** 2 / (values.shape[axis] - 1) for axis in axes)
    return variance, max(variance**2 / spent, min(values.shape) - 1) if spent else np.inf


def _parts(axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All sets of these axes, the empty one first."""
    return [part for size in range(len(axes) + 1) for part in combinations(axes, size)]


def _mean_square_of_mean(means: dict[tuple[int, ...], np.ndarray], axes: tuple[int, ...]) -> float:
    """Mean square, over the number of cells, of the effect that axes have only together."""
    signs = {part: (-1) ** (len(axes) - len(part)) for part in _parts(axes)}
    effect = sum((sign * means[part] for part, sign in signs.items()), start=np.zeros(1))
    return float((effect**2).mean() / math.prod(effect.shape[axis] - 1 for axis in axes))
