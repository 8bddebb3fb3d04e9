"""A score on one set of patients less that on another, from what is known of each.

The variance of a score near 1 hangs on the score: that of an AUC of 0.9 on 60 patients and its
estimate correlate by -0.9, and Student's t of the difference finds too much. Intervals of both
scores that are not symmetric know that, and give the interval of their difference.
"""

from collections.abc import Callable

import numpy as np

from neuroloop.cxr.contrast_variance import POWER, Test

#: Interval of a score at a level.
Interval = Callable[[float], tuple[float, float]]

#: Smallest p that is looked for, and halvings of its logarithm.
SMALLEST_P, HALVINGS = 1e-12, 40


def difference_of_scores(
    first: float, of_first: Interval, second: float, of_second: Interval
) -> Test:
    """Compare two independent scores by their intervals.

    The method of variance estimates recovery (Zou & Donner 2008, Stat. Med. 27:1693, equations 3
    and 4; of shares Newcombe 1998, Stat. Med. 17:873, method 10): with d = a - b, the lower bound
    is d - sqrt((a - low_a)^2 + (high_b - b)^2), the upper one d + sqrt((high_a - a)^2 +
    (b - low_b)^2).

    Parameters
    ----------
    first, second : float
    of_first, of_second : callable
        From a level, as 0.95, to the score's interval; NaN where it is not known.

    Returns
    -------
    Test
        p is the largest for which the interval of 1 - p does not hold 0. ``smallest_effect`` adds
        to an arm of the 95 % interval the same arm of the level that `POWER` asks for; the longer
        of both sums. Without numbers where an interval is not known.
    """
    difference = first - second

    def arms(level: float) -> tuple[float, float]:
        (low_a, high_a), (low_b, high_b) = of_first(level), of_second(level)
        return (
            float(np.hypot(first - low_a, high_b - second)),
            float(np.hypot(high_a - first, second - low_b)),
        )

    below, above = arms(0.95)
    if not np.isfinite([difference, below, above]).all():
        return Test(*(np.nan,) * 4)
    more_below, more_above = arms(2 * POWER - 1)
    return Test(
        difference - below,
        difference + above,
        _p(difference, arms),
        max(below + more_below, above + more_above),
    )


def _p(difference: float, arms: Callable[[float], tuple[float, float]]) -> float:
    """Where the interval begins to hold 0, by halving the logarithm of p."""
    side = 0 if difference > 0 else 1
    outside, inside = np.log(SMALLEST_P), 0.0
    if difference == 0:
        return 1.0
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        reaches = arms(1 - float(np.exp(middle)))[side] >= abs(difference)
        outside, inside = (middle, inside) if reaches else (outside, middle)
    return float(np.exp(outside))
