"""Label smoothing, as soft as the brain."""

import numpy as np

from neuroloop.distill.confidence import mean_entropy

ORDER = 8
NEEDS = "brain"
MISLEADS = False
TO_BEAT = True
TITLE = "smoothed labels"
LEGEND = "label smoothing with the brain's mean entropy: softness, no knowledge"
CONTROLS_FOR = "softness without knowledge"
TAUGHT_BY = "labels smoothed as {} are"
COLOUR, MARKER = "#0072b2", "^"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Teach with smoothed labels (see `smooth`)."""
    return smooth(logits, labels, temperature)


def smooth(logits: np.ndarray, labels: np.ndarray, temperature: float) -> np.ndarray:
    """Logits of uniform label smoothing whose entropy is the brain's mean entropy.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
        The brain's logits, of which only the mean entropy at `temperature` is used.
    labels : ndarray of int, shape (images,)
    temperature : float

    Returns
    -------
    ndarray, shape (images, classes)
        ``T log q`` with q = (1 - e) onehot + e / classes.

    References
    ----------
    Szegedy et al. 2016, section 7; Yuan et al. 2020 on distillation as learned smoothing.
    """
    from scipy.optimize import brentq
    from scipy.special import log_softmax

    n_classes = logits.shape[1]
    target = mean_entropy(np.exp(log_softmax(logits.astype(np.float64) / temperature, axis=1)))

    def smoothed(amount: float) -> np.ndarray:
        return (1 - amount) * np.eye(n_classes) + amount / n_classes

    def excess(amount: float) -> float:
        return mean_entropy(smoothed(amount)) - target

    least, most = 1e-9, 1 - 1e-9
    if excess(least) >= 0:
        amount = least
    elif excess(most) <= 0:
        amount = most
    else:
        amount = float(brentq(excess, least, most))
    return temperature * np.log(smoothed(amount))[labels]
