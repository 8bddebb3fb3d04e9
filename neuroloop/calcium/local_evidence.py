"""Evidence for a cell in its own place: maps of frames that are seen through the cell's window.

A map of cell j over a whole frame says little of j where another cell i was stimulated: the
network learned on such frames that j is not what it looks for, and its fields, wider than the
distance between cells, mix both. So all pixels outside the window of j are put to the mean, which
is what a reader sees outside its mask, and the map of class j is made of what is left. It depends
on pixels of j alone, and no stimulated neighbour is there to speak against j.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from neuroloop.explain.attribution.cam import hires_cam
from neuroloop.explain.attribution.evidence import Division, gather_evidence
from neuroloop.networks.blocks import Head
from neuroloop.networks.calcium_network import KERNEL, CalciumNetwork, FlattenHead, PoolHead

#: Images whose gradients are in memory at once.
BATCH = 128


class Region(NamedTuple):
    """Part of the last layer that a window reaches, and the pixels needed to compute it.

    Attributes
    ----------
    pixels : (slice, slice)
        Rows and columns of the frame.
    inside : (slice, slice)
        Of the features of those pixels, those that the window reaches.
    places : (slice, slice)
        The same in the features of a whole frame.
    """

    pixels: tuple[slice, slice]
    inside: tuple[slice, slice]
    places: tuple[slice, slice]


def window_region(window: np.ndarray, poolings: int) -> Region:
    """Find the region of a window.

    Parameters
    ----------
    window : ndarray of bool, shape (height, width)
        Not empty.
    poolings : int
        Convolutions, each with a pooling by 2, of the network.
    """
    step = 2**poolings
    reach = KERNEL // 2 * (step - 1)
    cuts = []
    for axis, size in enumerate(window.shape):
        positions = np.flatnonzero(window.any(axis=1 - axis))
        most = size // step
        # A border pixel that no pooling takes reaches the last place all the same.
        first = min(max(0, positions[0] - reach) // step, most - 1)
        last = min((positions[-1] + reach) // step, most - 1) + 1
        start = max(0, (first * step - reach) // step)
        end = last * step + reach
        # To the very border, if it is near: the padding there is the frame's own.
        pixels = slice(start * step, size if end + step > size else -(-end // step) * step)
        cuts.append((pixels, slice(first - start, last - start), slice(first, last)))
    (rows, r_in, r_of), (columns, c_in, c_of) = cuts
    return Region((rows, columns), (r_in, c_in), (r_of, c_of))


def local_evidence(network: CalciumNetwork, images: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Sum HiResCAM of each cell's output over the cell's place, in frames seen by its window.

    HiResCAM is summed over the places of the last layer that the window reaches: for a head that
    is linear this is the cell's logit but for a constant. It has a sign, and its zero means
    nothing: compare it with frames without stimulation.

    Parameters
    ----------
    network : CalciumNetwork
        Outputs are the cells, in the order of `windows`, then "none".
    images : ndarray of float32, shape (n, height, width)
        Frames that the network did not learn from, as its input takes them.
    windows : ndarray of bool, shape (cells, height, width)
        From `windows.cell_windows`.

    Returns
    -------
    ndarray of float32, shape (members, n, cells)
    """
    device = next(network.parameters()).device
    members = network.members
    made = np.empty((members, len(images), len(windows)), dtype=np.float32)
    poolings = sum(isinstance(layer, torch.nn.MaxPool2d) for layer in network.features)
    regions = [window_region(window, poolings) for window in windows]
    with torch.no_grad():
        blank = network.input(network.input.mean.view(1, -1, 1, 1).expand(1, -1, *images.shape[1:]))
        empty = network.features(blank)
        made_of = _heads(network, empty, [region.places for region in regions])
        heads = [Division(lambda features: features, head) for head in made_of]
    for start in range(0, len(images), BATCH):
        part = torch.from_numpy(images[start : start + BATCH]).to(device)
        with torch.no_grad():
            seen = network.input(part[:, None].expand(-1, members, -1, -1))
        for cell, (window, region, head) in enumerate(zip(windows, regions, heads, strict=True)):
            keep = torch.from_numpy(window[region.pixels]).to(device)
            with torch.no_grad():
                cut = torch.where(keep, seen[:, :, *region.pixels], blank[:, :, *region.pixels])
                features = network.features(cut)[:, :, *region.inside]
            classes = torch.full((len(part), 1), cell)
            found = gather_evidence(network, head, features, classes)
            maps = hires_cam(found.activations, found.gradients)[0]
            made[:, start : start + BATCH, cell] = maps.sum((2, 3)).T.cpu().numpy()
    return made


def _heads(
    network: CalciumNetwork, empty: torch.Tensor, regions: Sequence[tuple[slice, slice]]
) -> list[Callable[[torch.Tensor], torch.Tensor]]:
    """Heads as functions of some places of the last layer, the others as in an empty frame.

    A head reads all places, most of which are the same in all frames seen by one window.

    Parameters
    ----------
    network : CalciumNetwork
    empty : Tensor, shape (1, members * channels, h', w')
        Last layer of an empty frame.
    regions : sequence of (slice, slice)
        Places of each head.
    """
    head, members = network.head, network.members
    if isinstance(head, PoolHead):
        area = empty.shape[2] * empty.shape[3]
        whole = empty.sum((2, 3)) / area
        return [partial(_pooled, head.fc, whole, empty[:, :, *own], area) for own in regions]
    if not isinstance(head, FlattenHead):
        raise TypeError(f"no head {type(head).__name__}")
    weight = head.hidden.weight.view(members, -1, empty.shape[1] // members, *empty.shape[2:])
    whole = head.hidden(empty.flatten(1))
    return [
        partial(
            _flattened, head.fc, whole, empty[:, :, *own], weight[..., *own].flatten(2).detach()
        )
        for own in regions
    ]


def _pooled(
    fc: Head, whole: torch.Tensor, inside: torch.Tensor, area: int, features: torch.Tensor
) -> torch.Tensor:
    return fc(whole + (features - inside).sum((2, 3)) / area)


def _flattened(
    fc: Head,
    whole: torch.Tensor,
    inside: torch.Tensor,
    weight: torch.Tensor,
    features: torch.Tensor,
) -> torch.Tensor:
    by_member = (features - inside).unflatten(1, (len(weight), -1)).flatten(2)
    return fc(torch.relu(whole + torch.einsum("nmf,muf->nmu", by_member, weight)).flatten(1))
