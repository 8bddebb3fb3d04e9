"""Ridge regression."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from neuroloop.config.settings import setting
from neuroloop.fmri.balance import class_targets
from neuroloop.fmri.linear_settings import LinearSettings
from neuroloop.fmri.nested import inner_folds
from neuroloop.fmri.scores import with_missing

ORDER = 1
LEGEND = "Ridge regression on one target per class, classes balanced"


class Settings(LinearSettings):
    """Settings of the decoder ``ridge``."""

    alphas: tuple[Annotated[float, Field(gt=0)], ...] = setting(
        "Penalties, added to the diagonal of X'X, which is the number of rows. Of several, the one "
        "with the least squared error in cross-validation over the training groups is taken for "
        "all classes.",
        (1.0, 10.0, 100.0, 1000.0, 10000.0),
        min_length=1,
    )
    alpha_folds: int = setting(
        "Folds of the cross-validation that chooses among several penalties.", 5, ge=2
    )


def decode(
    x_train: np.ndarray,
    y_train: np.ndarray,
    groups_train: np.ndarray,
    x_test: np.ndarray,
    n_classes: int,
    *,
    alphas: Sequence[float],
    alpha_folds: int,
) -> np.ndarray:
    """Score with himalaya's ``Ridge`` or ``RidgeCV``, balanced by `balance.class_targets`."""
    from himalaya.ridge import Ridge, RidgeCV

    classes, codes = np.unique(y_train, return_inverse=True)
    targets = class_targets(np.eye(len(classes))[codes])
    model: Any
    if len(alphas) == 1:
        model = Ridge(alpha=float(alphas[0]), fit_intercept=True, solver_params={"warn": False})
    else:
        folds = inner_folds(groups_train, y_train, alpha_folds, strict=False)
        model = RidgeCV(
            alphas=np.array(alphas, dtype=np.float64),
            fit_intercept=True,
            cv=[(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in np.unique(folds)],
            # One alpha at a time to bound the memory: (voxels, samples) doubles each.
            solver_params={"local_alpha": False, "n_alphas_batch": 1, "warn": False},
        )
    model.fit(x_train.astype(np.float64), targets)
    return with_missing(model.predict(x_test.astype(np.float64)), classes, n_classes)


def permuted_predictions(*arguments: Any, **settings: Any) -> Iterator[np.ndarray]:
    """Predict classes for many permutations at once (see `ridge.permuted_predictions`)."""
    from neuroloop.fmri import ridge

    return ridge.permuted_predictions(*arguments, **settings)
