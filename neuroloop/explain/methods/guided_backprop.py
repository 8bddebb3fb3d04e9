"""Guided back-propagation."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 2
LEGEND = (
    "Guided back-propagation: gradient of which every ReLU passes only what is positive, "
    "sum over channels"
)
UNITS = "logit per unit of input, guided"
SIGNED = True


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor"
) -> "torch.Tensor":
    """See `saliency.guided_backprop`."""
    from neuroloop.explain.attribution import saliency

    return saliency.attribute("guided_backprop", network, images, classes)
