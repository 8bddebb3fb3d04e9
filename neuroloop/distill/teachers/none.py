"""No teacher but the labels."""

import numpy as np

ORDER = 14
NEEDS = None
MISLEADS = False
TO_BEAT = True
TITLE = "labels alone"
LEGEND = "the labels alone"
CONTROLS_FOR = "learning without a teacher"
TAUGHT_BY = "labels alone"
COLOUR, MARKER = "#000000", "_"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray | None,
) -> None:
    """Teach nothing."""
    return None
