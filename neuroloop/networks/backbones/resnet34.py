"""ResNet34."""

from typing import TYPE_CHECKING

from neuroloop.networks.resnet_settings import SECTIONS
from neuroloop.networks.resnet_settings import ResNetSettings as Settings

if TYPE_CHECKING:
    from torch import nn

    from neuroloop.networks.backbone import Backbone

__all__ = ["LEGEND", "ORDER", "SECTIONS", "Settings", "build", "initialise"]

ORDER = 3
LEGEND = "ResNet34, for checkpoints with torchvision's names"


def build(*, width: int, stem: str) -> "Backbone":
    """Build it (see `resnet_backbone.resnet_backbone`)."""
    from neuroloop.networks.resnet_backbone import resnet_backbone

    return resnet_backbone(34, width, stem)


def initialise(network: "nn.Module", seed: int) -> None:
    """Draw the weights."""
    from neuroloop.networks import resnet_backbone

    resnet_backbone.initialise(network, seed)
