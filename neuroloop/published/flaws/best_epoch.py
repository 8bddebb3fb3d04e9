"""The best epoch picked on the test images."""

import numpy as np

ORDER = 9
TITLE = "best epoch on the test set"
DONE = "of all epochs the one that names most test images right"


def epoch(hits: np.ndarray) -> np.ndarray:
    """Pick the epoch of each seed by its hits, (epochs, seeds, images); of equal ones the first."""
    return hits.mean(axis=2).argmax(axis=0)
