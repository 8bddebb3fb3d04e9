"""A random codebook: each class has one random soft label."""

import numpy as np

from neuroloop.distill.confidence import factor_of, mean_entropy, soft_labels
from neuroloop.distill.wrong_classes import wrong_columns

ORDER = 5
NEEDS = "brain"
MISLEADS = False
TO_BEAT = True
TITLE = "a random codebook"
LEGEND = (
    "one random soft label for all images of a class, with the probability that the brain gives "
    "the class on average, and the brain's mean entropy"
)
CONTROLS_FOR = "any code of the classes, as confident as the brain"
TAUGHT_BY = "a random codebook as confident as {}"
COLOUR, MARKER = "#637939", "d"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Draw a soft label for each class.

    The right class has its mean probability over the brain's soft labels of the class; the rest is
    shared among the wrong ones as softmax(g n) says, n standard normal, with one g for all classes
    that gives the codebook the brain's mean entropy over images (or comes nearest to it). Random
    codebooks did as well as brain data in Li et al. 2021.
    """
    soft = soft_labels(logits, temperature)
    right = np.full(n_classes, 1 / n_classes)
    for label in np.unique(labels):
        right[label] = soft[labels == label, label].mean()
    right = right.clip(1e-12, 1 - 1e-12)
    columns = wrong_columns(np.arange(n_classes), n_classes, "codebook")
    drawn = generator.standard_normal(columns.shape)

    def book(gain: float) -> np.ndarray:
        made = np.diag(right)
        shares = (1 - right)[:, None] * soft_labels(gain * drawn, 1.0)
        np.put_along_axis(made, columns, shares, axis=1)
        return made

    gain = factor_of(lambda gain: mean_entropy(book(gain)[labels]), mean_entropy(soft))
    return temperature * np.log(np.maximum(book(gain), np.finfo(np.float32).tiny))[labels]
