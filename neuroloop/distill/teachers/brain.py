"""The brain."""

import numpy as np

ORDER = 1
NEEDS = "brain"
MISLEADS = False
TO_BEAT = False
LEGEND = (
    "the decoder's out-of-fold logits of the image, or of its category where the image was "
    "not shown in the scanner"
)
TAUGHT_BY = "{}"
COLOUR, MARKER = "#d55e00", "o"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Teach with the decoder's logits as they are."""
    return logits
