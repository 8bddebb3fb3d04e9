"""The brain, shuffled over all images."""

import numpy as np

from neuroloop.distill.derangement import derangement

ORDER = 9
NEEDS = "brain"
MISLEADS = True
TO_BEAT = False
TITLE = "shuffled over images"
LEGEND = "the brain's logits of another image of any class: the same labels, no relation"
CONTROLS_FOR = "the labels' statistics without a relation"
TAUGHT_BY = "{}, shuffled over images"
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
