"""Gradient-weighted class activation maps."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 6
LEGEND = (
    "Grad-CAM: channels of the last spatial layer, weighted by the mean gradient of the "
    "score, positive part"
)
UNITS = "logit per place"
SIGNED = False


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor"
) -> "torch.Tensor":
    """See `cam.grad_cam`."""
    from neuroloop.explain.attribution.layer_maps import layer_map

    return layer_map("grad_cam", network, images, classes, signed=SIGNED)
