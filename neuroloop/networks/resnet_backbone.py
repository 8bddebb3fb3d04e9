"""Residual networks as backbones, with the names of torchvision's checkpoints."""

from typing import cast

from torch import nn

from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.backbone import Backbone
from neuroloop.networks.resnet import ResNet, resnet
from neuroloop.networks.resnet import initialise as initialise_resnet

#: What torchvision's checkpoints expect pixels in [0, 1] to be normalised by.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def resnet_backbone(depth: int, width: int, stem: str) -> Backbone:
    """Build a residual network (see `resnet.resnet`) whose sections are its stem and stages."""
    network = resnet(depth, in_channels=3, classes=1, width=width, stem=stem)
    channels = network.fc.in_features
    network.add_module("fc", nn.Identity())
    network.add_module("relu", nn.ReLU())
    sections: dict[str, tuple[str, ...]] = {"stem": ("conv1", "bn1", "relu", "maxpool")}
    sections |= {name: (name,) for name in network.stages}
    return Backbone(network, sections, channels, MEAN, STD)


def initialise(network: nn.Module, seed: int) -> None:
    """Draw the weights (see `resnet.initialise`)."""
    initialise_resnet(cast(ResNet, network), [derive_seed(seed, "backbone")])
