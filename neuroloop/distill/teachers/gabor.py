"""Gabor filters: soft labels that anyone can compute of the images."""

import numpy as np

ORDER = 13
NEEDS = "gabor"
MISLEADS = False
TO_BEAT = False
TITLE = "Gabor soft labels"
LEGEND = (
    "out-of-fold logits of ridge regression on Gabor energies of the same images, calibrated as a "
    "brain's are"
)
CONTROLS_FOR = "what anyone can compute of the images"
TAUGHT_BY = "Gabor filters"
COLOUR, MARKER = "#1f3b73", "*"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Teach with the logits as they are."""
    return logits
