"""Encoding models: a region's answers to images that the model never saw, from features."""

from collections.abc import Sequence

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.units import check_whole

#: Images that a correlation inside a fold needs at least.
FEWEST_IN_FOLD = 5

#: Penalties of ridge regression on standardised features, of which each voxel has its own.
PENALTIES = np.logspace(-1, 6, 15)


def image_folds(images: Sequence[str], n_folds: int, generator: np.random.Generator) -> np.ndarray:
    """Deal images to folds of even size, all rows of an image to one.

    Parameters
    ----------
    images : sequence of str
        Image of each row.
    n_folds : int
    generator : Generator
        Shuffles the images.

    Returns
    -------
    ndarray of int, shape (rows,)

    Raises
    ------
    NeuroLoopError
        If there are fewer images than `FEWEST_IN_FOLD` a fold.
    """
    names, of_row = np.unique(np.asarray(images, dtype=str), return_inverse=True)
    if len(names) < FEWEST_IN_FOLD * n_folds:
        raise NeuroLoopError(
            f"teaching.loop.folds: {n_folds} folds of {len(names)} images, {FEWEST_IN_FOLD} are "
            "needed in each: lower it, or show more images"
        )
    fold_of = np.empty(len(names), dtype=int)
    fold_of[generator.permutation(len(names))] = np.arange(len(names)) % n_folds
    return fold_of[of_row]


def predicted_answers(
    features: np.ndarray, answers: np.ndarray, images: Sequence[str], folds: np.ndarray
) -> np.ndarray:
    """Predict each fold's answers by ridge regression learned from the other folds.

    Features are standardised and a voxel's penalty is chosen, by the error of leaving out one image
    after the other, inside the training folds.

    Parameters
    ----------
    features : ndarray, shape (images, features)
    answers : ndarray, shape (images, voxels)
    images : sequence of str
        Name of each row's image.
    folds : ndarray of int, shape (images,)

    Returns
    -------
    ndarray of float64, shape (images, voxels)

    Raises
    ------
    NeuroLoopError
        If a fold splits an image.
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    check_whole(folds, images, "image", "deal folds by image")
    features = np.asarray(features, dtype=np.float64)
    predicted = np.empty(np.shape(answers))
    for fold in np.unique(folds):
        tested = folds == fold
        model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES, alpha_per_target=True))
        model.fit(features[~tested], answers[~tested])
        predicted[tested] = model.predict(features[tested]).reshape(tested.sum(), -1)
    return predicted
