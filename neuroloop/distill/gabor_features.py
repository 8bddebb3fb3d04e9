"""Features of images that anyone can compute: energies of a fixed bank of Gabor filters.

As in the gist of a scene (Oliva & Torralba 2001, Int. J. Comput. Vis. 42): the amplitude of each
filter, averaged over a coarse grid of places.
"""

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows, row_batches

#: Wavelengths of the filters, pixels; of small images those that fit twice into the shorter side.
WAVELENGTHS = (3.0, 6.0, 12.0, 24.0)

#: Orientations, evenly spaced over half a turn.
ORIENTATIONS = 8

#: Places along each side over which amplitudes are averaged.
PLACES = 4

#: Spread of a filter in frequency, along and across its direction, in units of its frequency.
ALONG, ACROSS = 0.28, 0.3


def gabor_features(images: Rows) -> np.ndarray:
    """Compute the mean amplitude of each Gabor filter at each place of each image.

    A filter is a Gaussian in the frequency domain, on one side of the origin and without a
    response to uniform grey, so that the modulus of its response is the amplitude of a quadrature
    pair (Adelson & Bergen 1985, J. Opt. Soc. Am. A 2). Images are mirrored at their borders.

    Parameters
    ----------
    images : ndarray or StoredRows of uint8, shape (images, channels, height, width)
        Sides of at least 6 pixels. Channels are averaged.

    Returns
    -------
    ndarray of float32, shape (images, wavelengths * 8 * 4 * 4)
        Grey levels from 0 to 1; in the order wavelength, orientation, row, column.

    Raises
    ------
    NeuroLoopError
        If images are too small for the shortest wavelength.
    """
    height, width = images.shape[2:]
    fitting = [length for length in WAVELENGTHS if 2 * length <= min(height, width)]
    if not fitting:
        raise NeuroLoopError(
            f"images of {height} x {width} pixels are too small for Gabor filters: set "
            f"teaching.images.size to {round(2 * WAVELENGTHS[0])} at least, or leave gabor out of "
            "teachers"
        )
    rim = min(min(height, width), round(fitting[-1]))
    bank = [
        gabor_filter((height + 2 * rim, width + 2 * rim), 1 / length, np.pi * k / ORIENTATIONS)
        for length in fitting
        for k in range(ORIENTATIONS)
    ]
    parts = [_features(batch, bank, rim) for batch in row_batches(images)]
    return np.concatenate(parts) if parts else np.empty((0, len(bank) * PLACES**2), np.float32)


def gabor_filter(shape: tuple[int, int], frequency: float, direction: float) -> np.ndarray:
    """Transfer function of a complex Gabor filter.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the images that it filters.
    frequency : float
        Cycles per pixel.
    direction : float
        Of the wave, radians from the direction of rows.

    Returns
    -------
    ndarray of float64, shape `shape`
        1 at the filter's own frequency, 0 at frequency 0; frequencies as `numpy.fft` orders them.
    """
    down, right = np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])[None]
    along = right * np.cos(direction) + down * np.sin(direction)
    across = down * np.cos(direction) - right * np.sin(direction)
    made = np.exp(
        -0.5 * ((along / frequency - 1) / ALONG) ** 2 - 0.5 * (across / frequency / ACROSS) ** 2
    )
    made[0, 0] = 0
    return np.asarray(made)


def _features(images: np.ndarray, bank: list[np.ndarray], rim: int) -> np.ndarray:
    """Features of some images, one filter at a time."""
    grey = images.mean(axis=1) / 255
    height, width = grey.shape[1:]
    spectrum = np.fft.fft2(np.pad(grey, ((0, 0), (rim, rim), (rim, rim)), mode="symmetric"))
    inside = (slice(None), slice(rim, rim + height), slice(rim, rim + width))
    maps = [_pooled(np.abs(np.fft.ifft2(spectrum * one))[inside]) for one in bank]
    return np.stack(maps, axis=1).reshape(len(images), -1).astype(np.float32)


def _pooled(amplitude: np.ndarray) -> np.ndarray:
    """Means over `PLACES` x `PLACES` parts of each image, as even as whole pixels allow."""
    for axis in (1, 2):
        side = amplitude.shape[axis]
        starts = np.arange(PLACES) * side // PLACES
        sums = np.add.reduceat(amplitude, starts, axis=axis)
        sizes = np.diff(np.append(starts, side))
        amplitude = sums / sizes.reshape([-1 if a == axis else 1 for a in range(3)])
    return amplitude.reshape(len(amplitude), -1)
