"""What a simulated microscope sees: tissue, light and photons.

The expected image is a sum of still images (tissue at rest, neuropil that fluctuates, each cell's
response), each times a course in time, moved with the tissue and lit by a beam that does not move.
Its unit is the own fluorescence of a typical cell; photons are Poisson.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.calcium.masks import cell_masks, distances
from neuroloop.errors import NeuroLoopError

#: Width of the soft rim of a cell, pixels.
RIM = 0.4

#: Independent smooth maps that neuropil fluctuates along.
NEUROPIL_MAPS = 3


@dataclass(frozen=True, eq=False)
class Scene:
    """Still images of an area.

    Attributes
    ----------
    rest : ndarray of float32, shape (h + 2 margin, w + 2 margin)
        Tissue at rest; all of these images reach beyond the frame, so that tissue can move.
    bodies : ndarray of float32, shape (cells, h + 2 margin, w + 2 margin)
        Increase at the peak of each cell's own direct response.
    neuropil : ndarray of float32, shape (maps, h + 2 margin, w + 2 margin)
        Change for one standard deviation of each fluctuation.
    illumination : ndarray of float32, shape (h, w)
        Strength of the beam, mean 1.
    margin : int
        Pixels on each side.
    level, peak, spread : ndarray of float64, shape (cells,)
        Of the mean over each cell's disc under illumination: at rest; its increase at the peak of
        the direct response; standard deviation of the neuropil.
    pixels : ndarray of int, shape (cells,)
        Pixels of each disc.
    """

    rest: np.ndarray
    bodies: np.ndarray
    neuropil: np.ndarray
    illumination: np.ndarray
    margin: int
    level: np.ndarray
    peak: np.ndarray
    spread: np.ndarray
    pixels: np.ndarray

    def calibrate(self, snr: float) -> tuple[float, np.ndarray]:
        """Photons for a mean peak SNR over cells, and that of each cell (see `peak_snr`)."""
        photons = photons_for(self, snr)
        return photons, peak_snr(self, photons)


def draw_scene(
    generator: np.random.Generator,
    cells: pd.DataFrame,
    shape: tuple[int, int],
    margin: int,
    amplitudes: np.ndarray,
    *,
    cell_spread: float,
    neuropil: float,
    neuropil_fluctuation: float,
    texture: float,
    unevenness: float,
) -> Scene:
    """Draw the still images.

    Parameters
    ----------
    generator : numpy.random.Generator
        Draws brightness, texture and maps.
    cells : DataFrame
        ``row, column, radius``.
    shape : (int, int)
        Height and width of a frame.
    margin : int
        Pixels beyond it.
    amplitudes : ndarray, shape (cells,)
        Peak dF/F of each cell's disc mean for its own direct response.
    cell_spread : float
        Relative standard deviation of the cells' fluorescence at rest.
    neuropil : float
        Mean fluorescence of the neuropil, everywhere, over that of a typical cell.
    neuropil_fluctuation : float
        Standard deviation of the neuropil in time, relative to its mean.
    texture : float
        Standard deviation of the neuropil in space, relative to its mean.
    unevenness : float
        Part of the light that is lost at the farthest corner.

    Returns
    -------
    Scene
    """
    from scipy.special import expit

    large = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    footprints = np.stack(
        [
            expit((radius - distances(large, row, column)) / RIM)
            for row, column, radius in zip(
                cells["row"] + margin, cells["column"] + margin, cells["radius"], strict=True
            )
        ]
    )
    own = np.exp(cell_spread * generator.standard_normal(len(cells)))
    grain = _smooth_field(generator, large, cells["radius"].mean())
    floor = neuropil * np.maximum(1 + texture * grain, 0.1)
    rest = floor + np.tensordot(own, footprints, 1)
    waves = np.stack(
        [_smooth_field(generator, large, min(shape) / 6) for _ in range(NEUROPIL_MAPS)]
    ) * (neuropil * neuropil_fluctuation / np.sqrt(NEUROPIL_MAPS))
    off_centre = np.array(shape) * generator.uniform(0.35, 0.65, 2)
    fall = distances(shape, *off_centre) ** 2
    light = 1 - unevenness * fall / fall.max()
    light /= light.mean()
    masks = cell_masks(cells, shape)
    inner = (..., slice(margin, margin + shape[0]), slice(margin, margin + shape[1]))

    def mask_means(images: np.ndarray) -> np.ndarray:
        """Mean of the lit image over each disc; shape (cells,) or (images, cells)."""
        lit = images[inner] * light
        return (
            lit.reshape(*lit.shape[:-2], -1)
            @ (masks / masks.sum(axis=(1, 2))[:, None, None]).reshape(len(masks), -1).T
        )

    level = mask_means(rest)
    peak = amplitudes * level
    bodies = footprints * (peak / np.diag(mask_means(footprints)))[:, None, None]
    return Scene(
        rest=rest.astype(np.float32),
        bodies=bodies.astype(np.float32),
        neuropil=waves.astype(np.float32),
        illumination=light.astype(np.float32),
        margin=margin,
        level=level,
        peak=peak,
        spread=np.sqrt((mask_means(waves) ** 2).sum(axis=0)),
        pixels=masks.sum(axis=(1, 2)),
    )


def peak_snr(scene: Scene, photons: float) -> np.ndarray:
    """Single-trial peak signal-to-noise ratio of each cell.

    Peak increase of the cell's disc mean when the cell is stimulated, in its first trial and
    without fatigue, over the standard deviation of that mean from frame to frame at rest: shot
    noise and neuropil; not drift, motion and bleaching, which are slow.

    Parameters
    ----------
    scene : Scene
        Still images.
    photons : float
        Photons a pixel and frame for one unit of fluorescence.

    Returns
    -------
    ndarray of float64, shape (cells,)
    """
    shot = photons * scene.level / scene.pixels
    return photons * scene.peak / np.sqrt(shot + (photons * scene.spread) ** 2)


def photons_for(scene: Scene, snr: float) -> float:
    """Photons a pixel and frame (for one unit of fluorescence) that give a mean `peak_snr`.

    Raises
    ------
    NeuroLoopError
        If no number does, because the neuropil alone is too noisy.
    """
    from scipy.optimize import brentq

    low, high = -12.0, 12.0
    if peak_snr(scene, 10**high).mean() <= snr:
        raise NeuroLoopError(
            f"simulated area: a peak SNR of {snr:g} cannot be had with neuropil that fluctuates "
            "so much: lower snr or neuropil_fluctuation"
        )
    return float(10 ** brentq(lambda x: peak_snr(scene, 10**x).mean() - snr, low, high, xtol=1e-10))


def _smooth_field(
    generator: np.random.Generator, shape: tuple[int, int], scale: float
) -> np.ndarray:
    """Gaussian random field, smoothed with standard deviation `scale` (pixels); mean 0, sd 1."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(generator.standard_normal(shape), scale, mode="wrap")
    return (field - field.mean()) / field.std()
