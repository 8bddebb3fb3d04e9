"""Receptive fields: the pixels that a unit of a layer depends on, exactly, in any network.

A pixel has a part in a unit if there is a way through the network from one to the other, whatever
the weights on it. So a copy of the network gets positive weights at random, which do not cancel;
its ReLUs let everything pass and its maxima become sums, so that no way is closed by the values on
it; and the gradient of the unit is other than 0 at the pixels sought, and there alone. This holds
for short cuts, strides, dilations and paddings, which the formula for a chain of layers (Araujo et
al. 2019, "Computing receptive fields of convolutional neural networks", Distill) does not all know.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from neuroloop.explain.attribution.forward_pass import Replacing, graph_nodes
from neuroloop.explain.attribution.layers import layer_output
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.jobs.seeds import torch_generator

#: What closes ways, as autograd names it: gradients are 0 for some values, or for all.
CLOSING = re.compile(
    "(Relu|Threshold|Hard[a-z]+|Softshrink|Clamp(Min|Max)?|Where|Maximum|Minimum|Max|Min|Amax|Amin"
    "|(Adaptive|Fractional)?MaxPool.*|Median|Nanmedian|Kthvalue|Mode|Sort|Topk|Cummax|Cummin"
    r"|Floor|Ceil|Round|Trunc|Sign|Sgn|Frac)Backward\d*"
)


def receptive_fields(
    network: nn.Module, layer: str, shape: tuple[int, ...], units: np.ndarray
) -> np.ndarray:
    """Bound the pixels that units of a layer depend on.

    The network itself is not run or changed. The copy is of double precision on the CPU, where
    convolutions are plain sums: the faster ways to compute them spread rounding errors over pixels
    that have no part.

    Parameters
    ----------
    network : Module
        In evaluation mode it is a function of one image at a time.
    layer : str
        As in `layers.layer_output`.
    shape : tuple of int
        Channels, height and width of the images.
    units : ndarray of int, shape (n, 3)
        Channel, row and column of each unit in the layer's output.

    Returns
    -------
    ndarray of int64, shape (n, 4)
        Top, left, bottom and right of each unit's smallest box of pixels within the image, the
        latter two exclusive: ``image[:, top:bottom, left:right]``. Zeros for a unit that depends on
        no pixel, as where a mask covers all.

    Raises
    ------
    NeuroLoopError
        As `layers.layer_output` does.
    NotApplicable
        If the network has an operation before the layer that lets gradients pass for some values
        alone and is no ReLU, ReLU6 or pooling.
    ValueError
        If the layer has no such unit.
    """
    distinct, of_unit = np.unique(np.asarray(units).reshape(-1, 3), axis=0, return_inverse=True)
    generator = torch_generator(0, "receptive field")
    with torch.inference_mode(False), torch.enable_grad():
        copy = _positive(network, generator)
        image = torch.rand(1, *shape, generator=generator, dtype=torch.float64).requires_grad_()
        with Replacing(OPEN):
            maps = layer_output(copy, layer, image)[0]
        _refuse_closed_ways(maps)
        if len(distinct) and ((distinct < 0) | (distinct >= maps.shape)).any():
            raise ValueError(f"layer {layer} has {tuple(maps.shape)} units, not all that are asked")
        boxes = [_box(maps[tuple(unit)], image) for unit in distinct]
    return np.array(boxes, dtype=np.int64).reshape(-1, 4)[of_unit]


def _box(unit: torch.Tensor, image: torch.Tensor) -> tuple[int, int, int, int]:
    (gradient,) = torch.autograd.grad(
        unit, image, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    has_part = (gradient[0] != 0).any(0)
    rows, columns = (has_part.any(axis).nonzero()[:, 0].tolist() for axis in (1, 0))
    if not rows:
        return 0, 0, 0, 0
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


@torch.no_grad()
def _positive(network: nn.Module, generator: torch.Generator) -> nn.Module:
    """Copy a network with weights at random of the size of a mean, so that values neither grow nor
    vanish over many layers."""
    copy = deepcopy(network).cpu().double().eval().requires_grad_(False)
    for module in copy.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.reset_running_stats()
    for name, values in copy.named_parameters():
        if values.ndim > 1:
            values.uniform_(0.5, 1.5, generator=generator).div_(values[0].numel())
        else:
            values.fill_(0 if name.endswith("bias") else 1)
    return copy


def _same(x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    return x


def _window_means(
    x: torch.Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> torch.Tensor:
    """Pool by the mean where the network pools by the maximum; parameters as torch names them."""
    pooled = functional.max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode)
    kernel, pad, gap = (_pair(value) for value in (kernel_size, padding, dilation))
    step = _pair(stride or kernel_size)
    sides = []
    for axis in (1, 0):  # from the last axis on, as torch pads
        reach = (pooled.shape[axis - 2] - 1) * step[axis] + gap[axis] * (kernel[axis] - 1) + 1
        sides += [pad[axis], max(pad[axis], reach - pad[axis] - x.shape[axis - 2])]
    each = functional.pad(x.flatten(0, 1)[:, None], sides)
    ones = torch.full((1, 1, *kernel), 1 / (kernel[0] * kernel[1]), dtype=x.dtype)
    means = functional.conv2d(each, ones, stride=step, dilation=gap)
    return means[:, 0, : pooled.shape[-2], : pooled.shape[-1]].unflatten(0, x.shape[:2])


def _cell_means(x: torch.Tensor, output_size: Any, return_indices: bool = False) -> torch.Tensor:
    return functional.adaptive_avg_pool2d(x, output_size)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value) * (2 // len(value))


#: What lets all gradients pass through ReLUs and maxima, modules or functions.
OPEN: dict[Callable[..., Any], Callable[..., torch.Tensor]] = {
    **dict.fromkeys((functional.relu, torch.relu, torch.Tensor.relu), _same),
    **dict.fromkeys((torch.relu_, torch.Tensor.relu_, functional.relu6), _same),
    **dict.fromkeys((functional.hardtanh, torch.clamp, torch.Tensor.clamp), _same),
    **dict.fromkeys((functional.max_pool2d, torch.max_pool2d), _window_means),
    functional.adaptive_max_pool2d: _cell_means,
}


def _refuse_closed_ways(maps: torch.Tensor) -> None:
    for node in graph_nodes(maps):
        own = isinstance(node, torch.autograd.function.BackwardCFunction)
        if own or CLOSING.fullmatch(node.name()):
            raise NotApplicable(
                "receptive fields are known of networks of ReLU, ReLU6, pooling and what has "
                f"gradients everywhere, and this one has {node.name()}: take another method"
            )
