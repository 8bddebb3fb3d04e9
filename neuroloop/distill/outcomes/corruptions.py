"""Test images that are spoilt in three ways at five strengths, the same for every student.

After Hendrycks & Dietterich 2019 (ICLR, "Benchmarking neural network robustness to common
corruptions and perturbations"). Strengths of noise and contrast are theirs. Theirs of blur are
pixels of images of 224 x 224; here they are shares of the side, so that small images are treated
alike, and larger ones than theirs, since students see images of few pixels.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np

from neuroloop.files.array_rows import Rows
from neuroloop.images.preparation import Preparation
from neuroloop.jobs.seeds import numpy_generator

#: Strengths of each corruption, the weakest first: standard deviation of the noise, of pixels in
#: [0, 1]; standard deviation of the Gaussian that blurs, as a share of the side; what is left of
#: the distance of each pixel from the mean of its image and channel.
CORRUPTIONS = {
    "noise": (0.08, 0.12, 0.18, 0.26, 0.38),
    "blur": (0.02, 0.03, 0.04, 0.06, 0.08),
    "contrast": (0.4, 0.3, 0.2, 0.1, 0.05),
}


def corrupted(
    image: np.ndarray, corruption: str, strength: float, generator: np.random.Generator
) -> np.ndarray:
    """Spoil one image, and store it in 256 levels again.

    Parameters
    ----------
    image : ndarray of uint8, shape (channels, height, width)
    corruption : {"noise", "blur", "contrast"}
        Gaussian noise, independent over pixels and channels; a Gaussian blur that mirrors the image
        at its edges, so that its mean stays; contrast less, around the mean of each channel.
    strength : float
        See `CORRUPTIONS`.
    generator : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    ndarray of uint8, shape (channels, height, width)
    """
    pixels = image / 255
    if corruption == "noise":
        spoilt = pixels + strength * generator.standard_normal(image.shape)
    elif corruption == "blur":
        height, width = image.shape[1:]
        sigma = strength * max(height, width)
        spoilt = blurring(height, sigma) @ pixels @ blurring(width, sigma).T
    else:
        mean = pixels.mean(axis=(1, 2), keepdims=True)
        spoilt = mean + strength * (pixels - mean)
    return np.rint(np.clip(spoilt, 0, 1) * 255).astype(np.uint8)


@cache
def blurring(length: int, sigma: float) -> np.ndarray:
    """Matrix that blurs a line of pixels by a Gaussian, cut at four standard deviations.

    Parameters
    ----------
    length : int
    sigma : float
        Standard deviation, pixels.

    Returns
    -------
    ndarray of float64, shape (length, length)
        Rows and columns sum to 1: the line is mirrored at its ends.
    """
    offsets = np.arange(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    places = (np.arange(length)[:, None] + offsets) % (2 * length)
    mirrored = np.minimum(places, 2 * length - 1 - places)
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], mirrored), weights / weights.sum())
    return matrix


class CorruptedInputs:
    """Spoilt images as the input of a network, which are made when they are asked for.

    Attributes
    ----------
    shape : tuple of int
        (n, channels, side, side).
    """

    def __init__(
        self,
        preparation: Preparation,
        pixels: Rows,
        ids: Sequence[str],
        corruption: str,
        strength: float,
        seed: int,
    ) -> None:
        """Take images and what is to become of them.

        Parameters
        ----------
        preparation : Preparation
            What the network takes; images are spoilt before it.
        pixels : ndarray or StoredRows of uint8, shape (n, channels, height, width)
        ids : sequence of str
            Of the images: the noise of an image is its own, alike for all students, and of one
            pattern at all strengths.
        corruption, strength
            As of `corrupted`.
        seed : int
            Root seed.
        """
        self._preparation, self._pixels, self._ids = preparation, pixels, ids
        self._how, self._seed = (corruption, strength), seed
        self.shape: tuple[int, ...] = (*pixels.shape[:2], *(preparation.side,) * 2)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Some of them, float32 of shape (n, channels, side, side)."""
        corruption, strength = self._how
        images = self._pixels[rows]
        spoilt = np.empty_like(images)
        for place, (image, name) in enumerate(zip(images, self._ids[rows], strict=True)):
            generator = numpy_generator(self._seed, "corruption", name)
            spoilt[place] = corrupted(image, corruption, strength, generator)
        return self._preparation.apply(spoilt)
