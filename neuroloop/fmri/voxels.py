"""Selecting and scaling voxels, fitted only on the training rows.

A voxel is selected by how much its mean differs between classes (one-way ANOVA). Selecting on rows
that are decoded later makes noise decodable, so `prepare`, the only function that decoders call,
uses neither test rows nor test labels.
"""

import numpy as np

from neuroloop.errors import NeuroLoopError


def anova_f(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Compute F of the one-way analysis of variance over the classes for each voxel.

    F = (SS_between / (k - 1)) / (SS_within / (n - k)) with k classes and n samples.

    Parameters
    ----------
    x : ndarray, (samples, voxels)
        Activity, any unit.
    y : ndarray, (samples,)
        Class of each sample.

    Returns
    -------
    ndarray, (voxels,) float64
        0 for a constant voxel, inf for one that varies only between classes.

    Raises
    ------
    NeuroLoopError
        If there are fewer than two classes, or no more samples than classes.
    ValueError
        If `x` holds NaN or infinity.
    """
    _, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes)
    n_samples, n_classes = len(codes), len(counts)
    if n_classes < 2 or n_samples <= n_classes:
        raise NeuroLoopError(
            f"voxels cannot be selected from {n_samples} training samples of {n_classes} classes: "
            "select all voxels, or give more samples or fewer folds"
        )
    x = np.asarray(x, dtype=np.float64)
    if not np.isfinite(x).all():
        raise ValueError("x holds NaN or infinite values")
    centred = x - x.mean(axis=0)
    sums = np.eye(n_classes)[codes].T @ centred
    between = np.einsum("kv,kv->v", sums / counts[:, None], sums)
    within = np.einsum("nv,nv->v", centred, centred) - between
    return f_ratio(between, within, n_classes, n_samples, constant_voxels(x))


def f_ratio(
    between: np.ndarray,
    within: np.ndarray,
    n_classes: int,
    n_samples: int,
    constant: np.ndarray,
) -> np.ndarray:
    """Compute F from sums of squares; 0 where `constant`, inf without variance within classes.

    Parameters
    ----------
    between, within : ndarray, (..., voxels)
        Sums of squares between and within classes.
    n_classes, n_samples : int
        The degrees of freedom are n_classes - 1 and n_samples - n_classes.
    constant : ndarray, (voxels,) bool
        Voxels without any variance.
    """
    scale = (n_samples - n_classes) / (n_classes - 1)
    # Rounding leaves about 1e-16 of the total where the within-class sum of squares is truly 0.
    within = np.where(within > 1e-14 * (within + between), within, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = scale * between / within
    return np.where(constant, 0.0, ratio)


def constant_voxels(x: np.ndarray) -> np.ndarray:
    """Whether every voxel has the same value in all samples, (voxels,) bool."""
    return (x == x[:1]).all(axis=0)


def top_voxels(scores: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of the `n` highest scores, ascending; ties go to the first.

    Parameters
    ----------
    scores : ndarray, (voxels,)
        No NaN.
    n : int
        How many; all if there are at most `n`.
    """
    if n < 1:
        raise ValueError(f"{n} voxels")
    if n >= len(scores):
        return np.arange(len(scores))
    return np.sort(np.argsort(-scores, kind="stable")[:n])


def select_voxels(x: np.ndarray, y: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of the `n` voxels with the highest ANOVA F.

    Parameters
    ----------
    x : ndarray, (samples, voxels)
        Activity of the training rows.
    y : ndarray, (samples,)
        Their classes.
    n : int
        How many; all if there are at most `n`.

    Returns
    -------
    ndarray, (min(n, voxels),) int
        In ascending order; ties go to the first voxels.
    """
    if n >= x.shape[1]:
        return np.arange(x.shape[1])
    return top_voxels(anova_f(x, y), n)


def prepare(
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_test: np.ndarray,
    n_voxels: int,
    scale: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Select voxels and z-score them, both fitted on the training rows.

    Parameters
    ----------
    x_train : ndarray, (n, voxels)
        Activity of the training rows.
    y_train : ndarray, (n,)
        Their classes.
    x_test : ndarray, (m, voxels)
        Activity of the test rows; nothing is learned from it.
    n_voxels : int
        How many voxels are kept; all if there are at most that many.
    scale : bool
        If False, voxels are centred but keep their units, e.g. if runs were z-scored before.

    Returns
    -------
    train, test : ndarray, (n, kept) and (m, kept) float32
        Zero mean and unit variance over the training rows; voxels that are constant there are 0.
    """
    kept = select_voxels(x_train, y_train, n_voxels)
    train = np.asarray(x_train[:, kept], dtype=np.float64)
    test = np.asarray(x_test[:, kept], dtype=np.float64)
    mean, unit = scaling(train, scale)
    return ((train - mean) / unit).astype(np.float32), ((test - mean) / unit).astype(np.float32)


def scaling(train: np.ndarray, scale: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the unit of each voxel, (voxels,) each.

    The unit is the population standard deviation (no Bessel correction), or 1 if `scale` is
    False; it is infinite for a constant voxel, whose values thus become 0.
    """
    unit = train.std(axis=0) if scale else np.ones(train.shape[1])
    return train.mean(axis=0), np.where(constant_voxels(train), np.inf, unit)
