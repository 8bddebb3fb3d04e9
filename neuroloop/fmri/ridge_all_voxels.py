"""Ridge regression on all voxels, for many permutations of the labels at once.

Where no voxel is selected by the labels, they enter on the right side alone. So what predicts the
test rows is one matrix a penalty, made once, and the targets of all permutations are the columns of
one product with it. With several penalties the errors of cross-validation follow from the hat
matrix H of all training rows, made once a penalty too: the rows F of a fold are missed by
(I - H_FF)^-1 (y_F - H_F y), exactly (see `ridge`); permutations whose folds are the same, as folds
of runs are, share its factor.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

#: Most numbers in the targets of permutations handled together (32 MB).
TARGETS_SIZE = 4_000_000


class AllVoxels:
    """Ridge regression of the test rows on given training rows, for any targets.

    Parameters
    ----------
    train : ndarray, (n, voxels)
        Zero mean over rows.
    test : ndarray, (m, voxels)
    alphas : sequence of float
        Penalties.
    """

    def __init__(self, train: np.ndarray, test: np.ndarray, alphas: Sequence[float]) -> None:
        self.alphas = np.array(alphas, dtype=np.float64)
        dual = len(train) <= train.shape[1]
        system = train @ train.T if dual else train.T @ train
        cross = test @ train.T if dual else test
        #: What predicts the test rows from targets, (m, n) a penalty.
        self.predictors: list[np.ndarray] = []
        #: H of the training rows, without the mean, (n, n) a penalty; of several penalties only.
        self.hats: list[np.ndarray] = []
        self._kept: dict[tuple[int, bytes], list[tuple[np.ndarray, Any]]] = {}
        if len(self.alphas) == 1:
            system[np.diag_indices_from(system)] += self.alphas[0]
            factor = cho_factor(system.T, lower=True, overwrite_a=True, check_finite=False)
            solved = cho_solve(factor, cross.T, check_finite=False).T
            self.predictors.append(solved if dual else solved @ train.T)
            return
        values, vectors = eigh(system.T, driver="evd", check_finite=False)
        values = np.maximum(values, 0.0)
        # H = basis diag(1 / (values + alpha)) basis'
        basis = vectors * np.sqrt(values) if dual else train @ vectors
        left, right = cross @ vectors, vectors if dual else basis
        for alpha in self.alphas:
            shrunk = values + alpha
            self.predictors.append((left / shrunk) @ right.T)
            self.hats.append((basis / shrunk) @ basis.T)

    def scores(self, targets: np.ndarray, folds: Sequence[np.ndarray] | None = None) -> np.ndarray:
        """Predict the centred targets of the test rows.

        Parameters
        ----------
        targets : ndarray, (n, permutations, classes)
            Zero mean over rows.
        folds : sequence of ndarray of int, (n,) each, optional
            Of each permutation, for the choice among several penalties.

        Returns
        -------
        ndarray, (permutations, m, classes)
        """
        rows, permutations, classes = targets.shape
        chosen = np.zeros(permutations, int) if folds is None else self.chosen(targets, folds)
        made = np.empty((permutations, len(self.predictors[0]), classes))
        for index in np.unique(chosen):
            some = chosen == index
            right = targets[:, some].reshape(rows, -1)
            predicted = (self.predictors[index] @ right).reshape(-1, int(some.sum()), classes)
            made[some] = predicted.transpose(1, 0, 2)
        return made

    def chosen(self, targets: np.ndarray, folds: Sequence[np.ndarray]) -> np.ndarray:
        """Index of each permutation's penalty of least squared error, as in himalaya.

        The error is averaged over folds and targets; ties go to the larger penalty.
        """
        rows, permutations, classes = targets.shape
        flat = targets.reshape(rows, -1)
        alike: dict[bytes, list[int]] = {}
        for number, one in enumerate(folds):
            alike.setdefault(one.tobytes(), []).append(number)
        gains = np.empty((len(self.alphas), permutations))
        for index, hat in enumerate(self.hats):
            residuals = (flat - hat @ flat).reshape(targets.shape)
            for numbers in alike.values():
                factors = self._factors(index, folds[numbers[0]])
                total = np.zeros(len(numbers))
                for members, factor in factors:
                    left = residuals[members][:, numbers].reshape(len(members), -1)
                    missed = cho_solve(factor, left, check_finite=False)
                    squares = (missed**2).reshape(len(members), len(numbers), classes)
                    total -= squares.mean(axis=(0, 2)) / len(factors)
                gains[index, numbers] = total
        found: np.ndarray = np.argmax(gains + 1e-10 * np.log(self.alphas)[:, None], axis=0)
        return found

    def _factors(self, index: int, folds: np.ndarray) -> list[tuple[np.ndarray, Any]]:
        """Rows of each fold, and the factor of I - H_FF, for a penalty."""
        key = index, folds.tobytes()
        if key not in self._kept:
            if len(self._kept) >= len(self.alphas):  # folds that follow the labels: one after other
                self._kept.clear()
            made = []
            for fold in np.unique(folds):
                rows = np.flatnonzero(folds == fold)
                # The mean is fitted too: its part of the hat matrix is 1 / n everywhere.
                left = np.eye(len(rows)) - self.hats[index][np.ix_(rows, rows)] - 1 / len(folds)
                factor = cho_factor(left, lower=True, overwrite_a=True, check_finite=False)
                made.append((rows, factor))
            self._kept[key] = made
        return self._kept[key]
