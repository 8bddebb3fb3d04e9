"""Class activation maps."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn

    from neuroloop.explain.models.model_file import OpenedModel

ORDER = 5
LEGEND = "CAM: channels of the last spatial layer, weighted as the linear head weights their means"
UNITS = "logit"
SIGNED = True


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor"
) -> "torch.Tensor":
    """See `cam.cam`."""
    from neuroloop.explain.attribution.layer_maps import layer_map

    return layer_map("cam", network, images, classes, signed=SIGNED)


def require(opened: "OpenedModel") -> None:
    """CAM needs a head of global average pooling and one linear layer."""
    from neuroloop.explain.attribution.layer_maps import require_linear_pool

    require_linear_pool(opened)
