"""Maps scaled a frame at a time."""

import numpy as np

ORDER = 18
TITLE = "maps scaled a frame at a time"
DONE = "each frame's map stretched from 0 to 1 before the mean over trials"


def maps(each: np.ndarray) -> np.ndarray:
    """Bring the least value of a map to 0 and the largest to 1; a constant map is 0."""
    low, high = (of(each, axis=(-2, -1), keepdims=True) for of in (np.min, np.max))
    return np.divide(each - low, high - low, out=np.zeros_like(each), where=high > low)
