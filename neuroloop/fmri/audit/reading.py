"""Whether labels can be read from something: a small fixed decoder, the product's folds, a test.

Blocks are named after the class whose mean is nearest. Nothing is chosen, so that the labels of
thousands of permutations take a second. Permutations are those of the headline's null: blocks, or
images, within runs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuroloop.fmri.audit.blocks import Blocks
from neuroloop.fmri.permutation import balanced_accuracies

#: Permutations that say whether the test is worth its time, and those of the test.
FIRST, ALL = 99, 4999

#: Least accuracy that matters, as a share of the way from chance to 1.
LEAST_GAIN = 0.1

#: Level of all readings of a subject together.
LEVEL = 0.001

#: How much of the mean variance is added to the covariance, so that it can be inverted.
SHRINKAGE = 0.1

#: Numbers that a chunk of indicators may hold.
CHUNK = 20_000_000


class Reading(NamedTuple):
    """How well labels were read.

    Attributes
    ----------
    accuracy : float
        Balanced, of blocks, out of fold.
    chance : float
        Mean of the permutations.
    p : float
        Share of the permutations, and of what was read, that are as high.
    matters : bool
        Whether accuracy exceeds chance by at least `LEAST_GAIN`.
    """

    accuracy: float
    chance: float
    p: float
    matters: bool


class View(NamedTuple):
    """One way to look at what labels may be read from.

    Attributes
    ----------
    features : ndarray, (blocks, columns)
    few : int
        Columns that are chosen in each training fold, where classes' means differ most; 0: all.
    """

    features: np.ndarray
    few: int = 0


def standardised(features: np.ndarray) -> np.ndarray:
    """Give each column mean 0 and variance 1; columns that are constant are 0."""
    x = features - features.mean(axis=0)
    spread = x.std(axis=0)
    varies = spread > 1e-12 * np.maximum(np.abs(features).max(axis=0), 1e-300)
    return np.asarray(x / np.where(varies, spread, np.inf))


def whitened(features: np.ndarray) -> np.ndarray:
    """Scale columns and take out how they go together, as in linear discriminant analysis.

    Labels are not used, so that this may be done over all rows.

    Parameters
    ----------
    features : ndarray, (blocks, columns)

    Returns
    -------
    ndarray, (blocks, columns)
        Columns that are constant are 0.
    """
    x = standardised(features)
    covariance = x.T @ x / max(len(x), 1) + SHRINKAGE * np.eye(x.shape[1])
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(x @ vectors / np.sqrt(values))


def components(patterns: np.ndarray, most: int = 20) -> np.ndarray:
    """First principal components of patterns, (blocks, at most `most`); labels are not used."""
    x = patterns - patterns.mean(axis=0)
    left, values, _ = np.linalg.svd(x, full_matrices=False)
    kept = min(most, int((values > 1e-9 * max(values.max(initial=0), 1e-300)).sum()))
    scores = left[:, :kept] * values[:kept]
    return np.asarray(scores / max(float(scores.std()), 1e-300))


def predictions(view: View, blocks: Blocks, labels: np.ndarray) -> np.ndarray:
    """Class whose mean over the training blocks is nearest.

    Parameters
    ----------
    view : View
    blocks : Blocks
    labels : ndarray of int, (n, blocks)

    Returns
    -------
    ndarray of int, (n, blocks)
        -1 for a block that no fold tests.
    """
    n_classes = len(blocks.problem.classes)
    found = np.full(labels.shape, -1)
    for split in blocks.splits:
        centre = view.features[split.train].mean(axis=0)
        train, test = (
            (view.features[rows] - centre).astype(np.float32) for rows in (split.train, split.test)
        )
        widest = max(len(split.train), len(split.test), train.shape[1], 1)
        at_once = max(1, CHUNK // (n_classes * widest))
        for start in range(0, len(labels), at_once):
            some = labels[start : start + at_once, split.train]
            indicator = (some[:, None, :] == np.arange(n_classes)[:, None]).astype(np.float32)
            counts = indicator.sum(axis=2)
            means = (indicator @ train) / np.maximum(counts, 1)[:, :, None]
            if 0 < view.few < train.shape[1]:
                between = (counts[:, :, None] * means**2).sum(axis=1)
                least = -np.partition(-between, view.few - 1, axis=1)[:, view.few - 1]
                means *= (between >= least[:, None])[:, None, :]
            scores = means @ test.T - (means**2).sum(axis=2)[:, :, None] / 2
            scores[counts == 0] = -np.inf
            found[start : start + at_once, split.test] = scores.argmax(axis=1)
    return found


def accuracies(view: View, blocks: Blocks, labels: np.ndarray) -> np.ndarray:
    """Balanced accuracy of the blocks that are tested, (n,)."""
    named = predictions(view, blocks, labels)
    tested = np.unique(np.concatenate([split.test for split in blocks.splits]))
    return balanced_accuracies(labels[:, tested], named[:, tested])


def read_labels(views: Sequence[View], blocks: Blocks, generator: np.random.Generator) -> Reading:
    """Read the labels of blocks from several views of one thing, and keep the best.

    So does every permutation, which chance and p thus allow for. Few permutations are drawn where
    accuracy does not matter, or is reached by one of them.

    Parameters
    ----------
    views : sequence of View
    blocks : Blocks
        Whose labels can be permuted.
    generator : Generator
    """
    accuracy = float(best(views, blocks, blocks.y[None])[0])
    null = _null(views, blocks, generator, FIRST)
    chance = float(null.mean())
    matters = accuracy >= chance + LEAST_GAIN * (1 - chance)
    if matters and accuracy > null.max():
        null = _null(views, blocks, generator, ALL)
    p = (1 + int((null >= accuracy - 1e-12).sum())) / (1 + len(null))
    return Reading(accuracy, chance, p, matters)


def best(views: Sequence[View], blocks: Blocks, labels: np.ndarray) -> np.ndarray:
    """Accuracy of the best view, (n,)."""
    return np.asarray(np.max([accuracies(view, blocks, labels) for view in views], axis=0))


def _null(
    views: Sequence[View], blocks: Blocks, generator: np.random.Generator, n: int
) -> np.ndarray:
    drawn = (best(views, blocks, labels) for labels in blocks.permuted(generator, n))
    return np.concatenate(list(drawn))
