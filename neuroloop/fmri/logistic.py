"""Multinomial logistic regression with an L2 penalty, fitted to many labellings at once.

Each labelling's weights W (voxels, classes) and intercepts minimise

    C sum_i w_i (log sum_k exp f_ik - f_iy) + |W|^2 / 2,   w_i = n / (classes * rows of i's class),

by preconditioned conjugate gradients (Polak & Ribiere) from 0. The preconditioner is the curvature
at equal probabilities, where fits start: I + C X'X / classes. Where all voxels are kept, rows are
turned to the axes of their covariance, which changes no logits since the penalty does not see a
rotation: there it is a number an axis, and a step of all labellings is two matrix products.

Steps are Newton's along the line: near the optimum they are exact, and far from it they are cut to
log(1 + R t) / R, where R is the largest change of a difference of logits. The loss's third
derivative is at most R times its second, so that no step goes beyond the minimum of its line (Bach
2010, Self-concordant analysis for logistic regression). Fits end where logits are the optimum's up
to `TOLERANCE`, and the decoder and its null are this one estimator.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

from neuroloop.fmri.permuted_voxels import GRAM_VOXELS, scaled, selected
from neuroloop.fmri.scores import with_missing
from neuroloop.statistics.folds import Split

#: By how much logits may still differ from the optimum's, as a root mean square over rows. What is
#: compared with it is a bound, mostly far above the truth.
TOLERANCE = 1e-4

#: Curvature of the loss, in that of the penalty, from which single precision does not carry far.
STIFF = 200

#: Parts of the weights' length below which a gradient in single precision is rounding.
ROUNDED = 1e-6

#: With more voxels than so many times the rows, axes of the rows cost less than a factor of voxels.
AXES_PAY = 4

#: Most logits handled together (256 KB: what stays near the processor).
LOGITS = 65_536


class Rows(NamedTuple):
    """Rows, and what divides a gradient by the curvature.

    Attributes
    ----------
    train, test : ndarray, (n, axes) and (m, axes) float64
        Zero mean over the training rows.
    divide : callable
        Maps gradients (any, axes) and C / classes to gradients divided by I + C X'X / classes.
    largest : float
        The largest eigenvalue of X'X, or more.
    """

    train: np.ndarray
    test: np.ndarray
    divide: Callable[[np.ndarray, float], np.ndarray]
    largest: float


def turned(train: np.ndarray, test: np.ndarray) -> Rows:
    """Give rows on the axes of their covariance, at most as many as rows or voxels."""
    dual = len(train) < train.shape[1]
    values, vectors = eigh(train @ train.T if dual else train.T @ train, check_finite=False)
    held = values > 1e-12 * max(values[-1], 1e-300)
    values, vectors = values[held], vectors[:, held]
    axes = train.T @ (vectors / np.sqrt(values)) if dual else vectors

    def divide(gradient: np.ndarray, strength: float) -> np.ndarray:
        return gradient / (1 + strength * values).astype(gradient.dtype)

    return Rows(train @ axes, test @ axes, divide, float(values.max(initial=0.0)))


def as_they_are(train: np.ndarray, test: np.ndarray, gram: np.ndarray) -> Rows:
    """Keep the axes of rows whose X'X is known: cheaper than `turned` for a single labelling."""
    factors: dict[float, tuple[np.ndarray, bool]] = {}

    def divide(gradient: np.ndarray, strength: float) -> np.ndarray:
        if strength not in factors:
            system = _single(strength * gram)
            system[np.diag_indices_from(system)] += 1
            factors[strength] = cho_factor(system.T, True, overwrite_a=True, check_finite=False)
        solved: np.ndarray = cho_solve(factors[strength], gradient.T, check_finite=False)
        return solved.T

    return Rows(train, test, divide, float(np.sqrt((gram**2).sum())))


def logits(rows: Rows, labels: np.ndarray, C: float, max_iter: int) -> np.ndarray:
    """Fit every labelling and predict the test rows.

    Parameters
    ----------
    rows : Rows
    labels : ndarray of int, (labellings, n)
        All of the same classes, as permutations are.
    C : float
        Inverse of the weight of the penalty.
    max_iter : int
        Steps after which a fit is taken as it is.

    Returns
    -------
    ndarray, (labellings, m, classes that occur) float64
    """
    classes = np.unique(labels[:1])
    n, k = labels.shape[1], len(classes)
    # scikit-learn fits two classes with one weight vector: half the penalty of two.
    C = C / 2 if k == 2 else C
    truth = labels == classes[:, None, None]
    weight = (C * n / k) / np.einsum("kpn,kp->pn", truth, truth.sum(axis=2))
    fit = _Fit(rows, truth, weight, C / k)
    for _ in range(max_iter):
        if not fit.step():
            break
    else:
        warnings.warn(
            f"logistic regression had not ended after {max_iter} steps: raise its max_iter, or "
            "lower its C (config, decoders)",
            stacklevel=2,
        )
    made = np.stack([one @ rows.test.T for one in fit.weights]) + fit.intercept[:, :, None]
    return made.transpose(1, 2, 0)


class _Fit:
    """Labellings on their way; arrays are (classes, labellings, rows or axes).

    They are fitted in single precision as far as that carries: sums of rounded numbers tell no
    gradient below `ROUNDED` times the weights.
    """

    def __init__(self, rows: Rows, truth: np.ndarray, weight: np.ndarray, strength: float) -> None:
        self.rows, self.truth, self.strength = rows, truth, strength
        self.exact_weight = weight
        self.weights = np.zeros((*truth.shape[:2], rows.train.shape[1]))
        self.intercept = np.zeros(truth.shape[:2])
        self.logits = np.zeros(truth.shape)
        self._begin(np.dtype(np.float32 if strength * rows.largest < STIFF else np.float64))

    def _begin(self, dtype: np.dtype) -> None:
        """Go on in a precision, from where the fits are."""
        self.dtype = dtype
        self.train, self.weight = self.rows.train.astype(dtype), self.exact_weight.astype(dtype)
        self.weights, self.intercept = self.weights.astype(dtype), self.intercept.astype(dtype)
        self.logits = _product(self.weights, self.train.T) + self.intercept[:, :, None]
        self.direction, self.along = np.zeros_like(self.weights), np.zeros_like(self.intercept)
        self.before = np.zeros_like(self.weights), np.zeros_like(self.intercept)
        self.size = np.full(self.truth.shape[1], np.inf)

    def step(self) -> bool:
        """Take a step; False where all labellings are at their optimum."""
        n = self.truth.shape[2]
        probability = np.exp(self.logits - self.logits.max(axis=0))
        probability /= probability.sum(axis=0)
        residual = (probability - self.truth) * self.weight
        gradient = self.weights + _product(residual, self.train)
        drift = residual.sum(axis=2)
        going, rounded = self._unended(gradient, drift, probability)
        if not going.any():
            return False
        if rounded:
            self._begin(np.dtype(np.float64))
            return True
        flat = gradient.reshape(-1, gradient.shape[2])
        ahead = self.rows.divide(flat, self.strength).reshape(gradient.shape)
        ahead_drift = drift / self.dtype.type(self.strength * n)
        size = _dot(gradient, ahead) + _dot(drift, ahead_drift)
        common = _dot(self.before[0], ahead) + _dot(self.before[1], ahead_drift)
        share = np.maximum(0, (size - common) / self.size).astype(self.dtype)
        self.before, self.size = (gradient, drift), size
        self.direction = share[:, None] * self.direction - ahead
        self.along = share * self.along - ahead_drift
        change = _product(self.direction, self.train.T) + self.along[:, :, None]
        slope = _dot(gradient, self.direction) + _dot(drift, self.along)
        weighted = probability * change
        mean = weighted.sum(axis=0)
        weighted *= change
        spread = weighted.sum(axis=0) - mean * mean
        bend = (spread * self.weight).sum(axis=1) + _dot(self.direction, self.direction)
        reach = (change.max(axis=0) - change.min(axis=0)).max(axis=1)
        tiny = np.finfo(self.dtype).tiny
        full = np.where(going, -slope / np.maximum(bend, tiny), 0.0)
        taken = (np.log1p(reach * full) / np.maximum(reach, tiny)).astype(self.dtype)
        self.weights += taken[:, None] * self.direction
        self.intercept += taken * self.along
        self.logits += taken[:, None] * change
        return True

    def _unended(
        self, gradient: np.ndarray, drift: np.ndarray, probability: np.ndarray
    ) -> tuple[np.ndarray, bool]:
        """Tell which labellings are not at their optimum, and whether only rounding says so.

        The penalty alone bends the loss by 1 in every weight, so that weights are at most as far
        from the optimum's as the gradient is long; an intercept is as its own curvature says.
        """
        per_row = np.sqrt(self.rows.largest / self.truth.shape[2])
        bend = np.einsum("kpn,kpn,pn->kp", probability, 1 - probability, self.weight)
        off = drift / np.maximum(bend, np.finfo(self.dtype).tiny)
        error = per_row * np.sqrt(_dot(gradient, gradient)) + np.sqrt(_dot(off, off))
        going = error > TOLERANCE
        if self.dtype == np.float64:
            return going, False
        told = per_row * ROUNDED * np.sqrt(_dot(self.weights, self.weights))
        return going, bool(going.any() and (error <= told)[going].all())


def _single(values: np.ndarray) -> np.ndarray:
    """In single precision."""
    return values.astype(np.float32)


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Multiply the last axis of (classes, labellings, a) by (a, b)."""
    made: np.ndarray = left.reshape(-1, left.shape[2]) @ right
    return made.reshape(*left.shape[:2], right.shape[1])


def _dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sum products over all axes but that of labellings."""
    summed = "kp,kp->p" if left.ndim == 2 else "kpa,kpa->p"
    made: np.ndarray = np.einsum(summed, left, right)
    return made


def scores(
    train: np.ndarray,
    y: np.ndarray,
    test: np.ndarray,
    n_classes: int,
    C: float,
    max_iter: int,
) -> np.ndarray:
    """Score test rows by their logits.

    Parameters
    ----------
    train, test : ndarray, (n, voxels) and (m, voxels)
        Zero mean over the training rows.
    y : ndarray of int, (n,)
        Classes of the training rows.
    n_classes : int
    C, max_iter
        See `logits`.

    Returns
    -------
    ndarray, (m, n_classes) float64
        Logits; see `scores.with_missing` for classes that `y` lacks.
    """
    found = logits(turned(train, test), y[None], C, max_iter)[0]
    return with_missing(found.astype(np.float64), np.unique(y), n_classes)


def permuted_predictions(
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    split: Split,
    n_classes: int,
    n_voxels: int,
    scale: bool = True,
    C: float = 0.01,
    max_iter: int = 1000,
) -> Iterator[np.ndarray]:
    """Yield the predicted classes of the test rows for every permutation.

    Parameters
    ----------
    x : ndarray, (rows, voxels)
        Activity.
    labels : ndarray of int, (permutations, rows)
        Class indices.
    groups : ndarray of str, (rows,)
        Not used.
    split : Split
        Training and test rows.
    n_classes : int
        Classes of the data set.
    n_voxels, scale
        See `voxels.prepare`.
    C, max_iter
        See `logits`.

    Yields
    ------
    ndarray of int, (test rows,)
    """
    rows = scaled(x, split, scale)
    permuted = labels[:, split.train]
    if n_voxels >= x.shape[1]:
        shared = turned(rows.train, rows.test)
        for part in _of_same_classes(permuted, n_classes):
            found = logits(shared, part, C, max_iter).argmax(axis=2)
            yield from np.unique(part[0])[found]
        return
    gram = rows.train.T @ rows.train if x.shape[1] <= GRAM_VOXELS else None
    for y, kept in zip(permuted, selected(rows, permuted, n_classes, n_voxels), strict=True):
        train, test = rows.train.take(kept, axis=1), rows.test.take(kept, axis=1)
        if n_voxels > AXES_PAY * len(train):
            own = turned(train, test)
        else:
            known = train.T @ train if gram is None else gram[kept].take(kept, axis=1)
            own = as_they_are(train, test, known)
        yield np.unique(y)[logits(own, y[None], C, max_iter)[0].argmax(axis=1)]


def _of_same_classes(labels: np.ndarray, n_classes: int) -> Iterator[np.ndarray]:
    """Divide labellings, in their order, into parts that are handled together.

    A permutation may leave a class to the test rows alone.
    """
    most = max(1, LOGITS // (n_classes * labels.shape[1]))
    occurs = (labels[:, :, None] == np.arange(n_classes)).any(axis=1)
    other = np.flatnonzero((occurs[1:] != occurs[:-1]).any(axis=1)) + 1
    for alike in np.split(labels, other):
        yield from np.split(alike, range(most, len(alike), most))
