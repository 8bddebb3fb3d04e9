"""Whether labels can be read from something: a small fixed decoder, the product's folds, a test.

Blocks are named after the class whose mean is nearest. Nothing is chosen, so that the labels of
thousands of permutations take a second. Permutations are those of the headline's null: blocks, or
images, within runs.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from neuroloop.fmri.audit.blocks import Blocks
from neuroloop.fmri.permutation import balanced_accuracies
from neuroloop.statistics.folds import Split

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
        Balanced, of blocks, out of fold; of a class told from all others, the share of pairs.
    chance : float
        Mean of the permutations.
    p : float
        Share of the permutations, and of what was read, that are as high.
    matters : bool
        Whether accuracy exceeds chance by at least `LEAST_GAIN`.
    views : int
        How many views were tried.
    name : str
        Class that is told from all others; empty where classes are named.
    """

    accuracy: float
    chance: float
    p: float
    matters: bool
    views: int = 1
    name: str = ""


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


#: Accuracies, (n,), of labels, (n, blocks).
Way = Callable[[Sequence[View], Blocks, np.ndarray], np.ndarray]


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
    n_classes = int(labels.max()) + 1
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
    named, tested = predictions(view, blocks, labels), _tested(blocks)
    return balanced_accuracies(labels[:, tested], named[:, tested])


def _tested(blocks: Blocks) -> np.ndarray:
    return np.unique(np.concatenate([split.test for split in blocks.splits]))


def told_apart(view: View, blocks: Blocks, labels: np.ndarray) -> np.ndarray:
    """How well each class is told from all others, (n, classes).

    That is the area under the receiver operating characteristic: the share of pairs of a block of
    the class and one of another whose distances to the two means say which is which. Of one class
    and all others, accuracies count blocks on the wrong side of a line however near they lie, and
    see less.
    """
    n_classes, tested = int(labels.max()) + 1, _tested(blocks)
    at_once = max(1, CHUNK // (n_classes * max(labels.shape[1], view.features.shape[1])))
    parts = []
    for start in range(0, len(labels), at_once):
        some = labels[start : start + at_once]
        margins = np.zeros((*some.shape[:1], n_classes, some.shape[1]), dtype=np.float32)
        for split in blocks.splits:
            margins[:, :, split.test] = _margins(view, split, some, n_classes)
        ranks = rankdata(margins[:, :, tested], axis=2)
        mine = some[:, None, tested] == np.arange(n_classes)[:, None]
        own = mine.sum(axis=2)
        above = (ranks * mine).sum(axis=2) - own * (own + 1) / 2
        parts.append(above / np.maximum(own * (len(tested) - own), 1))
    return np.concatenate(parts)


def _margins(view: View, split: Split, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """By how much test blocks are nearer to each class's mean than to that of all others."""
    centre = view.features[split.train].mean(axis=0)
    train, test = (view.features[rows] - centre for rows in (split.train, split.test))
    mine = labels[:, None, split.train] == np.arange(n_classes)[:, None]
    counts = mine.sum(axis=2)[:, :, None]
    sums = mine.astype(np.float32) @ train.astype(np.float32)
    own = sums / np.maximum(counts, 1)
    others = (train.sum(axis=0) - sums) / np.maximum(len(train) - counts, 1)
    if 0 < view.few < train.shape[1]:
        between = counts * own**2 + (len(train) - counts) * others**2
        least = -np.partition(-between, view.few - 1, axis=2)[:, :, view.few - 1]
        chosen = between >= least[:, :, None]
        own, others = own * chosen, others * chosen
    middle = ((own**2 - others**2) / 2).sum(axis=2)[:, :, None]
    made = (own - others) @ test.T.astype(np.float32) - middle
    # Blocks whose features are equal stay equal, whatever the order of sums.
    return np.asarray(np.where(counts > 0, np.round(made, 4), 0.0))


def read_labels(views: Sequence[View], blocks: Blocks, generator: np.random.Generator) -> Reading:
    """Read the labels of blocks from several views of one thing, and keep the best.

    All classes are named, and each is told from all others: what goes with one class of many is
    lost among the others. What stands out most among its own permutations counts, in each
    permutation too, so that chance and p allow for all of that. Few permutations are drawn where
    accuracy does not matter, or is reached by one of them.

    Parameters
    ----------
    views : sequence of View
    blocks : Blocks
        Whose labels can be permuted.
    generator : Generator
    """
    real = np.array([way(views, blocks, blocks.y[None])[0] for way in WAYS])
    null = _null(views, blocks, generator, FIRST)
    centre, spread = null.mean(axis=1), np.maximum(null.std(axis=1), 1e-9)
    kept = int(((real - centre) / spread).argmax())
    matters = bool(real[kept] >= centre[kept] + LEAST_GAIN * (1 - centre[kept]))

    def scores(accuracy: np.ndarray) -> np.ndarray:
        return np.asarray(((accuracy.T - centre) / spread).max(axis=1))

    score = float(scores(real[:, None])[0]) - 1e-9
    if matters and score > scores(null).max():
        null = _null(views, blocks, generator, ALL)
    p = (1 + int((scores(null) >= score).sum())) / (1 + null.shape[1])
    name = _stands_out(views, blocks) if kept else ""
    return Reading(float(real[kept]), float(null[kept].mean()), p, matters, len(views), name)


def reached(reading: Reading, views: Sequence[View], blocks: Blocks) -> bool:
    """Whether other views tell as much as was read, in the way that stood out."""
    way = WAYS[bool(reading.name)]
    return bool(way(views, blocks, blocks.y[None])[0] >= reading.accuracy - 1e-12)


def best(views: Sequence[View], blocks: Blocks, labels: np.ndarray) -> np.ndarray:
    """Accuracy of the best view, (n,)."""
    return np.asarray(np.max([accuracies(view, blocks, labels) for view in views], axis=0))


def best_class(views: Sequence[View], blocks: Blocks, labels: np.ndarray) -> np.ndarray:
    """Area of the class that is best told from all others, in its best view, (n,)."""
    each = [told_apart(view, blocks, labels).max(axis=1) for view in views]
    return np.asarray(np.max(each, axis=0))


#: Ways to read: all classes are named, or one is told from all others.
WAYS: tuple[Way, Way] = (best, best_class)


def _stands_out(views: Sequence[View], blocks: Blocks) -> str:
    each = [told_apart(view, blocks, blocks.y[None])[0] for view in views]
    return str(blocks.problem.classes[int(np.max(each, axis=0).argmax())])


def _null(
    views: Sequence[View], blocks: Blocks, generator: np.random.Generator, n: int
) -> np.ndarray:
    """Accuracies of permuted labels, (ways, n)."""
    drawn = [
        [way(views, blocks, labels) for way in WAYS] for labels in blocks.permuted(generator, n)
    ]
    return np.concatenate([np.stack(some) for some in drawn], axis=1)
