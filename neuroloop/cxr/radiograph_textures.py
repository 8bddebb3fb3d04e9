"""Random textures of a simulated chest, fixed to the body whatever the pose of a radiograph."""

import numpy as np

#: The textures reach this far from the middle of the body, in half sides of a radiograph.
REACH = 1.4

#: Grid points along each axis.
GRID = 256


class Texture:
    """A smooth Gaussian random field over the body.

    Parameters
    ----------
    generator : numpy.random.Generator
        Draws it.
    scale : float
        Standard deviation of the smoothing, in half sides of a radiograph.
    """

    def __init__(self, generator: np.random.Generator, scale: float) -> None:
        # By Fourier transform: as a filter in space, the widest would take longer than the
        # radiograph.
        frequency = np.hypot(*np.meshgrid(np.fft.rfftfreq(GRID), np.fft.fftfreq(GRID)))
        pass_band = np.exp(-2 * (np.pi * frequency * scale * GRID / (2 * REACH)) ** 2)
        white = np.fft.rfft2(generator.standard_normal((GRID, GRID)))
        field = np.fft.irfft2(white * pass_band, s=(GRID, GRID))
        self._field = (field - field.mean()) / field.std()

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Values (mean 0, standard deviation 1 over the body) at places of the body."""
        from scipy.ndimage import map_coordinates

        positions = (np.stack([y, x]) / REACH + 1) * (GRID - 1) / 2
        return map_coordinates(self._field, positions, order=1, mode="nearest")

    def lines(self, x: np.ndarray, y: np.ndarray, width: float) -> np.ndarray:
        """Lines where the field crosses 0, in [0, 1]: they branch and wind as vessels do.

        `width` is in standard deviations of the field.
        """
        return np.exp(-((self.at(x, y) / width) ** 2))


def edge(distance: np.ndarray, width: float) -> np.ndarray:
    """Soft edge: 0 where the distance is negative, 1 where it is positive."""
    from scipy.special import expit

    return expit(distance / width)
