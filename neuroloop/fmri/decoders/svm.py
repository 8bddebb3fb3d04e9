"""Linear support vector machine."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from neuroloop.config.settings import setting
from neuroloop.fmri.linear_settings import LinearSettings

ORDER = 2
LEGEND = "Linear support vector machine, one class against one"


class Settings(LinearSettings):
    """Settings of the decoder ``svm``."""

    C: float = setting("Weight of the hinge loss; smaller is more regular.", 1.0, gt=0)


def decode(
    x_train: np.ndarray,
    y_train: np.ndarray,
    groups_train: np.ndarray,
    x_test: np.ndarray,
    n_classes: int,
    *,
    C: float,
) -> np.ndarray:
    """Score with the machines of all pairs of classes (see `svm.scores`).

    They are the optimum that scikit-learn's ``SVC`` comes near to. Class weights would change
    nothing for separable classes, and are not used.
    """
    from neuroloop.fmri import svm

    train, test = x_train.astype(np.float64), x_test.astype(np.float64)
    return svm.scores(train, y_train, test, n_classes, C)


def permuted_predictions(*arguments: Any, **settings: Any) -> Iterator[np.ndarray]:
    """Predict classes for many permutations at once (see `svm.permuted_predictions`)."""
    from neuroloop.fmri import svm

    return svm.permuted_predictions(*arguments, **settings)
