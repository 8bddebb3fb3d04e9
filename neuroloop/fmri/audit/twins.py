"""Rows on both sides of a fold that are one measurement: equal, nearly equal, or neighbours.

What rows of a class share, and what all rows of a run share, is taken out first; what is left of
two rows goes together by chance alone, unless one was copied from the other or they follow one
another in time.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from neuroloop.fmri.decoding import Problem

#: Least correlation of what is left of two rows that are one measurement.
NEAR = 0.7

#: By how many robust standard deviations (Fisher's z) it must exceed that of other pairs.
FAR = 7.0

#: Rows that are compared with all others at a time.
CHUNK = 500

#: Neighbours that share more than this (mean correlation beyond other pairs), and that have one
#: class more often than others by `SAME`, let a fold know its test rows.
SHARED, SAME = 0.1, 0.2


@dataclass(frozen=True)
class Twins:
    """Near-copies across folds.

    Attributes
    ----------
    rows : int
        Rows with one in another fold.
    largest : float
        Largest correlation across folds.
    bound : float
        Correlation beyond which two rows are near-copies.
    example : tuple of str
        Samples of the pair with the largest correlation.
    runs : tuple of str
        Runs with the most near-copies, of the two sides.
    """

    rows: int
    largest: float
    bound: float
    example: tuple[str, str]
    runs: tuple[str, str]


@dataclass(frozen=True)
class Neighbours:
    """Consecutive rows in different folds.

    Attributes
    ----------
    pairs : int
    shared : float
        Mean correlation of what is left of them, beyond that of other pairs of one run.
    same : float
        Share with one class.
    chance : float
        Share of other pairs with one class.
    """

    pairs: int
    shared: float
    same: float
    chance: float

    @property
    def leak(self) -> bool:
        """Whether they let a fold know the rows that it tests."""
        return self.shared >= SHARED and self.same >= self.chance + SAME


def residuals(x: np.ndarray, problem: Problem) -> np.ndarray:
    """What is left of rows without the means of their run and class, each of length 1.

    Parameters
    ----------
    x : ndarray, (rows, voxels)
        Voxels that do not vary count nothing.
    problem : Problem

    Returns
    -------
    ndarray of float32, (rows, voxels)
    """
    left = x.astype(np.float64)
    left = left - left.mean(axis=0)
    spread = left.std(axis=0)
    left /= np.where(spread > 0, spread, np.inf)
    for groups in (problem.runs, problem.y):
        for name in np.unique(groups):
            here = groups == name
            if here.sum() > 2:
                left[here] -= left[here].mean(axis=0)
    left -= left.mean(axis=1, keepdims=True)
    length = np.linalg.norm(left, axis=1, keepdims=True)
    return np.asarray(left / np.where(length > 1e-9, length, np.inf), dtype=np.float32)


def near_copies(left: np.ndarray, problem: Problem) -> Twins:
    """Find rows whose residuals are almost those of a row in another fold.

    Parameters
    ----------
    left : ndarray of float32, (rows, voxels)
        From `residuals`.
    problem : Problem
    """
    folds = problem.folds
    best, partner = np.full(len(left), -1.0), np.zeros(len(left), int)
    some: list[np.ndarray] = []
    for start in range(0, len(left), CHUNK):
        here = slice(start, start + CHUNK)
        together = left[here] @ left.T
        together[folds[here, None] == folds] = np.nan
        known = together[np.isfinite(together)]
        some.append(known[:: max(1, len(known) // 200_000)])
        filled = np.nan_to_num(together, nan=-1.0)
        best[here], partner[here] = filled.max(axis=1), filled.argmax(axis=1)
    pairs = np.arctanh(np.clip(np.concatenate(some), -0.999999, 0.999999))
    if not len(pairs):
        return Twins(0, 0.0, 1.0, ("", ""), ("", ""))
    middle = float(np.median(pairs))
    width = 1.4826 * float(np.median(np.abs(pairs - middle)))
    bound = max(NEAR, float(np.tanh(middle + FAR * width)))
    near = best >= bound
    first = int(best.argmax())
    other = int(partner[first])
    names = problem.rows["sample"].tolist()
    sides = np.stack([problem.runs, problem.runs[partner]], axis=1)
    counts: dict[tuple[str, str], int] = {}
    for one, two in sides[near].tolist() if near.any() else sides[[first]].tolist():
        pair = (one, two)
        counts[pair] = counts.get(pair, 0) + 1
    most = max(counts, key=lambda pair: counts[pair])
    return Twins(int(near.sum()), float(best[first]), bound, (names[first], names[other]), most)


def neighbours(left: np.ndarray, problem: Problem) -> Neighbours:
    """Compare consecutive rows of a run in different folds with other pairs of that run."""
    runs, folds, y = problem.runs, problem.folds, problem.y
    at = np.flatnonzero((runs[1:] == runs[:-1]) & (folds[1:] != folds[:-1]))
    if not len(at):
        return Neighbours(0, 0.0, 0.0, 0.0)
    mine = np.einsum("ij,ij->i", left[at], left[at + 1])
    others, alike = [], []
    for step in range(len(left) // 4 or 1, len(left) // 4 + 20):
        far = np.flatnonzero(runs[step:] == runs[:-step]) if step < len(left) else at[:0]
        if len(far):
            others.append(np.einsum("ij,ij->i", left[far], left[far + step]))
            alike.append(y[far] == y[far + step])
    beyond = float(np.concatenate(others).mean()) if others else 0.0
    shares = np.bincount(y) / len(y)
    chance = float(np.concatenate(alike).mean()) if alike else float((shares**2).sum())
    same = float((y[at] == y[at + 1]).mean())
    return Neighbours(len(at), float(mine.mean()) - beyond, same, chance)


def equal(digests: Iterable[bytes]) -> list[tuple[int, int]]:
    """Pairs of equal rows or volumes, each with the first that it equals; not of empty digests."""
    first: dict[bytes, int] = {}
    pairs = []
    for number, digest in enumerate(digests):
        if digest and (other := first.setdefault(digest, number)) != number:
            pairs.append((other, number))
    return pairs
