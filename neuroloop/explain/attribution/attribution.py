"""What every attribution is: a network, images and classes in, a map for each image out.

The checks of attributions (randomisation, perturbation, pointing) rely on nothing else.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

#: From a network, images (n, channels, height, width) and the class of each (n,) to maps
#: (n, height', width'), which may be smaller than the images. An attribution finds the parts of
#: the network by name: checks hand it copies.
Attribution = Callable[[nn.Module, torch.Tensor, torch.Tensor], np.ndarray]


def to_input(maps: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Enlarge maps to the size of the images, bilinear between the centres of pixels.

    Parameters
    ----------
    maps : ndarray of float, shape (n, height', width')
    shape : tuple of int
        Height and width of the images.

    Returns
    -------
    ndarray of float32, shape (n, height, width)
        Within the range of each map, so that a constant map stays constant to the last bit.
    """
    given = torch.from_numpy(np.ascontiguousarray(maps, dtype=np.float32))
    if tuple(given.shape[1:]) == tuple(shape):
        return given.numpy()
    large = torch.nn.functional.interpolate(
        given[:, None], size=tuple(shape), mode="bilinear", align_corners=False
    )[:, 0]
    low, high = (edge(given, dim=(1, 2))[:, None, None] for edge in (torch.amin, torch.amax))
    return large.clamp(low, high).numpy()


def in_batches(
    attribution: Attribution,
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    batch: int,
) -> np.ndarray:
    """Explain many images, some at a time.

    Parameters
    ----------
    attribution : callable
    network : Module
    images : Tensor, shape (n, channels, height, width)
    classes : Tensor of int64, shape (n,)
    batch : int
        Images at once.

    Returns
    -------
    ndarray, shape (n, height', width')

    Raises
    ------
    ValueError
        If there is not one class, or not one map, for each image.
    """
    if not len(images) or classes.shape != images.shape[:1]:
        raise ValueError(f"{len(images)} images and classes {tuple(classes.shape)}")
    parts = zip(images.split(batch), classes.split(batch), strict=True)
    maps = np.concatenate([attribution(network, *part) for part in parts])
    if maps.ndim != 3 or len(maps) != len(images):
        raise ValueError(f"maps of shape {maps.shape} for {len(images)} images")
    return maps
