"""The brain, shuffled within classes."""

import numpy as np

from neuroloop.distill.derangement import derangement

ORDER = 2
NEEDS = "brain"
MISLEADS = False
TO_BEAT = False
OF_IMAGES = True
TITLE = "shuffled within class"
LEGEND = (
    "the brain's logits of another image of the same class: knowledge of the class, nothing "
    "of the image"
)
CONTROLS_FOR = "class knowledge with the brain's noise, nothing of the image"
TAUGHT_BY = "{}, dealt anew within classes"
COLOUR, MARKER = "#e69f00", "s"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Give each image the logits of another one of its class."""
    return logits[derangement(labels, generator)]
