"""How an image is prepared for a network: stated once, and stored with the network.

A network responds as intended only to images prepared like those that it was trained on. So the
preparation is one small object, which training writes into model.json and which is applied from
there to any other images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.files.array_rows import Rows

if TYPE_CHECKING:
    from neuroloop.images.grey_levels import Levels

#: How grey levels and colours of a file are read: photographs of 8 bits per channel, whose colours
#: are weighed to grey where one channel is wanted; or radiographs of up to 16 bits, see
#: `grey_levels`.
LEVELS = ("photograph", "radiograph")


@dataclass(frozen=True)
class Preparation:
    """Steps from an image file to the input of a network.

    Attributes
    ----------
    size : int
        Side in pixels of the square that an image is fitted into (see `fit`).
    channels : {1, 3}
        Grey, or red, green and blue.
    levels : {"photograph", "radiograph"}
        See `LEVELS`.
    white : int or None
        Level of white in radiographs of more than 8 bits; None to read it from their headers.
    crop : int or None
        Side of the central part of that square which the network sees; None for all of it. A crop
        larger than the square is padded with `mean`.
    mean, std : tuple of float
        What pixels in [0, 1] are normalised by: one value, or one per channel.
    fit : {"crop", "pad"}
        How an image that is not square is fitted: its middle square is taken, or all of it between
        black bars (see `square.FITS`).
    """

    size: int
    channels: int
    levels: str = "photograph"
    white: int | None = None
    crop: int | None = None
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    fit: str = "crop"

    @classmethod
    def from_json(cls, block: Mapping[str, Any]) -> "Preparation":
        """Build a preparation from the output of `as_json`."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in block.items()
        }
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """Return its values as model.json holds them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @property
    def side(self) -> int:
        """Side in pixels of what the network takes."""
        return self.crop or self.size

    @property
    def without_normalisation(self) -> "Preparation":
        """The same, for pixels in [0, 1]."""
        return replace(self, mean=(0.0,), std=(1.0,))

    def read(self, path: Path) -> np.ndarray:
        """Read an image, turned as its header says (EXIF), as a square.

        Parameters
        ----------
        path : Path

        Returns
        -------
        ndarray of uint8, shape (channels, size, size)

        Raises
        ------
        NeuroLoopError
            If the file is missing or damaged, does not hold exactly one image, or has other levels.
        """
        if self.levels == "radiograph":
            from neuroloop.images.grey_levels import read_radiograph

            return self._as_read(read_radiograph(path, self.size, self.white, self.fit))
        from neuroloop.images.square import fitted_square
        from neuroloop.images.upright import read_upright

        image = read_upright(path).convert("L" if self.channels == 1 else "RGB")
        pixels = np.asarray(fitted_square(image, self.size, self.fit))
        return pixels[None] if self.channels == 1 else pixels.transpose(2, 0, 1)

    def radiograph(self, levels: "Levels") -> np.ndarray:
        """Square of a radiograph that was read already, as `read` returns it."""
        from neuroloop.images.grey_levels import square_of

        return self._as_read(square_of(levels, self.size, self.fit))

    def _as_read(self, square: np.ndarray) -> np.ndarray:
        grey = np.rint(square * 255).astype(np.uint8)
        return np.repeat(grey[None], self.channels, axis=0)

    def squares(self, images: np.ndarray) -> np.ndarray:
        """Fit images of another size into the squares that `read` returns.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, channels, height, width)

        Returns
        -------
        ndarray of uint8, shape (n, channels, size, size)
        """
        if images.shape[2:] == (self.size, self.size):
            return images
        from PIL import Image

        from neuroloop.images.square import fitted_square

        squares = np.empty((*images.shape[:2], self.size, self.size), dtype=np.uint8)
        for square, image in zip(squares, images, strict=True):
            for channel, pixels in zip(square, image, strict=True):
                channel[:] = np.asarray(fitted_square(Image.fromarray(pixels), self.size, self.fit))
        return squares

    def apply(self, images: np.ndarray) -> np.ndarray:
        """Turn images in memory into the input of the network.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, channels, height, width)
            As `read` returns them, or of another size.

        Returns
        -------
        ndarray of float32, shape (n, channels, side, side)
        """
        pad = max(0, -(-(self.side - self.size) // 2))
        padded = normalised(self.squares(images), self.mean, self.std, pad)
        first = (self.size + 2 * pad - self.side) // 2
        if not first and padded.shape[2] == self.side:
            return padded
        return padded[:, :, first : first + self.side, first : first + self.side].copy()

    def undo(self, images: np.ndarray) -> np.ndarray:
        """Undo the normalisation of network inputs: pixels in [0, 1], up to rounding."""
        mean, std = (
            np.asarray(values, dtype=np.float32).reshape(-1, 1, 1)
            for values in (self.mean, self.std)
        )
        return images * std + mean


class Prepared:
    """Images as the input of a network, which are prepared when they are asked for.

    Attributes
    ----------
    shape : tuple of int
        (n, channels, side, side).
    """

    def __init__(self, preparation: Preparation, pixels: Rows) -> None:
        """Take images as `Preparation.read` returns them.

        Parameters
        ----------
        preparation : Preparation
        pixels : ndarray or StoredRows of uint8, shape (n, channels, size, size) or, of grey images,
        (n, size, size)
        """
        self._preparation, self._pixels = preparation, pixels
        channels = pixels.shape[1] if pixels.ndim == 4 else 1
        self.shape: tuple[int, ...] = (len(pixels), channels, *(preparation.side,) * 2)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Some of them, float32 of shape (n, channels, side, side)."""
        taken = self._pixels[rows]
        return self._preparation.apply(taken if taken.ndim == 4 else taken[:, None])


def normalised(
    images: np.ndarray, mean: Sequence[float], std: Sequence[float], pad: int = 0
) -> np.ndarray:
    """Scale pixels to [0, 1], subtract a mean, divide by a standard deviation, and pad.

    Images are handled one by one, since all of them in double precision would not fit into a
    job's memory.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, channels, height, width)
    mean, std : sequence of float
        One value, or one per channel.
    pad : int
        Pixels added on each side, which are 0, the mean after normalisation.

    Returns
    -------
    ndarray of float32, shape (n, channels, height + 2 * pad, width + 2 * pad)
    """
    centre, spread = (np.asarray(values, dtype=float)[:, None, None] for values in (mean, std))
    count, channels, height, width = images.shape
    padded = np.zeros((count, channels, height + 2 * pad, width + 2 * pad), dtype=np.float32)
    for target, image in zip(padded, images, strict=True):
        target[:, pad : pad + height, pad : pad + width] = (image / 255 - centre) / spread
    return padded
