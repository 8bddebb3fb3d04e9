"""A random class for each image."""

import numpy as np

ORDER = 10
NEEDS = None
MISLEADS = True
TO_BEAT = False
TITLE = "random soft labels"
LEGEND = "one random class an image, near certain: wrong on purpose"
CONTROLS_FOR = "any second loss"
TAUGHT_BY = "random soft labels"
COLOUR, MARKER = "#999999", "v"

#: Spread of the uniform logits: softmax(uniform / 0.01).
SCALE = 0.01


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray | None,
) -> np.ndarray:
    """Draw a class for each image."""
    uniform = generator.uniform(size=(len(labels), n_classes))
    return uniform / SCALE
