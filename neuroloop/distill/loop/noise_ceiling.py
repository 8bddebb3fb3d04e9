"""How much of a voxel's answers can be predicted at all: its noise ceiling, from repeats."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import special

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.families import corrected

#: False discovery rate among a region's voxels that count as reliable; so a region of noise has
#: one in at most this share of studies.
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Answers:
    """What a region answered to images that were shown again and again.

    Attributes
    ----------
    images : list of str
        In ascending order.
    means : ndarray of float64, shape (images, voxels)
        Over repeats.
    ceiling : ndarray of float64, shape (voxels,)
        Share of the variance of `means` that is signal: the square of the highest correlation with
        them that knowing the image allows.
    reliable : ndarray of bool, shape (voxels,)
        Whether the voxel's ceiling is above 0: its F is significant among those of the region. In
        a region where none is, nothing can be predicted.
    """

    images: list[str]
    means: np.ndarray
    ceiling: np.ndarray
    reliable: np.ndarray


def repeated_answers(responses: np.ndarray, shown: Iterable[str]) -> Answers:
    """Average a region's responses over repeats and estimate each voxel's noise ceiling.

    The variance of one image's responses is noise; that of the images' means is signal and noise
    over the number of repeats: the estimate of Allen et al. (2022, Nat. Neurosci. 25:116, methods,
    "noise ceiling"), here by the mean squares of a one-way analysis of variance, which allow for
    images shown unequally often. With as many repeats of each it is 1 - 1 / F.

    A voxel is reliable if F is significant, samples being independent and normal without signal,
    at a false discovery rate of `LEVEL` among the voxels of the region (Benjamini & Hochberg 1995,
    J. R. Stat. Soc. B 57:289). That looks at no prediction: a voxel at ceiling 0 would be divided
    by 0, and one near it by its own noise. Where no voxel holds signal, any is reliable in at most
    `LEVEL` of studies, however many voxels there are and if their noise is shared: one by one, 5 %
    of the voxels of every region would be.

    Parameters
    ----------
    responses : ndarray, shape (samples, voxels)
    shown : iterable of str, length samples
        Image of each sample.

    Returns
    -------
    Answers

    Raises
    ------
    NeuroLoopError
        If no image was shown twice, or there is only one.
    """
    images, of_sample, counts = np.unique(
        np.asarray(list(shown), dtype=str), return_inverse=True, return_counts=True
    )
    samples, between = len(of_sample), len(images) - 1
    within = samples - len(images)
    if not within or not between:
        raise NeuroLoopError(
            f"teaching.loop: {len(images)} images in {samples} samples: a noise ceiling needs "
            "images that were shown at least twice; set teaching.loop to null"
        )
    responses = np.asarray(responses, dtype=np.float64)
    sums = np.zeros((len(images), responses.shape[1]))
    np.add.at(sums, of_sample, responses)
    means = sums / counts[:, None]
    noise = ((responses - means[of_sample]) ** 2).sum(axis=0) / within
    away = (means - responses.mean(axis=0)) ** 2
    of_means = (counts[:, None] * away).sum(axis=0) / between
    repeats = (samples - (counts**2).sum() / samples) / between
    signal = np.maximum(0, of_means - noise) / repeats
    total = signal + noise * (1 / counts).mean()
    ceiling = np.divide(signal, total, out=np.zeros_like(signal), where=total > 0)
    f = np.divide(of_means, noise, out=np.zeros_like(noise), where=noise > 0)
    p = np.where(noise > 0, special.fdtrc(between, within, f), np.where(of_means > 0, 0.0, 1.0))
    q = corrected(p.tolist(), ["voxels of the region"] * len(p))
    return Answers(images.tolist(), means, ceiling, (q <= LEVEL) & (ceiling > 0))
