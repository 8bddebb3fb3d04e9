"""The support vector machine of two classes, exactly, where one guess leads to the next.

The dual of Cortes & Vapnik (1995, Support-vector networks) with coefficients b = y a is

    minimise  b' K b / 2 - y' b   with   0 <= y b <= C   and   sum(b) = 0.

Once it is known which rows have a = 0, which have a = C and which lie between, the solution is that
of one linear system; the rows' margins then tell a better guess. This primal-dual active set method
(Hintermueller, Ito & Kunisch 2003, The primal-dual active set strategy as a semismooth Newton
method) ends where a guess confirms itself, which is where the optimality conditions hold: there is
no tolerance. With more voxels than rows it takes 1 to 8 systems. Where it finds no end, as with few
voxels and many rows within the margin, an interior point method brings a guess (`svm_interior`).
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dposv

from neuroloop.fmri.svm_interior import path, usual

#: How close to the optimum, in units of the margin, an interior point is asked for its guess; the
#: last is as close as rounding lets one come, and is taken as it is.
CLOSE = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)

#: Guesses after which no end is hoped for.
MOST = 40

#: What is added to the diagonal of the kernel, as a part of its mean, so that rows that others
#: explain do no harm.
JITTER = 1e-10


class Bounds(NamedTuple):
    """Which rows are at a bound.

    Attributes
    ----------
    none, full : ndarray of bool, (m,)
        Rows with a = 0 (beyond their margin), and with a = C (within it).
    """

    none: np.ndarray
    full: np.ndarray


class Machine(NamedTuple):
    """A support vector machine: the decision for a row with kernel k is k' coefficients + bias.

    Attributes
    ----------
    coefficients : ndarray, (m,)
    bias : float
    """

    coefficients: np.ndarray
    bias: float


def definite(kernel: np.ndarray) -> np.ndarray:
    """Make a kernel of training rows definite, with the same machines up to `JITTER`.

    The mean of the diagonal is added everywhere, which no coefficients of sum 0 see.

    Parameters
    ----------
    kernel : ndarray, (n, n)

    Returns
    -------
    ndarray, (n, n)
    """
    size = float(np.diagonal(kernel).mean()) or 1.0
    made: np.ndarray = kernel + size
    made[np.diag_indices_from(made)] += JITTER * size
    return made


def solve(kernel: np.ndarray, y: np.ndarray, C: float) -> Machine:
    """Find the machine of two classes.

    Parameters
    ----------
    kernel : ndarray, (m, m)
        See `definite`.
    y : ndarray of float, (m,)
        1 for the first class, -1 for the second.
    C : float
        Weight of the hinge loss.
    """
    nowhere = np.zeros(len(y), bool)
    if found := confirmed(kernel, y, C, Bounds(nowhere, nowhere)):
        return found
    tries = iter(CLOSE)
    close = next(tries)
    size = usual(kernel, C)
    for point, error in path(kernel, y, C):
        last = Machine(y * point.a, point.bias)
        if error > close:
            continue
        guess = Bounds(point.a < size * point.low, point.room < size * point.high)
        if found := confirmed(kernel, y, C, guess):
            return found
        close = next(tries, 0.0)
        if not close:
            break
    return last


def confirmed(kernel: np.ndarray, y: np.ndarray, C: float, guess: Bounds) -> Machine | None:
    """Find the machine of two classes from a guess of the rows at bounds.

    Returns
    -------
    Machine or None
        None if no guess that follows from it confirms itself.
    """
    diagonal = np.diagonal(kernel)
    seen: set[bytes] = set()
    name = guess.none.tobytes() + guess.full.tobytes()
    while name not in seen and len(seen) < MOST:
        seen.add(name)
        (free,) = (~(guess.none | guess.full)).nonzero()
        coefficients = np.where(guess.full, C * y, 0.0)
        if not len(free):
            return _bounded(kernel, y, guess, coefficients)
        whole = len(free) == len(y)
        rows = kernel if whole else kernel.take(free, axis=0)
        right = np.ones((2, len(free)))
        right[0] = y[free]
        full = coefficients.sum()
        if full or guess.full.any():
            right[0] -= rows @ coefficients
        system = rows if whole else rows.take(free, axis=1)
        _, solved, failed = dposv(system.T, right.T, lower=1, overwrite_a=not whole, overwrite_b=1)
        if failed:
            return None
        bias = (solved[:, 0].sum() + full) / solved[:, 1].sum()
        coefficients[free] = solved[:, 0] - bias * solved[:, 1]
        margin = y * (kernel @ coefficients + bias) - 1
        margin[free] = 0.0
        toward = y * coefficients - margin / diagonal
        guess = Bounds(toward <= 0, toward >= C)
        before, name = name, guess.none.tobytes() + guess.full.tobytes()
        if name == before:
            return Machine(coefficients, float(bias))
    return None


def _bounded(
    kernel: np.ndarray, y: np.ndarray, guess: Bounds, coefficients: np.ndarray
) -> Machine | None:
    """The machine whose rows are all at bounds; its bias, free in a range, is taken amid it."""
    if abs(coefficients.sum()) > 1e-9 * np.abs(coefficients).sum():
        return None
    bias = y - kernel @ coefficients
    least = (guess.none & (y > 0)) | (guess.full & (y < 0))
    low, high = bias[least].max(initial=-np.inf), bias[~least].min(initial=np.inf)
    return Machine(coefficients, float(low + high) / 2) if low <= high else None
