"""How sure a mean over units is that are crossed, such as subjects, seeds and images."""

import math
from itertools import combinations

import numpy as np
from scipy import special


def crossed_variance(values: np.ndarray) -> float:
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
    float
        0 where all values are equal.
    """
    return _variance(_effects(values))


def crossed_half_width(values: np.ndarray, level: float = 0.95) -> float:
    """Half the width of the interval of the mean of a table all of whose axes are random.

    With the normal quantile z and Student's t_a of the n_a - 1 degrees of freedom of each single
    axis a, its square is z^2 V + sum of (t_a^2 - z^2) V_a: the part of each axis counts with the
    quantile of its own length (after Graybill & Wang 1980, J. Am. Stat. Assoc. 75:869). One t of
    the degrees of freedom of the sum (Satterthwaite 1946) is too narrow where most hangs on an axis
    of length two or three, since these are taken for more where that axis seems to matter less.

    Parameters
    ----------
    values : ndarray
        As in `crossed_variance`.
    level : float
        Coverage of the interval.

    Returns
    -------
    float
        0 where all values are equal.
    """
    return _half_width(_effects(values), np.shape(values), (1 - level) / 2)


def crossed_p(values: np.ndarray) -> float:
    """Two-sided p against a mean of 0 of a table all of whose axes are random.

    It is one less the level at which the interval of `crossed_half_width` ends at 0, at least
    2e-12.

    Parameters
    ----------
    values : ndarray
        As in `crossed_variance`, not all equal.
    """
    from scipy.optimize import brentq  # takes a moment to import

    of_effect, shape, mean = _effects(values), np.shape(values), abs(float(np.mean(values)))

    def beyond(log_tail: float) -> float:
        return _half_width(of_effect, shape, float(np.exp(log_tail))) - mean

    ends = np.log(1e-12), np.log(0.5)
    if mean == 0:
        return 1.0
    return 2e-12 if beyond(ends[0]) <= 0 else min(1.0, float(2 * np.exp(brentq(beyond, *ends))))


def _half_width(
    of_effect: dict[tuple[int, ...], float], shape: tuple[int, ...], tail: float
) -> float:
    """Half the width of the interval that leaves `tail` on each side."""
    normal = special.ndtri(tail) ** 2
    lengths = [length for length in shape if length > 1]
    wider = sum(
        (special.stdtrit(length - 1, tail) ** 2 - normal) * of_effect[axis,]
        for axis, length in enumerate(lengths)
    )
    return float(np.sqrt(normal * _variance(of_effect) + wider))


def _effects(values: np.ndarray) -> dict[tuple[int, ...], float]:
    """V_A of each set of axes."""
    values = np.asarray(values, dtype=np.float64)
    values = values.reshape([length for length in values.shape if length > 1])
    axes = tuple(range(values.ndim))
    means = {
        part: values.mean(axis=tuple(set(axes) - set(part)), keepdims=True) for part in _parts(axes)
    }
    return {part: _mean_square_of_mean(means, part) for part in means if part}


def _variance(of_effect: dict[tuple[int, ...], float]) -> float:
    sums = [
        sum((-1) ** (len(part) + 1) * of_effect[part] for part in _parts(random) if part)
        for random in of_effect
    ]
    return max([0.0, *sums, *of_effect.values()])


def _parts(axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All sets of these axes, the empty one first."""
    return [part for size in range(len(axes) + 1) for part in combinations(axes, size)]


def _mean_square_of_mean(means: dict[tuple[int, ...], np.ndarray], axes: tuple[int, ...]) -> float:
    """Mean square, over the number of cells, of the effect that axes have only together."""
    signs = {part: (-1) ** (len(axes) - len(part)) for part in _parts(axes)}
    effect = sum((sign * means[part] for part, sign in signs.items()), start=np.zeros(1))
    return float((effect**2).mean() / math.prod(effect.shape[axis] - 1 for axis in axes))
