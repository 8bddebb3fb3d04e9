"""Confidence-matched noise: the brain's confidence, and chance in place of its wrong classes."""

import numpy as np

from neuroloop.distill.wrong_classes import dealt, wrong_columns

ORDER = 7
NEEDS = "brain"
MISLEADS = False
TO_BEAT = True
TITLE = "matched noise"
LEGEND = (
    "the probability that the brain gives the image's class, and its other probabilities dealt to "
    "the wrong classes at random, anew for each image"
)
CONTROLS_FOR = "each image's confidence, without a relation between classes"
TAUGHT_BY = "noise as confident as {}"
COLOUR, MARKER = "#8c6d31", "X"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Deal each image's logits of wrong classes to its wrong classes, all orders alike likely."""
    columns = wrong_columns(labels, n_classes, "matchednoise")
    return dealt(logits, columns, generator.permuted(columns, axis=1))
