"""Logistic regression."""

import numpy as np

from neuroloop.config.settings import setting
from neuroloop.fmri.linear_settings import LinearSettings
from neuroloop.fmri.scores import all_classes

ORDER = 3
LEGEND = "Multinomial logistic regression with an L2 penalty, classes balanced"


class Settings(LinearSettings):
    """Settings of the decoder ``logistic``."""

    C: float = setting("Inverse of the weight of the L2 penalty.", 0.01, gt=0)
    max_iter: int = setting("Most iterations of the optimiser, L-BFGS.", 1000, ge=1)


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
    """Score with scikit-learn's ``LogisticRegression``.

    Rows are weighted by n / (classes * rows of their class), so that without information all
    classes are predicted equally often, however many training rows they have (see `linear`).
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, max_iter=max_iter, class_weight="balanced")
    model.fit(x_train.astype(np.float64), y_train)
    decision = model.decision_function(x_test.astype(np.float64))
    return all_classes(decision, model.classes_, n_classes)
