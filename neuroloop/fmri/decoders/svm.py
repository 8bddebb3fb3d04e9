"""Linear support vector machine."""

import numpy as np

from neuroloop.config.settings import setting
from neuroloop.fmri.linear_settings import LinearSettings
from neuroloop.fmri.scores import all_classes

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
    """Score with scikit-learn's ``SVC``.

    Scores are the votes of the pairs of classes, plus a fraction below 1/2 from their decision
    values (``decision_function_shape="ovr"``): their argmax is the prediction with ties broken.
    The kernel matrix is computed here, by one matrix product, because libsvm's own takes longer.
    Class weights would change nothing for separable classes, and are not used.
    """
    from sklearn.svm import SVC

    train, test = x_train.astype(np.float64), x_test.astype(np.float64)
    model = SVC(C=C, kernel="precomputed", decision_function_shape="ovr")
    model.fit(train @ train.T, y_train)
    return all_classes(model.decision_function(test @ train.T), model.classes_, n_classes)
