"""A larger network, made as inaccurate and as uncertain as the brain."""

import numpy as np

from neuroloop.distill.accuracy_matching import Noise, least_noise, named_right
from neuroloop.distill.confidence import as_certain

ORDER = 12
NEEDS = "brain"
BESIDE = "cnn"
MISLEADS = False
TO_BEAT = False
TITLE = "a matched CNN"
LEGEND = (
    "the out-of-fold logits of a CNN that learned from the same images, with noise that leaves as "
    "many of them right as the brain has, and the brain's mean entropy"
)
CONTROLS_FOR = "a machine that knows as much as the brain"
TAUGHT_BY = "a CNN as accurate as {}"
COLOUR, MARKER = "#17becf", "P"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
    beside: np.ndarray,
) -> np.ndarray:
    """Add the least normal noise that leaves as many training images right as the brain names.

    A CNN that names fewer right than the brain is left as it is. One factor then gives the logits
    the brain's mean entropy, which moves no image from right to wrong. All is chosen on images that
    teach, of which brain and CNN are out of fold.
    """
    noise, found = _chosen(labels, generator, logits, beside)
    return as_certain(beside + found.scale * noise, logits, temperature)


def told(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
    beside: np.ndarray,
) -> dict[str, float]:
    """Tell the scale of the noise, the images that are right with it, and those that should be."""
    _, found = _chosen(labels, generator, logits, beside)
    return {"noise": found.scale, "right": found.right, "wanted": found.wanted}


def _chosen(
    labels: np.ndarray, generator: np.random.Generator, logits: np.ndarray, beside: np.ndarray
) -> tuple[np.ndarray, Noise]:
    """Noise of unit variance, and how much of it is added."""
    noise = generator.standard_normal(beside.shape)
    wanted = int(named_right(logits, labels).sum())
    return noise, least_noise(beside, noise, labels, wanted)
