"""Rows on both sides of a fold that are one measurement: equal, nearly equal, or neighbours.

What all rows of a run share is taken out first, and how alike rows of two classes are is allowed
for; what is left of two rows goes together by chance alone, unless one was copied from the other or
they follow one another in time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from neuroloop.fmri.decoding import Problem

#: Least correlation of two rows that are one measurement.
NEAR = 0.7

#: By how many robust standard deviations (Fisher's z) it must exceed that of other pairs.
FAR = 6.5

#: Strongest components that are no one's own, without class means and with them; one of ten rows.
COMMON, COMMON_WITH_CLASSES = 3, 1

#: Correlation from which on two rows of one image are one measurement.
SAME_IMAGE = 0.97

#: Rows that are compared with all others at a time; pairs that are kept of these at most.
CHUNK, PAIRS = 500, 200_000

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
    correlation : float
        Of the two rows that stand out most.
    deviation : float
        By how many standard deviations they do.
    example : tuple of str
        Their samples.
    runs : tuple of str
        Runs with the most near-copies, of the two sides.
    """

    rows: int
    correlation: float
    deviation: float
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


def residuals(x: np.ndarray, problem: Problem, classes: bool = True) -> np.ndarray:
    """What is left of rows without what they share, each of length 1.

    That are the means of their run and class, and the strongest components: drifts and fluctuations
    of the whole brain, in which any two rows may happen to agree.

    Parameters
    ----------
    x : ndarray, (rows, voxels)
        Voxels that do not vary count nothing.
    problem : Problem
    classes : bool
        Whether the means of classes are taken out.

    Returns
    -------
    ndarray of float32, (rows, voxels)
    """
    left = x.astype(np.float64)
    left -= left.mean(axis=0)
    spread = left.std(axis=0)
    left /= np.where(spread > 0, spread, np.inf)
    for groups in (problem.runs, problem.y) if classes else (problem.runs,):
        for name in np.unique(groups):
            here = groups == name
            if here.sum() > 2:
                left[here] -= left[here].mean(axis=0)
    left -= left.mean(axis=1, keepdims=True)
    common = min(COMMON if classes else COMMON_WITH_CLASSES, len(left) // 10)
    if common and len(left) <= left.shape[1]:
        course = np.linalg.eigh(left @ left.T)[1][:, -common:]
        left -= course @ (course.T @ left)
    elif common:
        pattern = np.linalg.eigh(left.T @ left)[1][:, -common:]
        left -= (left @ pattern) @ pattern.T
    length = np.linalg.norm(left, axis=1, keepdims=True)
    return np.asarray(left / np.where(length > 1e-9, length, np.inf), dtype=np.float32)


def near_copies(x: np.ndarray, problem: Problem) -> Twins:
    """Find rows that are almost a row of another fold.

    Compared with rows of the same two classes, with and without the classes' means: a copy under
    another label is seen in the one, a copy among alike rows in the other.

    Parameters
    ----------
    x : ndarray, (rows, voxels)
    problem : Problem
    """
    views = [_most_alike(residuals(x, problem, classes), problem) for classes in (False, True)]
    near = np.any([view[0] >= FAR for view in views], axis=0)
    deviation, correlation, partner = max(views, key=lambda view: float(view[0].max()))
    first = int(deviation.argmax())
    if not np.isfinite(deviation[first]):
        return Twins(0, 0.0, 0.0, ("", ""), ("", ""))
    names, runs = problem.rows["sample"].tolist(), problem.runs.tolist()
    sides = Counter(
        (runs[row], runs[view[2][row]])
        for view in views
        for row in np.flatnonzero(view[0] >= FAR).tolist() or [first]
    )
    return Twins(
        int(near.sum()),
        float(correlation[first]),
        float(deviation[first]),
        (names[first], names[partner[first]]),
        sides.most_common(1)[0][0],
    )


def _most_alike(left: np.ndarray, problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row of another fold that each row is most alike: deviation, correlation, and its number.

    The deviation is -inf where the correlation does not reach `NEAR`, unless none does.
    """
    y, folds, classes = problem.y, problem.folds, len(problem.classes)
    sums, counts = np.zeros((classes, classes)), np.zeros((classes, classes))
    for rows, z in _pairs(left, problem):
        known = np.isfinite(z)
        cell = (y[rows, None] * classes + y).astype(np.int64)
        sums += np.bincount(cell[known], z[known], classes**2).reshape(classes, classes)
        counts += np.bincount(cell[known], minlength=classes**2).reshape(classes, classes)
    expected = sums / np.maximum(counts, 1)
    some: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for rows, z in _pairs(left, problem):
        z -= expected[y[rows, None], y]
        for same, kept in some.items():
            chosen = z[np.isfinite(z) & ((y[rows, None] == y) == same)]
            kept.append(chosen[:: max(1, len(chosen) // PAIRS)])
    width = {same: _width(np.concatenate(kept)) for same, kept in some.items()}
    deviation, partner = np.full(len(left), -np.inf), np.zeros(len(left), int)
    correlation = np.zeros(len(left))
    for rows, z in _pairs(left, problem):
        apart = np.where(y[rows, None] == y, width[True], width[False])
        far = np.nan_to_num((z - expected[y[rows, None], y]) / apart, nan=-np.inf)
        far = np.where(
            np.nan_to_num(z, nan=-9.0) >= np.arctanh(NEAR), far, np.minimum(far, FAR - 1e-9)
        )
        shown = problem.stimuli[rows, None] == problem.stimuli
        again = shown & (problem.stimuli != "") & (folds[rows, None] != folds)
        alike = left[rows] @ left.T
        far = np.where(again & (alike >= SAME_IMAGE), FAR, far)
        at = far.argmax(axis=1)
        place = np.arange(len(at))
        partner[rows], deviation[rows] = at, far[place, at]
        correlation[rows] = alike[place, at]
    return deviation, correlation, partner


def _pairs(left: np.ndarray, problem: Problem) -> Iterator[tuple[slice, np.ndarray]]:
    """Fisher's z of rows with all rows, NaN in one fold or of one image, some at a time."""
    folds, images = problem.folds, problem.stimuli
    for start in range(0, len(left), CHUNK):
        rows = slice(start, min(start + CHUNK, len(left)))
        z = np.arctanh(np.clip(left[rows] @ left.T, -0.9999, 0.9999)).astype(np.float64)
        z[folds[rows, None] == folds] = np.nan
        z[(images[rows, None] == images) & (images != "")] = np.nan
        yield rows, z


def _width(values: np.ndarray) -> float:
    """Robust standard deviation; infinite without values."""
    if not len(values):
        return np.inf
    return max(1.4826 * float(np.median(np.abs(values - np.median(values)))), 1e-6)


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
