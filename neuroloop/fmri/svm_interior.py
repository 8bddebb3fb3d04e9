"""The support vector machine of two classes, by an interior point method.

Slower than guesses of active sets (`svm_pair`), but sure to come close to the optimum, also where
voxels are fewer than rows and many rows lie within the margin. It is Mehrotra's predictor and
corrector (1992, On the implementation of a primal-dual interior point method) for the dual.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

#: Most steps; 8 to 25 are usual.
MOST = 100


def usual(kernel: np.ndarray, C: float) -> float:
    """The size that weights of rows usually have."""
    return min(C, 1 / float(np.diagonal(kernel).mean()))


class Point(NamedTuple):
    """A point on the way.

    Attributes
    ----------
    a, room : ndarray, (m,)
        Weights of the rows, and C minus these.
    low, high : ndarray, (m,)
        Multipliers of a >= 0 and of room >= 0.
    bias : float
    """

    a: np.ndarray
    room: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bias: float

    def moved(self, step: "Point", length: float) -> "Point":
        """Go some way along a step."""
        a, room, low, high = (now + length * change for now, change in _pairs(self, step))
        return Point(a, room, low, high, self.bias + length * step.bias)

    def longest(self, step: "Point") -> float:
        """Longest way along a step, up to 1, that leaves all but the bias positive."""
        ratios = [-now[change < 0] / change[change < 0] for now, change in _pairs(self, step)]
        return min(1.0, *(ratio.min(initial=1.0) for ratio in ratios))


def path(kernel: np.ndarray, y: np.ndarray, C: float) -> Iterator[tuple[Point, float]]:
    """Yield points ever closer to the optimum, and how far each is from it.

    Parameters
    ----------
    kernel : ndarray, (m, m)
        Positive definite.
    y : ndarray of float, (m,)
        1 or -1.
    C : float

    Yields
    ------
    point : Point
    error : float
        The largest violation of a condition of optimality, in units of the margin. It ends after
        `MOST` points, or where rounding lets it come no closer.
    """
    signed = kernel * y * y[:, None]
    size = 1 / usual(kernel, C)
    ones = np.ones(len(y))
    a = min(C / 2, 1 / size) * ones
    point = Point(a, C - a, ones, ones, 0.0)
    for _ in range(MOST):
        a, room, low, high, bias = point
        dual = signed @ a - 1 + bias * y - low + high
        primal = float(y @ a)
        gap = float(a @ low + room @ high) / (2 * len(y))
        yield point, max(float(np.abs(dual).max()), size * abs(primal), size * gap)
        system = signed.copy()
        system[np.diag_indices_from(system)] += low / a + high / room
        factor, failed = dpotrf(system.T, lower=1, overwrite_a=1, clean=0)
        if failed:
            return
        of_bias = dpotrs(factor, y, lower=1)[0]

        def step(to_low: np.ndarray, to_high: np.ndarray) -> Point:
            right = -dual + to_low / a - low - to_high / room + high  # noqa: B023
            change = dpotrs(factor, right, lower=1)[0]  # noqa: B023
            shift = (y @ change + primal) / (y @ of_bias)  # noqa: B023
            change -= shift * of_bias  # noqa: B023
            low_by = (to_low - low * change) / a - low  # noqa: B023
            high_by = (to_high + high * change) / room - high  # noqa: B023
            return Point(change, -change, low_by, high_by, shift)

        ahead = step(0 * a, 0 * a)
        tried = point.moved(ahead, point.longest(ahead))
        left = float(tried.a @ tried.low + tried.room @ tried.high) / (2 * len(y))
        centre = (left / gap) ** 3 * gap
        taken = step(centre - ahead.a * ahead.low, centre - ahead.room * ahead.high)
        point = point.moved(taken, 0.99 * point.longest(taken))


def _pairs(point: Point, step: Point) -> list[tuple[np.ndarray, np.ndarray]]:
    """The positive parts of a point, and how they change."""
    return list(zip(point[:4], step[:4], strict=True))
