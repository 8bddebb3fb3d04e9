"""What a transfer network starts from: weights of its backbone, and a random head."""

from pathlib import Path

import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import derive_seed, torch_generator
from neuroloop.networks import efficientnet
from neuroloop.networks.efficientnet import load_imagenet
from neuroloop.networks.resnet import ResNet
from neuroloop.networks.resnet import initialise as initialise_resnet
from neuroloop.networks.states import load_state, read_state
from neuroloop.networks.transfer_network import TransferNetwork, seed_dropout


def load_backbone(network: TransferNetwork, weights: str | Path | None) -> None:
    """Give the backbone pretrained weights.

    Parameters
    ----------
    network : TransferNetwork
    weights : "imagenet", path or None
        ``imagenet``: those that come with a package, of EfficientNet-Lite0 alone. A path: of a
        .safetensors or .pth checkpoint with torchvision's names, or of EfficientNet-Lite0 with its
        package's; its last layer is not used. None: nothing is loaded.

    Raises
    ------
    NeuroLoopError
        If the weights are missing, or a name or a shape in them does not fit.
    """
    backbone = network.backbone
    if weights is None:
        return
    if weights == "imagenet":
        if isinstance(backbone, ResNet):
            raise NeuroLoopError(
                "weights imagenet come with efficientnet_lite0 alone: for a ResNet, name the file "
                "of a checkpoint with torchvision's names"
            )
        load_imagenet(backbone)
        return
    state = read_state(Path(weights))
    for name in ("fc.weight", "fc.bias", "_fc.weight", "_fc.bias"):
        state.pop(name, None)
    advice = "take a checkpoint with its package's names, or change the backbone, width or stem"
    load_state(backbone, state, weights, advice)


def initialise_backbone(network: TransferNetwork, seed: int) -> None:
    """Draw the backbone's weights, as `networks.initialise` and `efficientnet.initialise` do."""
    if isinstance(network.backbone, ResNet):
        initialise_resnet(network.backbone, [derive_seed(seed, "backbone")])
    else:
        efficientnet.initialise(network.backbone, torch_generator(seed, "backbone"))


@torch.no_grad()
def initialise_head(network: TransferNetwork, seed: int) -> None:
    """Draw the head's weights and begin the random streams of its dropout.

    Weights and biases are uniform within 1 / sqrt(fan-in), batch normalisation is 1 and 0; the
    same on every device.
    """
    generator = torch_generator(seed, "head")
    for module in network.head.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            for values in (module.weight, module.bias):
                values.copy_(torch.empty(values.shape).uniform_(-bound, bound, generator=generator))
    seed_dropout(network, seed)
