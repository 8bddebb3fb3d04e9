"""The brain, shuffled over all images."""

import numpy as np

from neuroloop.distill.derangement import derangement

ORDER = 5
NEEDS = "brain"
MISLEADS = True
TITLE = "shuffled over images"
LEGEND = "the brain's logits of another image of any class: the same labels, no relation"
COLOUR, MARKER = "#56b4e9", "v"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Give each image the logits of another one."""
    return logits[derangement(np.zeros_like(labels), generator)]
