"""Maximally activating patches: what the images show where a unit is most active."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.layers import layer_batches
from neuroloop.explain.looks.receptive_field import receptive_fields
from neuroloop.explain.models.image_rows import ImageRows


@dataclass(frozen=True, eq=False)
class Patches:
    """Where each of some units of a layer is most active, best first.

    Attributes
    ----------
    units : ndarray of int64, shape (units,)
        Channels of the layer.
    rows : ndarray of int64, shape (units, k)
        Images, each at most once per unit.
    activations : ndarray of float32, shape (units, k)
        Largest value of the channel in the image.
    places : ndarray of int64, shape (units, k, 2)
        Row and column of that value in the layer's output; ties go to the first in reading order.
    boxes : ndarray of int64, shape (units, k, 4)
        Its receptive field in the image, as `receptive_fields` gives it.
    """

    units: np.ndarray
    rows: np.ndarray
    activations: np.ndarray
    places: np.ndarray
    boxes: np.ndarray


def top_patches(
    network: nn.Module,
    layer: str,
    images: ImageRows,
    units: Sequence[int],
    k: int,
    batch: int = 32,
) -> Patches:
    """Find the images that activate units most, one patch per image.

    Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", figure 2, with
    unmodified patches. Memory holds one batch and the best patches so far.

    Parameters
    ----------
    network, layer, images, batch
        As in `layers.layer_batches`.
    units : sequence of int
        Channels of the layer.
    k : int
        Patches per unit; at most as many as there are images.

    Returns
    -------
    Patches
        Ties go to the image of the lower row. A unit that is silent everywhere has activations
        of 0.

    Raises
    ------
    NeuroLoopError
        If the layer cannot be read, lacks a unit, or gives a value that is not finite.
    NotApplicable
        If receptive fields of the network are not known.
    """
    channels = np.array(units, dtype=np.int64)
    values: np.ndarray = np.empty((len(channels), 0), dtype=np.float32)
    rows: np.ndarray = np.empty((len(channels), 0), dtype=np.int64)
    places = rows
    width = 1
    for start, maps in layer_batches(network, layer, images, batch):
        _check(maps, layer, channels, start)
        width = maps.shape[-1]
        flat = maps[:, channels].reshape(len(maps), len(channels), -1)
        at = flat.argmax(axis=2).T
        here = np.broadcast_to(np.arange(start, start + len(maps)), at.shape)
        values = np.concatenate([values, flat.max(axis=2).T], axis=1)
        rows, places = (np.concatenate(two, axis=1) for two in ((rows, here), (places, at)))
        best = np.argsort(-values, axis=1, kind="stable")[:, :k]
        values, rows, places = (np.take_along_axis(a, best, 1) for a in (values, rows, places))
    grid = np.stack(np.divmod(places, width), axis=-1)
    wanted = np.concatenate([np.broadcast_to(channels[:, None, None], (*rows.shape, 1)), grid], -1)
    boxes = receptive_fields(network, layer, images.shape[1:], wanted.reshape(-1, 3))
    return Patches(channels, rows, values, grid, boxes.reshape(*rows.shape, 4))


def crop(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Cut a patch, shape (..., height, width) of the box, out of an image of shape (..., h, w)."""
    top, left, bottom, right = box
    return image[..., top:bottom, left:right]


def _check(maps: np.ndarray, layer: str, channels: np.ndarray, start: int) -> None:
    count = maps.shape[1]
    if len(channels) and not 0 <= channels.min() <= channels.max() < count:
        raise NeuroLoopError(
            f"layer {layer} has the units 0 to {count - 1}: choose from these, not "
            f"{', '.join(map(str, channels))}"
        )
    bad = np.flatnonzero(~np.isfinite(maps[:, channels]).all(axis=(1, 2, 3)))
    if len(bad):
        raise NeuroLoopError(
            f"layer {layer} gives values that are not finite for image {start + bad[0]}: fix the "
            "image, or train the network again"
        )
