"""What simulated regions encode of an image: oriented energy, or which category it resembles."""

from dataclasses import dataclass

import numpy as np

#: Orientations of the Gabor filters, radians.
ORIENTATIONS = tuple(np.pi * k / 4 for k in range(4))

#: Spatial frequencies of the Gabor filters, cycles per pixel.
FREQUENCIES = (0.12, 0.25)

#: Side of the squares over which energy is averaged, pixels.
POOL = 4


def oriented_energy(images: np.ndarray) -> np.ndarray:
    """Compute the local energy of quadrature pairs of Gabor filters, as in models of V1.

    Energy = sqrt(even^2 + odd^2) of the two phases (Adelson & Bergen 1985, J. Opt. Soc. Am. A 2),
    at 4 orientations and 2 scales, averaged over squares of 4 x 4 pixels.

    Parameters
    ----------
    images : ndarray, shape (n, height, width)
        Grey values; sides are multiples of `POOL`.

    Returns
    -------
    ndarray of float64, shape (n, 8 * height / 4 * width / 4)
        Features in the order frequency, orientation, row, column.
    """
    from skimage.filters import gabor_kernel

    images = np.asarray(images, dtype=np.float64)
    n, height, width = images.shape
    maps = []
    for frequency in FREQUENCIES:
        for orientation in ORIENTATIONS:
            kernel = gabor_kernel(frequency, theta=orientation)
            row, column = (side // 2 for side in kernel.shape)
            # Its Gaussian is round, so that one dimension after the other says the same.
            pair = _convolved(images, kernel[:, column], kernel[row] / kernel[row, column])
            # A pair must not respond to a uniform field: remove the even filter's mean.
            around = _convolved(images, *map(np.ones, kernel.shape))
            energy = np.abs(pair - kernel.real.mean() * around)
            blocks = energy.reshape(n, height // POOL, POOL, width // POOL, POOL)
            maps.append(blocks.mean(axis=(2, 4)))
    return np.stack(maps, axis=1).reshape(n, -1)


def _convolved(images: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Convolve images with the outer product of two kernels; beyond a border is its last pixel."""
    from scipy.ndimage import convolve1d

    rows, columns = (
        convolve1d(np.eye(side), taps, axis=0, mode="nearest")
        for side, taps in zip(images.shape[1:], (down, across), strict=True)
    )
    return rows @ images @ columns.T


@dataclass(frozen=True)
class Population:
    """Features of one kind, scaled over the images that the brain knew before.

    Attributes
    ----------
    features : ndarray of float64, shape (stimuli, features)
        Of each stimulus, with mean 0 and standard deviation 1 over the known images.
    covariance : ndarray of float64, shape (features, features)
        Over the known images.
    """

    features: np.ndarray
    covariance: np.ndarray


def population(features: np.ndarray, known: np.ndarray) -> Population:
    """Scale features by the stimuli that are `known` (bool, shape (stimuli,))."""
    spread = features[known].std(axis=0)
    features = (features - features[known].mean(axis=0)) / np.where(spread > 0, spread, 1)
    return Population(features, np.cov(features[known], rowvar=False, bias=True))


def category_features(energy: np.ndarray, categories: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Score how much an image resembles each category to a brain trained on `known` images.

    Scores of a linear discriminant analysis with Ledoit-Wolf shrinkage: graded, and different for
    two images of one category (an ambiguous 4 also looks a bit like a 9).

    Parameters
    ----------
    energy : ndarray, shape (stimuli, features)
        As `oriented_energy` gives.
    categories : ndarray of str, shape (stimuli,)
        Only those of known images are used.
    known : ndarray of bool, shape (stimuli,)
        Images that the brain learned from before the experiment.

    Returns
    -------
    ndarray of float64, shape (stimuli, categories)
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    learned = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    learned.fit(energy[known], categories[known])
    scores = learned.decision_function(energy)
    return scores if scores.ndim == 2 else np.column_stack([-scores, scores])


def own_features(group: Population, generator: np.random.Generator) -> np.ndarray:
    """Draw the half of the features that one subject's voxels answer to.

    Parameters
    ----------
    group : Population
        Features of all stimuli.
    generator : numpy.random.Generator
        Of this subject and what the region encodes.

    Returns
    -------
    ndarray of bool, shape (features,)
        True of half of them, rounded up.
    """
    count = group.features.shape[1]
    return generator.permutation(count) < (count + 1) // 2


def voxel_weights(
    group: Population,
    voxels: int,
    generator: np.random.Generator,
    answered: np.ndarray | None = None,
) -> np.ndarray:
    """Draw random mixtures of features whose signals have unit variance over the known images.

    Parameters
    ----------
    group : Population
        Features of all stimuli.
    voxels : int
        Number of voxels; each has its own normal weights.
    generator : numpy.random.Generator
        Of this subject and region.
    answered : ndarray of bool, shape (features,), optional
        Features that voxels answer to; all if not given.

    Returns
    -------
    ndarray of float64, shape (features, voxels)
        ``group.features @ weights`` are the voxels' signals.
    """
    weights = generator.standard_normal((group.features.shape[1], voxels))
    if answered is not None:
        weights *= answered[:, None]
    variance = ((group.covariance @ weights) * weights).sum(axis=0)
    return weights / np.sqrt(variance)


def encode(images: np.ndarray, categories: np.ndarray, known: np.ndarray) -> dict[str, Population]:
    """Compute all kinds of features that a simulated region can encode.

    Parameters
    ----------
    images : ndarray, shape (stimuli, height, width)
        Grey values.
    categories : ndarray of str, shape (stimuli,)
        Only those of known images are used.
    known : ndarray of bool, shape (stimuli,)
        Images that the brain learned from before the experiment.

    Returns
    -------
    dict of str to Population
        ``energy`` (early regions), ``category`` (higher ones), ``mixed`` (both, in equal parts).
    """
    energy = population(oriented_energy(images), known)
    category = population(category_features(energy.features, categories, known), known)
    return {"energy": energy, "category": category, "mixed": mixture(energy, category, known)}


def mixture(energy: Population, category: Population, known: np.ndarray) -> Population:
    """Put energy and category side by side, in equal parts, over the stimuli that are `known`."""
    parts = [group.features / np.sqrt(group.features.shape[1]) for group in (energy, category)]
    mixed = np.hstack(parts)
    return Population(mixed, np.cov(mixed[known], rowvar=False, bias=True))
