"""Gabor energies: what they answer to, where, and against convolution."""

import numpy as np
import pytest
from scipy.ndimage import convolve

from neuroloop.distill.gabor_features import (
    ACROSS,
    ALONG,
    ORIENTATIONS,
    PLACES,
    gabor_features,
    gabor_filter,
)
from neuroloop.errors import NeuroLoopError


def grating(side: int, wavelength: float, direction: float) -> np.ndarray:
    """An image of one wave, uint8 of shape (1, 1, side, side)."""
    down, right = np.mgrid[:side, :side]
    wave = np.cos(2 * np.pi * (right * np.cos(direction) + down * np.sin(direction)) / wavelength)
    return np.round(127.5 + 100 * wave).astype(np.uint8)[None, None]


def by_filter(images: np.ndarray) -> np.ndarray:
    """Features as (images, wavelengths, orientations, places, places)."""
    return gabor_features(images).reshape(len(images), -1, ORIENTATIONS, PLACES, PLACES)


@pytest.mark.parametrize("wavelength", [3.0, 6.0, 12.0])
@pytest.mark.parametrize("direction", [0, 2, 5])
def test_a_grating_moves_the_filter_of_its_wavelength_and_direction_most(wavelength, direction):
    image = grating(48, wavelength, np.pi * direction / ORIENTATIONS)
    inside = by_filter(image)[0, :, :, 1:3, 1:3].mean(axis=(2, 3))
    assert inside.shape == (4, 8)
    best = np.unravel_index(inside.argmax(), inside.shape)
    assert best == ([3.0, 6.0, 12.0, 24.0].index(wavelength), direction)
    # A wave of amplitude a has half of it on each side of the origin.
    assert inside.max() == pytest.approx(100 / 255 / 2, rel=0.03)


def test_uniform_grey_moves_nothing_and_channels_are_averaged():
    flat = np.full((2, 1, 16, 16), 90, dtype=np.uint8)
    np.testing.assert_allclose(gabor_features(flat), 0, atol=1e-7)
    image = np.random.default_rng(0).integers(0, 256, (3, 1, 16, 16), dtype=np.uint8)
    of_three = gabor_features(np.repeat(image, 3, axis=1))
    np.testing.assert_allclose(of_three, gabor_features(image), rtol=1e-5)


def test_energy_stands_where_the_texture_is():
    image = np.full((1, 1, 32, 32), 128, dtype=np.uint8)
    image[:, :, :8, 24:] = grating(8, 3.0, 0.0)
    found = by_filter(image)[0, 0, 0]
    assert np.unravel_index(found.argmax(), found.shape) == (0, 3)
    assert found[2:, :2].max() < 0.05 * found.max()


def test_the_bank_is_that_of_convolution_with_its_kernels():
    """Against SciPy's convolution with the inverse transform of the filter, mirrored borders."""
    image = np.random.default_rng(1).integers(0, 256, (1, 1, 12, 12), dtype=np.uint8)
    side = 12 + 2 * 6  # mirrored by its longest wavelength
    kernel = np.fft.fftshift(np.fft.ifft2(gabor_filter((side, side), 1 / 6, np.pi / 8)))
    grey = np.pad(image[0, 0] / 255, 6, mode="symmetric")
    parts = [convolve(grey, part, mode="wrap", origin=0) for part in (kernel.real, kernel.imag)]
    amplitude = np.hypot(*parts)[6:-6, 6:-6]
    expected = amplitude.reshape(4, 3, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(by_filter(image)[0, 1, 1], expected, rtol=1e-5)


def test_a_filter_by_hand():
    made = gabor_filter((24, 24), 1 / 6, 0.0)
    assert made[0, 4] == pytest.approx(1)
    assert made[0, 0] == 0
    assert made[0, 8] == pytest.approx(np.exp(-0.5 / ALONG**2))
    assert made[4, 4] == pytest.approx(np.exp(-0.5 / ACROSS**2))


def test_sides_that_four_does_not_divide_are_pooled_whole():
    image = np.random.default_rng(2).integers(0, 256, (2, 1, 9, 11), dtype=np.uint8)
    assert gabor_features(image).shape == (2, 8 * 16)
    with pytest.raises(NeuroLoopError, match="5 x 8 pixels are too small for Gabor filters: set"):
        gabor_features(image[:, :, :5, :8])
