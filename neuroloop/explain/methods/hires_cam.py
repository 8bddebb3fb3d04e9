"""Class activation maps, element by element."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 8
LEGEND = "HiResCAM: channels of the last spatial layer, times the score's gradient at each position"
UNITS = "logit"
SIGNED = True


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor"
) -> "torch.Tensor":
    """See `cam.hires_cam`."""
    from neuroloop.explain.attribution.layer_maps import layer_map

    return layer_map("hires_cam", network, images, classes, signed=SIGNED)
