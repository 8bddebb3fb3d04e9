"""What a transfer network starts from: weights of its backbone, and a random head."""

from pathlib import Path

import torch
from torch import nn

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_weights
from neuroloop.jobs.seeds import torch_generator
from neuroloop.networks.states import load_state
from neuroloop.networks.transfer_network import TransferNetwork, seed_dropout


def load_backbone(network: TransferNetwork, weights: str | Path | None) -> None:
    """Give the backbone pretrained weights.

    Parameters
    ----------
    network : TransferNetwork
    weights : "imagenet", path or None
        ``imagenet``: those that the backbone brings, if it does. A path: of a .safetensors or .pth
        checkpoint with the names of the backbone's parameters, torchvision's for ResNets; its last
        layer is not used. None: nothing is loaded.

    Raises
    ------
    NeuroLoopError
        If the weights are missing, or a name or a shape in them does not fit.
    """
    if weights is None:
        return
    backbone = network.backbone
    if weights == "imagenet":
        entry = registry.entry("backbone", network.backbone_name)
        if not hasattr(entry, "load_imagenet"):
            known = ", ".join(registry.having("backbone", "load_imagenet"))
            raise NeuroLoopError(
                f"weights imagenet come with {known} alone: for {network.backbone_name}, name the "
                "file of a checkpoint with its parameters' names"
            )
        entry.load_imagenet(backbone)
        return
    state = load_weights(weights)
    for name in ("fc.weight", "fc.bias", "_fc.weight", "_fc.bias"):
        state.pop(name, None)
    advice = "take a checkpoint with its package's names, or change the backbone, width or stem"
    load_state(backbone, state, weights, advice)


def initialise_backbone(network: TransferNetwork, seed: int) -> None:
    """Draw the backbone's weights, as its entry says."""
    registry.entry("backbone", network.backbone_name).initialise(network.backbone, seed)


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
