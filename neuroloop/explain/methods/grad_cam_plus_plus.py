"""Grad-CAM of weighted positive gradients."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 7
LEGEND = (
    "Grad-CAM++: channels of the last spatial layer, weighted by weighted positive "
    "gradients, positive part"
)
UNITS = "arbitrary"
SIGNED = False


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor"
) -> "torch.Tensor":
    """See `cam.grad_cam_plus_plus`."""
    from neuroloop.explain.attribution.layer_maps import layer_map

    return layer_map("grad_cam_plus_plus", network, images, classes, signed=SIGNED)
