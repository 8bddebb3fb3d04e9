"""What teaches a student: the brain, and the controls that tell its help from smoothing.

Every teacher is an array of logits, one row an image, that goes through the same loss:

========== ====================================================================================
brain      the decoder's out-of-fold logits of the image (or of its category, where the image
           was not shown in the scanner)
rowshuffled the brain's logits of another image of any class: the same labels, no relation
withinclass the brain's logits of another image of the same class: class knowledge, nothing of
           the image
classmean  the mean distribution of the image's class: class knowledge without noise
smooth     label smoothing with the brain's mean entropy: softness, no knowledge
random     one random class an image, near certain: wrong on purpose
cnn        the out-of-fold logits of a CNN that learned from the same images
none       the labels alone
========== ====================================================================================
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax, xlogy

from neuroloop.errors import NeuroLoopError

#: Spread of the random teacher's uniform logits: softmax(uniform / 0.01).
RANDOM_SCALE = 0.01


def mean_entropy(distributions: np.ndarray) -> float:
    """Mean entropy of distributions.

    Parameters
    ----------
    distributions : ndarray, shape (n, classes)
        Rows sum to 1.

    Returns
    -------
    float
        In nats, 0 to log(classes).
    """
    return float(-xlogy(distributions, distributions).sum(axis=1).mean())


def join_logits(
    logits: np.ndarray,
    row_ids: list[str],
    classes: list[str],
    image_ids: list[str],
    student_classes: list[str],
) -> np.ndarray:
    """Give each image its row of the brain's logits, by id, on the student's classes.

    Dropping the logits of other classes renormalises the soft label over those that are left.

    Parameters
    ----------
    logits : ndarray, shape (stimuli, classes)
        A decoder's logits.
    row_ids : list of str
        Stimulus id of each row.
    classes : list of str
        Class of each column.
    image_ids : list of str
        For each image, the id of the row that belongs to it: its stimulus id, or its category.
    student_classes : list of str
        Classes that the student tells apart, in its order.

    Returns
    -------
    ndarray of float32, shape (images, student classes)

    Raises
    ------
    NeuroLoopError
        If an image or a class has no soft label.
    """
    row_of = {name: row for row, name in enumerate(row_ids)}
    column_of = {name: column for column, name in enumerate(classes)}
    absent = [name for name in image_ids if name not in row_of]
    if absent:
        raise NeuroLoopError(
            f"no soft label for {len(absent)} of {len(image_ids)} images, the first is "
            f"{absent[0]!r}: the stimulus ids of the images must be those of the brain data"
        )
    unknown = [name for name in student_classes if name not in column_of]
    if unknown:
        raise NeuroLoopError(
            f"the students' class {unknown[0]!r} is none of the decoder's "
            f"({', '.join(classes[:8])}): name it so, or map it in the key images.classes"
        )
    rows = [row_of[name] for name in image_ids]
    return logits[np.ix_(rows, [column_of[name] for name in student_classes])].astype(np.float32)


def teach(
    teacher: str,
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return a teacher's logits for the training images.

    Parameters
    ----------
    teacher : str
        One of the names in `teacher_names`.
    labels : ndarray of int, shape (images,)
        True class of each image.
    n_classes : int
    temperature : float
        Temperature of the loss: ``smooth`` matches the entropy of the targets as they are used.
    generator : Generator
        Draws the shuffles and the random teacher.
    logits : ndarray, shape (images, classes), optional
        The brain's, or for ``cnn`` the network's, logits of the images.

    Returns
    -------
    ndarray of float32, shape (images, classes), or None for ``none``
    """
    if teacher == "none":
        return None
    if teacher == "random":
        uniform = generator.uniform(size=(len(labels), n_classes))
        return (uniform / RANDOM_SCALE).astype(np.float32)
    if logits is None:
        raise ValueError(f"teacher {teacher} needs logits")
    if teacher in ("brain", "cnn"):
        taught = logits
    elif teacher == "rowshuffled":
        taught = logits[derangement(np.zeros_like(labels), generator)]
    elif teacher == "withinclass":
        taught = logits[derangement(labels, generator)]
    elif teacher == "classmean":
        taught = class_mean(logits, labels, temperature)
    elif teacher == "smooth":
        taught = smooth(logits, labels, temperature)
    else:
        raise ValueError(f"unknown teacher {teacher}")
    return taught.astype(np.float32)


def derangement(groups: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Permutation within groups that leaves no row in its place.

    Each group is put in random order and every row takes the place of its successor on that
    circle, so every other row of the group is equally likely.

    Parameters
    ----------
    groups : ndarray, shape (n,)
    generator : Generator

    Returns
    -------
    ndarray of int, shape (n,)
        For each row the row that it gets. A group of one row keeps it: there is no other.
    """
    source = np.arange(len(groups))
    for group in np.unique(groups):
        order = generator.permutation(np.flatnonzero(groups == group))
        source[order] = np.roll(order, -1)
    return source


def class_mean(logits: np.ndarray, labels: np.ndarray, temperature: float) -> np.ndarray:
    """Logits of each image's class-mean distribution, averaged at the loss's temperature.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    labels : ndarray of int, shape (images,)
    temperature : float

    Returns
    -------
    ndarray, shape (images, classes)
        ``T log mean_class softmax(z / T)``, so that softmax(. / T) is the mean.
    """
    soft = softmax(logits.astype(np.float64) / temperature, axis=1)
    means = np.zeros_like(soft)
    for label in np.unique(labels):
        means[labels == label] = soft[labels == label].mean(axis=0)
    return temperature * np.log(np.maximum(means, np.finfo(np.float32).tiny))


def smooth(logits: np.ndarray, labels: np.ndarray, temperature: float) -> np.ndarray:
    """Logits of uniform label smoothing whose entropy is the brain's mean entropy.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
        The brain's logits, of which only the mean entropy at `temperature` is used.
    labels : ndarray of int, shape (images,)
    temperature : float

    Returns
    -------
    ndarray, shape (images, classes)
        ``T log q`` with q = (1 - e) onehot + e / classes.

    References
    ----------
    Szegedy et al. 2016, section 7; Yuan et al. 2020 on distillation as learned smoothing.
    """
    n_classes = logits.shape[1]
    target = mean_entropy(np.exp(log_softmax(logits.astype(np.float64) / temperature, axis=1)))

    def smoothed(amount: float) -> np.ndarray:
        return (1 - amount) * np.eye(n_classes) + amount / n_classes

    def excess(amount: float) -> float:
        return mean_entropy(smoothed(amount)) - target

    least, most = 1e-9, 1 - 1e-9
    if excess(least) >= 0:
        amount = least
    elif excess(most) <= 0:
        amount = most
    else:
        amount = float(brentq(excess, least, most))
    return temperature * np.log(smoothed(amount))[labels]
