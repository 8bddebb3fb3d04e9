"""Class activation maps: where a network looked for a class, at the resolution of a layer.

Each formula is a sum over channels of the activations, weighted by gradients of the score.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.evidence import Division, gather_evidence

#: From activations A (images, members, channels, height, width) and gradients of the scores by
#: them (classes, as A) to maps (classes, images, members, height, width).
Formula = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class MapCounts(NamedTuple):
    """How many maps there are, and how many of them are uninformative.

    Attributes
    ----------
    maps : int
    empty : int
        0 everywhere, as where ReLU left nothing.
    constant : int
        The same finite value everywhere, not 0.
    undefined : int
        With a value that is not finite.
    """

    maps: int
    empty: int
    constant: int
    undefined: int


def grad_cam(activations: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """Sum over channels of A_k times the spatial mean of dS/dA_k.

    Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2, before the ReLU.
    """
    return _weighted(activations, gradients.mean((-2, -1)))


def cam(activations: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """Sum over channels of A_k times w_k, for scores S = sum_k w_k mean(A_k) + b.

    Zhou et al. 2016, "Learning deep features for discriminative localization", equation 2, before
    a ReLU. There dS/dA_k = w_k / (height * width) everywhere, so that this is Grad-CAM times
    height * width.

    Raises
    ------
    ValueError
        If a gradient is not spatially constant: the layer is not followed by global pooling.
    """
    flat = gradients.flatten(-2)
    weights = flat.mean(-1)
    if not torch.allclose(flat, weights[..., None], rtol=1e-4, atol=1e-12):
        raise ValueError("CAM needs global average pooling and one linear layer after the layer")
    return _weighted(activations, weights * flat.shape[-1])


def grad_cam_plus_plus(activations: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """Sum over channels of A_k times the spatial sum of alpha_k relu(dS/dA_k).

    With alpha_kij = g^2 / (2 g^2 + g^3 sum_ab A_kab) and g = dS/dA_kij: Chattopadhay et al. 2018,
    "Grad-CAM++", equations 5, 7 and 19, before the ReLU. As there, Y = exp(S) is explained with S
    piecewise linear; the common factor exp(S) of all its derivatives, which scales a map as a whole
    and overflows, is left out.

    Only positions with g > 0 count, where alpha = 1 / (2 + g sum_ab A_kab): written so, small
    gradients do not underflow.
    """
    positive = gradients.clamp(min=0)
    sums = activations.sum((-2, -1), keepdim=True)
    return _weighted(activations, (positive / (2 + positive * sums)).sum((-2, -1)))


def hires_cam(activations: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """Sum over channels of A_k times dS/dA_k, element by element.

    Draelos & Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations", equation 8,
    before a ReLU. Where all after the layer is linear, the map sums up to the score less its bias;
    Grad-CAM moves evidence to other positions if the layer is flattened.
    """
    return torch.einsum("inkyx,cinkyx->cinyx", activations, gradients)


def layer_cam(activations: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """Sum over channels of A_k times relu(dS/dA_k), element by element.

    Jiang et al. 2021, "LayerCAM: exploring hierarchical class activation maps for localization",
    IEEE Trans. Image Process. 30:5875, equations 5 and 6, before a ReLU. Made for layers below the
    last, where a mean gradient over all places says little.
    """
    return torch.einsum("inkyx,cinkyx->cinyx", activations, gradients.relu())


FORMULAS: dict[str, Formula] = {
    "cam": cam,
    "grad_cam": grad_cam,
    "grad_cam_plus_plus": grad_cam_plus_plus,
    "hires_cam": hires_cam,
    "layer_cam": layer_cam,
}


def class_maps(
    network: nn.Module,
    layer: nn.Module | Division,
    images: torch.Tensor,
    classes: torch.Tensor,
    method: str = "grad_cam",
    *,
    signed: bool = False,
) -> torch.Tensor:
    """Explain classes of a batch of images.

    Parameters
    ----------
    network, layer, images, classes
        As in `gather_evidence`.
    method : {"cam", "grad_cam", "grad_cam_plus_plus", "hires_cam", "layer_cam"}
    signed : bool
        Whether evidence against a class is kept: no ReLU over the map.

    Returns
    -------
    Tensor of float32, shape (images, members, classes, height, width)
        On the network's device, at the resolution of the layer.

    Raises
    ------
    NeuroLoopError
        If the method is unknown; see `gather_evidence`, for `ValueError` too.
    """
    if method not in FORMULAS:
        raise NeuroLoopError(f"method {method}: known are {', '.join(FORMULAS)}")
    evidence = gather_evidence(network, layer, images, classes)
    maps = FORMULAS[method](evidence.activations, evidence.gradients).permute(1, 2, 0, 3, 4)
    return maps if signed else maps.relu()


def maps_in_batches(
    network: nn.Module,
    layer: nn.Module | Division,
    load: Callable[[np.ndarray], np.ndarray],
    classes: np.ndarray,
    method: str = "grad_cam",
    *,
    signed: bool = False,
    maps_at_once: int = 32,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Explain classes of many images, a batch in memory at a time.

    Parameters
    ----------
    network, layer, method, signed
        As in `class_maps`.
    load : callable
        From rows, ascending, to images of float32, shape (rows, channels, height, width).
    classes : ndarray of int, shape (n,), (n, classes) or (n, members, classes)
        Of each row.
    maps_at_once : int
        Maps of one member in a batch. All maps of an image are computed together.

    Yields
    ------
    rows : ndarray of int, shape (images,)
    maps : ndarray of float32, shape (images, members, classes, height, width)
    """
    classes = classes[:, None] if classes.ndim == 1 else classes
    batch = max(1, maps_at_once // classes.shape[-1])
    for start in range(0, len(classes), batch):
        rows = np.arange(start, min(start + batch, len(classes)))
        images = torch.from_numpy(load(rows))
        chosen = torch.from_numpy(classes[rows].astype(np.int64))
        maps = class_maps(network, layer, images, chosen, method, signed=signed)
        yield rows, maps.cpu().numpy()


def count_maps(maps: np.ndarray) -> MapCounts:
    """Count the uninformative maps.

    Parameters
    ----------
    maps : ndarray, shape (..., height, width)

    Returns
    -------
    MapCounts
    """
    flat = maps.reshape(-1, maps.shape[-2] * maps.shape[-1])
    finite = np.isfinite(flat).all(axis=1)
    same = finite & (flat == flat[:, :1]).all(axis=1)
    empty = same & (flat[:, 0] == 0)
    return MapCounts(len(flat), int(empty.sum()), int((same & ~empty).sum()), int((~finite).sum()))


def _weighted(activations: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Sum over channels of activations times weights, shape (classes, images, members, k)."""
    return torch.einsum("inkyx,cink->cinyx", activations, weights)
