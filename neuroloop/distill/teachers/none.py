"""No teacher but the labels."""

import numpy as np

ORDER = 8
NEEDS = None
MISLEADS = False
TITLE = "labels alone"
LEGEND = "the labels alone"
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
