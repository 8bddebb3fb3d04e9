"""Images side by side as a network sees them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.files.natural_order import natural_sorted
from neuroloop.report.figures import grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Images of a grid, and in a row of it.
SHOWN, A_ROW = 20, 10


def drawn_rows(labels: Sequence[str], generator: np.random.Generator) -> np.ndarray:
    """Draw rows at random, as many of each class as there is room for.

    Parameters
    ----------
    labels : sequence of str
        Class of each row.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (at most `SHOWN`,)
        Class by class in natural order; of classes too, if there are more than fit.
    """
    of_row = np.asarray(labels, dtype=str)
    names = natural_sorted(set(of_row))
    shuffled = {name: generator.permutation(np.flatnonzero(of_row == name)) for name in names}
    if len(names) > SHOWN:
        names = natural_sorted(generator.choice(names, SHOWN, replace=False).tolist())
    taken: dict[str, int] = dict.fromkeys(names, 0)
    room = min(SHOWN, sum(len(shuffled[name]) for name in names))
    while room:
        for name in names:
            if room and taken[name] < len(shuffled[name]):
                taken[name] += 1
                room -= 1
    return np.concatenate([shuffled[name][: taken[name]] for name in names])


def draw_images(images: np.ndarray, titles: Sequence[str]) -> "Figure":
    """Draw images in a grid.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, channels, height, width)
        Grey or red, green and blue.
    titles : sequence of str
    """
    rows = max(1, -(-len(images) // A_ROW))
    figure, axes = grid(rows, A_ROW, width=0.95, height=1.12)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        shown = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        axis.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(shortened(title), fontsize=7, pad=2)
    return figure


def shortened(text: str, longest: int = 14) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
