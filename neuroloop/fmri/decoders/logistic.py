"""Logistic regression."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from neuroloop.config.settings import setting
from neuroloop.fmri.linear_settings import LinearSettings

ORDER = 3
LEGEND = "Multinomial logistic regression with an L2 penalty, classes balanced"


class Settings(LinearSettings):
    """Settings of the decoder ``logistic``."""

    C: float = setting("Inverse of the weight of the L2 penalty.", 0.01, gt=0)
    max_iter: int = setting("Most steps of the optimiser, conjugate gradients.", 1000, ge=1)


def decode(
    x_train: np.ndarray,
    y_train: np.ndarray,
    groups_train: np.ndarray,
    x_test: np.ndarray,
    n_classes: int,
    *,
    C: float,
    max_iter: int,
) -> np.ndarray:
    """Score with logits (see `logistic.scores`), the optimum of scikit-learn's.

    Rows are weighted by n / (classes * rows of their class), so that without information all
    classes are predicted equally often, however many training rows they have (see `linear`).
    """
    from neuroloop.fmri import logistic

    train, test = x_train.astype(np.float64), x_test.astype(np.float64)
    return logistic.scores(train, y_train, test, n_classes, C, max_iter)


def permuted_predictions(*arguments: Any, **settings: Any) -> Iterator[np.ndarray]:
    """Predict classes for many permutations at once (see `logistic.permuted_predictions`)."""
    from neuroloop.fmri import logistic

    return logistic.permuted_predictions(*arguments, **settings)
