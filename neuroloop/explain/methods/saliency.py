"""Saliency."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 1
LEGEND = (
    "Saliency: largest magnitude over channels of the score's gradient with respect to the pixel"
)
UNITS = "logit per unit of input"
SIGNED = False


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor"
) -> "torch.Tensor":
    """See `saliency.saliency`."""
    from neuroloop.explain.attribution import saliency

    return saliency.attribute("saliency", network, images, classes)
