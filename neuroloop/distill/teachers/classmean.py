"""The brain's mean over each class."""

import numpy as np

ORDER = 4
NEEDS = "brain"
MISLEADS = False
TO_BEAT = True
OF_IMAGES = True
TITLE = "class means"
LEGEND = "the mean distribution of the image's class: knowledge of the class without noise"
CONTROLS_FOR = "class knowledge without noise"
TAUGHT_BY = "class means of {}"
COLOUR, MARKER = "#cc79a7", "D"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Teach with the mean distribution of each class (see `class_mean`)."""
    return class_mean(logits, labels, temperature)


def class_mean(logits: np.ndarray, labels: np.ndarray, temperature: float) -> np.ndarray:
    """Logits of each image's class-mean distribution, averaged at the loss's temperature.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    labels : ndarray of int, shape (images,)
    temperature : float

    Returns
    -------
    ndarray, shape (images, classes)
        ``T log mean_class softmax(z / T)``, so that softmax(. / T) is the mean.
    """
    from scipy.special import softmax

    soft = softmax(logits.astype(np.float64) / temperature, axis=1)
    means = np.zeros_like(soft)
    for label in np.unique(labels):
        means[labels == label] = soft[labels == label].mean(axis=0)
    return temperature * np.log(np.maximum(means, np.finfo(np.float32).tiny))
