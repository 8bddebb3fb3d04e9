"""How well answers are predicted, in parts of what can be: correlation over the noise ceiling."""

import numpy as np


def score_of_images(
    predicted: np.ndarray, means: np.ndarray, ceiling: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Contribution of each image to a region's score.

    The score is the mean over voxels of r / sqrt(ceiling): Pearson's correlation of predicted and
    measured answers over the images of a fold, mean over folds, in parts of the highest that noise
    allows. Over images of several folds, predictions that know nothing would correlate below 0: a
    model learned from the other folds errs against what is special in this one. A prediction that
    is the same for all images of a fold tells nothing and counts as r = 0.

    Of standardised z and m, r = mean(z m). What an image contributes is
    z m - r (z^2 + m^2 - 2) / 2, the influence function of r (Devlin, Gnanadesikan & Kettenring
    1975, Biometrika 62:531) at its place: the mean over images is r itself, and the variance over
    images is that of r to first order. So a score is the mean of a table of seeds and images, as
    an accuracy is, and differences of scores have the interval of differences of accuracies.

    Parameters
    ----------
    predicted, means : ndarray, shape (images, voxels)
        Predicted answers and measured ones, averaged over repeats.
    ceiling : ndarray, shape (voxels,)
        Above 0.
    folds : ndarray of int, shape (images,)

    Returns
    -------
    ndarray of float64, shape (images,)
    """
    each = np.empty(len(folds))
    for fold in np.unique(folds):
        inside = folds == fold
        z, m = _standardised(predicted[inside]), _standardised(means[inside])
        r = (z * m).mean(axis=0)
        parts = z * m - r / 2 * (z**2 + m**2 - 2)
        each[inside] = (parts / np.sqrt(ceiling)).mean(axis=1)
    return each


def _standardised(values: np.ndarray) -> np.ndarray:
    """Each column with mean 0 and variance 1; 0 where it is constant."""
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
