"""Linear decoders: from voxels to a score for every class.

A decoder is one function in `LINEAR` of the form ::

    decoder(x_train, y_train, groups_train, x_test, n_classes, **params) -> scores

    x_train        (n, voxels)  prepared by `voxels.prepare`
    y_train        (n,)         class indices, at least two classes
    groups_train   (n,)         what choices made inside the training set must not part: the run of
                                each row, or its block or image (see `nested.inner_groups`)
    x_test         (m, voxels)
    n_classes      int          classes of the data set, of which y_train may lack some
    scores         (m, n_classes) float64, finite, higher is likelier

`ridge` and `logistic` are balanced: they name every class as often when brains say nothing, however
many rows taught it. A class that folds teach from fewer rows is tested on more, so that naming the
classes that taught most puts accuracy below chance. Their scores are those of equally frequent
classes. Weights change nothing for `svm` where classes can be separated, and it has none.

A class that the training rows lack cannot be named: its score lies below the lowest score of the
row by the row's range, and by 1 at least (infinity would not survive calibration).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.balance import class_targets
from neuroloop.fmri.nested import inner_folds, inner_groups
from neuroloop.fmri.voxels import prepare
from neuroloop.jobs.progress import progress
from neuroloop.statistics.folds import Split

Decoder = Callable[..., np.ndarray]


def svm(
    x_train: np.ndarray,
    y_train: np.ndarray,
    groups_train: np.ndarray,
    x_test: np.ndarray,
    n_classes: int,
    C: float = 1.0,
) -> np.ndarray:
    """Linear support vector machine, one against one (scikit-learn's ``SVC``).

    Scores are the votes of the pairs of classes, plus a fraction below 1/2 from their decision
    values (``decision_function_shape="ovr"``): their argmax is the prediction with ties broken.
    The kernel matrix is made here, by one matrix product, because libsvm's own takes longer.

    Parameters
    ----------
    C : float
        Weight of the hinge loss; smaller is more regular.
    """
    from sklearn.svm import SVC

    train, test = _double(x_train), _double(x_test)
    model = SVC(C=C, kernel="precomputed", decision_function_shape="ovr")
    model.fit(train @ train.T, y_train)
    return _all_classes(model.decision_function(test @ train.T), model.classes_, n_classes)


def logistic(
    x_train: np.ndarray,
    y_train: np.ndarray,
    groups_train: np.ndarray,
    x_test: np.ndarray,
    n_classes: int,
    C: float = 1.0,
    max_iter: int = 1000,
) -> np.ndarray:
    """Multinomial logistic regression with an L2 penalty and balanced classes (scikit-learn's).

    Rows weigh n / (classes * rows of their class).

    Parameters
    ----------
    C : float
        Inverse of the penalty's weight.
    max_iter : int
        Most iterations of L-BFGS.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, max_iter=max_iter, class_weight="balanced")
    model.fit(_double(x_train), y_train)
    return _all_classes(model.decision_function(_double(x_test)), model.classes_, n_classes)


def ridge(
    x_train: np.ndarray,
    y_train: np.ndarray,
    groups_train: np.ndarray,
    x_test: np.ndarray,
    n_classes: int,
    alphas: Sequence[float] = (1000.0,),
    alpha_folds: int = 5,
) -> np.ndarray:
    """Ridge regression on one target a class (himalaya's ``RidgeCV``), balanced by `class_targets`.

    Parameters
    ----------
    alphas : sequence of float
        Penalties, added to the diagonal of X'X, which is n. Of several, the one with the least
        squared error in cross-validation over the training groups is taken for all classes.
    alpha_folds : int
        Folds of that cross-validation (see `inner_folds`).
    """
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
            # One alpha at a time bounds the memory: (voxels, samples) doubles each.
            solver_params={"local_alpha": False, "n_alphas_batch": 1, "warn": False},
        )
    model.fit(_double(x_train), targets)
    return _all_classes(model.predict(_double(x_test)), classes, n_classes)


#: Linear decoders by the name that the config uses.
LINEAR: dict[str, Decoder] = {"svm": svm, "logistic": logistic, "ridge": ridge}


def fit_linear(
    name: str,
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    splits: Sequence[Split],
    n_classes: int,
    n_voxels: int,
    scale: bool = True,
    blocks: np.ndarray | None = None,
    stimuli: np.ndarray | None = None,
    **params: Any,
) -> list[np.ndarray]:
    """Scores of the test rows of every split; selection, scaling and fit see its training rows.

    Parameters
    ----------
    name : str
        Key of `LINEAR`.
    x : ndarray, (n, voxels)
        Activity.
    y : ndarray of int, (n,)
        Class indices. Those of test rows are not looked at.
    groups : ndarray of str, (n,)
        Run of each row.
    splits : sequence of Split
    n_classes : int
        Classes of the data set.
    n_voxels, scale
        See `voxels.prepare`.
    blocks, stimuli : ndarray of str, (n,), optional
        Block and image of each row, for folds inside the training set (see `inner_groups`).
    **params
        Of the decoder.

    Returns
    -------
    list of ndarray, (test rows, n_classes) float64
    """
    decoder = find(name)
    scores = []
    for split in progress(splits, f"{name} fits"):
        train, test = prepare(x[split.train], y[split.train], x[split.test], n_voxels, scale)
        inner = inner_groups(split, y, groups, blocks, stimuli)
        scores.append(decoder(train, y[split.train], inner[split.train], test, n_classes, **params))
    return scores


def find(name: str) -> Decoder:
    """Return the linear decoder of that name.

    Raises
    ------
    NeuroLoopError
        If there is none.
    """
    if name not in LINEAR:
        raise NeuroLoopError(f"no linear decoder {name!r}: there are {', '.join(LINEAR)}")
    return LINEAR[name]


def with_missing(scores: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Give the classes that were not trained the low score that the module's head describes.

    Parameters
    ----------
    scores : ndarray, (..., m, trained classes)
    classes : ndarray of int, (trained classes,)
        Index of each of them.
    n_classes : int
        All classes.

    Returns
    -------
    ndarray, (..., m, n_classes) float64
    """
    lowest = scores.min(axis=-1, keepdims=True)
    low = lowest - np.maximum(scores.max(axis=-1, keepdims=True) - lowest, 1.0)
    full = np.repeat(low, n_classes, axis=-1).astype(np.float64)
    full[..., classes] = scores
    return full


def _all_classes(decision: np.ndarray, classes: np.ndarray, n_classes: int) -> np.ndarray:
    """Scores (m, n_classes) from scikit-learn's decision values, which are (m,) for two classes.

    Two classes get minus and plus half of the value, so that softmax gives its logistic function.
    """
    if decision.ndim == 1:
        decision = np.stack([-decision / 2, decision / 2], axis=1)
    return with_missing(decision, classes, n_classes)


def _double(x: np.ndarray) -> np.ndarray:
    return np.asarray(x, dtype=np.float64)
