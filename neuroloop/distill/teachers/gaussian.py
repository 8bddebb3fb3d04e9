"""Gaussian surrogates of the brain's logits."""

import numpy as np

from neuroloop.distill.confidence import as_certain

ORDER = 3
NEEDS = "brain"
MISLEADS = False
TO_BEAT = True
OF_IMAGES = True
TITLE = "Gaussian surrogates"
LEGEND = (
    "random logits with the brain's mean for each class, its covariance within classes and its "
    "mean entropy: its statistics, nothing of the image"
)
CONTROLS_FOR = "random data with the statistics of the brain"
TAUGHT_BY = "Gaussian surrogates of {}"
COLOUR, MARKER = "#d6616b", "h"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Draw each image's logits from a normal distribution around the mean of its class.

    Rows are centred first, which changes no soft label. The covariance is that within classes,
    pooled over them; means and covariance are those of the brain in expectation, up to the one
    factor that gives the drawn logits the brain's mean entropy, which is near 1 where the brain's
    are normal as well (Federer et al. 2020 on random data with neural statistics).
    """
    centred = logits.astype(np.float64)
    centred -= centred.mean(axis=1, keepdims=True)
    means = np.zeros((n_classes, n_classes))
    for label in np.unique(labels):
        means[label] = centred[labels == label].mean(axis=0)
    own = centred - means[labels]
    covariance = own.T @ own / max(len(labels) - len(np.unique(labels)), 1)
    noise = generator.multivariate_normal(
        np.zeros(n_classes), covariance, len(labels), check_valid="ignore", method="eigh"
    )
    return as_certain(means[labels] + noise, logits, temperature)
