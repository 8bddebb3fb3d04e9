"""How certain soft labels are, and making others as certain."""

from collections.abc import Callable

import numpy as np

#: Factors of logits between which confidence is searched for: from uniform to one-hot.
FACTORS = (1e-6, 1e6)


def mean_entropy(distributions: np.ndarray) -> float:
    """Mean entropy of distributions.

    Parameters
    ----------
    distributions : ndarray, shape (n, classes)
        Rows sum to 1.

    Returns
    -------
    float
        In nats, 0 to log(classes).
    """
    from scipy.special import xlogy

    return float(-xlogy(distributions, distributions).sum(axis=1).mean())


def soft_labels(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Soft labels as the loss uses them: softmax(z / T).

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    temperature : float

    Returns
    -------
    ndarray of float64, shape (images, classes)
    """
    from scipy.special import softmax

    return np.asarray(softmax(logits.astype(np.float64) / temperature, axis=1))


def as_certain(logits: np.ndarray, like: np.ndarray, temperature: float) -> np.ndarray:
    """Multiply logits by one factor, so that their soft labels have the mean entropy of others.

    A factor keeps every image's order of classes, and with it accuracy.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    like : ndarray, shape (images, classes)
        Logits whose mean entropy is taken.
    temperature : float
        Of the loss: entropies are those of softmax(z / T).

    Returns
    -------
    ndarray of float64, shape (images, classes)
        As near to that entropy as a factor comes.
    """
    logits = logits.astype(np.float64)
    wanted = mean_entropy(soft_labels(like, temperature))

    def entropy(factor: float) -> float:
        return mean_entropy(soft_labels(factor * logits, temperature))

    return factor_of(entropy, wanted) * logits


def factor_of(entropy: Callable[[float], float], wanted: float) -> float:
    """Find the factor at which an entropy that falls with it is `wanted`.

    Parameters
    ----------
    entropy : callable
        Entropy in nats, which no larger factor raises.
    wanted : float
        In nats.

    Returns
    -------
    float
        Within `FACTORS`; the end that comes nearest where no factor has that entropy.
    """
    from scipy.optimize import brentq

    low, high = np.log(FACTORS)
    if entropy(FACTORS[0]) <= wanted:
        return FACTORS[0]
    if entropy(FACTORS[1]) >= wanted:
        return FACTORS[1]
    return float(np.exp(brentq(lambda power: entropy(np.exp(power)) - wanted, low, high)))
