"""Probabilities put through softmax again, at a temperature of 0.1."""

import numpy as np
from scipy.special import softmax

ORDER = 7
TITLE = "softmax of softmax at T 0.1"
DONE = "the teachers' probabilities taken for logits, at a temperature of 0.1"

#: T of the original study.
TEMPERATURE = 0.1


def taught(logits: np.ndarray, temperature: float) -> tuple[np.ndarray, float]:
    """Hand the loss probabilities in place of logits, whatever T was."""
    return softmax(np.asarray(logits, np.float64), axis=1), TEMPERATURE
