"""Images as people see them: what figures and pages draw in place of a network's input."""

from typing import TYPE_CHECKING

import numpy as np

from neuroloop.explain.models.image_rows import channel_ends
from neuroloop.explain.models.model_file import OpenedModel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Parts of a grey picture's pixels that may be darker than black, or brighter than white.
CLIPPED = 0.005


def pictures(opened: OpenedModel, rows: np.ndarray | None = None) -> np.ndarray:
    """Return the model's images as pictures.

    Parameters
    ----------
    opened : OpenedModel
    rows : ndarray of int, optional
        Of its images; all if left out.

    Returns
    -------
    ndarray of float32, shape (n, height, width) or (n, height, width, 3)
        In [0, 1]. Grey ones, `display` where the model has it, each from its own darkest to its own
        brightest pixel, less half a per cent at either end; coloured ones as `coloured` says.
    """
    given = opened.images
    chosen = np.arange(len(given.images)) if rows is None else np.asarray(rows)
    if opened.network.in_channels == 3:
        return coloured(opened, given.images[chosen])
    return stretched(given.images[chosen][:, 0] if given.display is None else given.display[chosen])


def stretched(grey: np.ndarray) -> np.ndarray:
    """Grey pictures, each from its own darkest to its own brightest pixel, less `CLIPPED`.

    Parameters
    ----------
    grey : ndarray of float, shape (n, height, width)

    Returns
    -------
    ndarray of float32, shape (n, height, width)
        In [0, 1]; 0 where all pixels are alike.
    """
    ends = np.quantile(grey, [CLIPPED, 1 - CLIPPED], axis=(1, 2)).astype(np.float32)
    low, high = ends[:, :, None, None]
    width = np.where(high > low, high - low, 1)
    return np.asarray(np.clip((grey - low) / width, 0, 1), dtype=np.float32)


def coloured(opened: OpenedModel, images: np.ndarray) -> np.ndarray:
    """Undo the normalisation of images of three channels.

    Parameters
    ----------
    opened : OpenedModel
    images : ndarray of float32, shape (n, members * 3, height, width)
        As its network takes them; of a batched network the first member's are taken.

    Returns
    -------
    ndarray of float32, shape (n, height, width, 3)
        In [0, 1]. Where it is not known how images were normalised, and the model's own are not
        within [0, 1], each channel goes from its least to its greatest value in them.
    """
    first = images[:, :3]
    if opened.preparation is not None:
        first = opened.preparation.undo(first)
    else:
        low, high = (ends[:3, None, None] for ends in channel_ends(opened.images.images))
        if low.min() < 0 or high.max() > 1:
            first = (first - low) / np.where(high > low, high - low, 1)
    return np.asarray(np.clip(first, 0, 1).transpose(0, 2, 3, 1), dtype=np.float32)


def image_classes(opened: OpenedModel) -> list[str] | None:
    """Name the true class of each image; of several labels, all its true ones, joined by ``+``.

    Returns
    -------
    list of str or None
        ``none of them`` without any. None if the truth is not known.
    """
    truth = opened.images.truth
    if truth is None:
        return None
    names = np.array(opened.classes)
    if truth.ndim == 1:
        return [str(name) for name in names[truth]]
    return ["+".join(names[of]) or "none of them" for of in truth]


def draw_picture(panel: "Axes", picture: np.ndarray) -> None:
    """Draw a picture of `pictures` without axes, a pixel a square."""
    panel.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    bare(panel)


def bare(panel: "Axes") -> None:
    """Take ticks, grid and frame from a panel."""
    panel.grid(False)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set_visible(False)


def framed(panel: "Axes", colour: str, width: float = 2.0) -> None:
    """Give a panel a frame."""
    for spine in panel.spines.values():
        spine.set(visible=True, color=colour, linewidth=width)
