"""A larger network."""

import numpy as np

ORDER = 11
NEEDS = "cnn"
MISLEADS = False
TO_BEAT = False
TITLE = "a CNN's soft labels"
LEGEND = "the out-of-fold logits of a CNN that learned from the same images"
CONTROLS_FOR = "a machine instead of the brain"
TAUGHT_BY = "a CNN's soft labels"
COLOUR, MARKER = "#009e73", "P"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Teach with the network's logits as they are."""
    return logits
