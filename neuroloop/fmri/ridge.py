"""Ridge regression with voxel selection, fitted to many permutations of the labels at once.

`permuted_predictions` gives the same predictions as `voxels.prepare` and `decoders.ridge` for one
permutation after another (in double precision throughout), but shares what is independent of the
labels:

- voxels are scaled once per split;
- the class sums of all permutations are one sparse product. F grows with the share of a voxel's
  variance that lies between classes, which the class sums give, and they are X'Y as well;
- X'X of all voxels is computed once; each permutation gathers the part of its voxels. With far
  fewer samples than voxels, the kernel XX' is the smaller system and is used instead;
- if all voxels are kept, one matrix serves all permutations (see `ridge_all_voxels`);
- with several penalties one eigendecomposition serves them all, and the errors of cross-validation
  follow from the hat matrix H of all training rows: the rows F of a fold are missed by
  (I - H_FF)^-1 (y_F - H_F y), exactly (Cook & Weisberg 1982, Residuals and Influence in Regression,
  section 2.2; for folds of one row it is the PRESS residual).
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

from neuroloop.fmri.balance import class_scale, class_targets
from neuroloop.fmri.nested import inner_folds_each
from neuroloop.fmri.permuted_voxels import GRAM_VOXELS, SUMS_SIZE, class_sums
from neuroloop.fmri.ridge_all_voxels import TARGETS_SIZE, AllVoxels
from neuroloop.fmri.voxels import scaling, top_voxels
from neuroloop.statistics.folds import Split


def permuted_predictions(
    x: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    split: Split,
    n_classes: int,
    n_voxels: int,
    scale: bool = True,
    alphas: Sequence[float] = (1000.0,),
    alpha_folds: int = 5,
) -> Iterator[np.ndarray]:
    """Yield the predicted classes of the test rows for every permutation.

    Parameters
    ----------
    x : ndarray, (rows, voxels)
        Activity.
    labels : ndarray of int, (permutations, rows)
        Class indices.
    groups : ndarray of str, (rows,)
        See `inner_groups`; those of test rows are ignored.
    split : Split
        Training and test rows.
    n_classes : int
        Classes of the data set.
    n_voxels, scale
        See `voxels.prepare`.
    alphas, alpha_folds
        See `decoders.ridge`.

    Yields
    ------
    ndarray of int, (test rows,)
    """
    x_train = np.asarray(x[split.train], dtype=np.float64)
    mean, unit = scaling(x_train, scale)
    train = (x_train - mean) / unit
    if n_voxels >= train.shape[1]:
        test = (x[split.test] - mean) / unit
        model = AllVoxels(train, test, alphas)
        yield from _on_all_voxels(
            model, labels[:, split.train], groups[split.train], n_classes, alpha_folds
        )
        return
    variance = np.where(np.isinf(unit), 1.0, train.var(axis=0))
    # Voxels first, so that selecting voxels copies whole rows.
    train_t = np.ascontiguousarray(train.T)
    test_t = np.ascontiguousarray(((x[split.test] - mean) / unit).T)
    total, n_train = train_t.shape
    n_kept = n_voxels
    # Gathering a part of X'X is far cheaper than recomputing XX', which pays off only if it is less
    # than half as wide, or if the factorisation dominates the cost.
    cheap = total <= GRAM_VOXELS and len(alphas) == 1
    primal = n_kept <= (2 * n_train if cheap else n_train)
    gram = train_t @ train if primal and total <= GRAM_VOXELS else None

    inner = inner_folds_each(groups[split.train], labels[:, split.train], alpha_folds)
    chunk = max(1, SUMS_SIZE // (n_classes * total))
    for start in range(0, len(labels), chunk):
        part = labels[start : start + chunk, split.train]
        counts, scaled = class_sums(train, part, n_classes)
        between = np.einsum("pkv,pkv->pv", scaled, scaled) / variance
        for y, count, sums, score in zip(part, counts, scaled, between, strict=True):
            kept = top_voxels(score, n_voxels)
            chosen = train_t[kept]
            system = None
            if primal:
                system = chosen @ chosen.T if gram is None else gram[kept].take(kept, axis=1)
            fitter = _Fitter(chosen, test_t[kept], system, alphas)
            targets = class_targets(np.eye(n_classes)[y])
            projected = (sums[:, kept] * (class_scale(count) * np.sqrt(count))[:, None]).T
            folds = next(inner) if len(alphas) > 1 else None
            scores = fitter.scores(targets, projected, folds)
            scores[:, count == 0] = -np.inf
            yield scores.argmax(axis=1)


def _on_all_voxels(
    model: AllVoxels, labels: np.ndarray, groups: np.ndarray, n_classes: int, alpha_folds: int
) -> Iterator[np.ndarray]:
    """Yield the predicted classes for every permutation of the training rows' labels."""
    chunk = max(1, TARGETS_SIZE // (n_classes * labels.shape[1]))
    for start in range(0, len(labels), chunk):
        part = labels[start : start + chunk]
        indicators = np.eye(n_classes)[part]
        targets = np.stack([class_targets(one) for one in indicators], axis=1)
        folds = None
        if len(model.alphas) > 1:
            folds = list(inner_folds_each(groups, part, alpha_folds))
        scores = model.scores(targets, folds)
        lacking = ~indicators.any(axis=1)
        yield from np.where(lacking[:, None], -np.inf, scores).argmax(axis=2)


class _Fitter:
    """Ridge regression on the voxels of one permutation.

    Parameters
    ----------
    train : ndarray, (voxels, n)
        Zero mean over the n rows.
    test : ndarray, (voxels, m)
    gram : ndarray, (voxels, voxels), optional
        X'X. Without it the problem is solved in samples (XX').
    alphas : sequence of float
        Penalties.
    """

    def __init__(
        self,
        train: np.ndarray,
        test: np.ndarray,
        gram: np.ndarray | None,
        alphas: Sequence[float],
    ) -> None:
        self.dual = gram is None
        self.alphas = np.array(alphas, dtype=np.float64)
        system = train.T @ train if gram is None else gram
        self.cross = test.T @ train if self.dual else test.T
        if len(self.alphas) == 1:
            system[np.diag_indices_from(system)] += self.alphas[0]
            self.factor = cho_factor(system.T, lower=True, overwrite_a=True, check_finite=False)
            return
        self.values, self.vectors = eigh(system.T, driver="evd", check_finite=False)
        self.values = np.maximum(self.values, 0.0)
        # H = basis diag(1 / (values + alpha)) basis'
        self.basis = self.vectors * np.sqrt(self.values) if self.dual else train.T @ self.vectors

    def scores(
        self, targets: np.ndarray, projected: np.ndarray, folds: np.ndarray | None
    ) -> np.ndarray:
        """Predict the centred targets of the test rows.

        Parameters
        ----------
        targets : ndarray, (n, classes)
            Zero mean over rows.
        projected : ndarray, (voxels, classes)
            X' targets.
        folds : ndarray of int, (n,), optional
            For the choice among several alphas.

        Returns
        -------
        ndarray, (m, classes)
        """
        right = targets if self.dual else projected
        if folds is None:
            return self.cross @ cho_solve(self.factor, right, check_finite=False)
        shrunk = self.values + self._best_alpha(targets, folds)
        return self.cross @ (self.vectors @ ((self.vectors.T @ right) / shrunk[:, None]))

    def _best_alpha(self, targets: np.ndarray, folds: np.ndarray) -> float:
        """Find the alpha of least squared error, averaged over folds and targets as in himalaya.

        Ties go to the larger alpha, as in himalaya.
        """
        members = [np.flatnonzero(folds == fold) for fold in np.unique(folds)]
        projected = self.basis.T @ targets
        gains = np.zeros(len(self.alphas))
        for index, alpha in enumerate(self.alphas):
            weighted = self.basis / (self.values + alpha)
            residuals = targets - weighted @ projected
            for rows in members:
                # The mean is fitted too: its part of the hat matrix is 1 / n everywhere.
                hat = weighted[rows] @ self.basis[rows].T + 1 / len(folds)
                left = np.eye(len(rows)) - hat
                factor = cho_factor(left, lower=True, overwrite_a=True, check_finite=False)
                missed = cho_solve(factor, residuals[rows], check_finite=False)
                gains[index] -= (missed**2).mean() / len(members)
        return float(self.alphas[np.argmax(gains + 1e-10 * np.log(self.alphas))])
