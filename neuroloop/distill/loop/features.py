"""Features of images in a trained student, from one of its layers."""

import torch
from torch.nn import functional

from neuroloop.images.preparation import Prepared
from neuroloop.networks.resnet import ResNet

#: Layers by name: what the head reads (the last stage's mean over space), or the maps of a stage.
PENULTIMATE = "penultimate"

#: Places along a side over which the maps of a stage are averaged.
PLACES = 4

#: Images at once.
BATCH = 256


@torch.inference_mode()
def layer_features(network: ResNet, inputs: Prepared, layer: str) -> torch.Tensor:
    """Features of images in one layer of a network.

    Parameters
    ----------
    network : ResNet
        Of one member, in evaluation mode.
    inputs : Prepared
        Images as its preparation gives them.
    layer : str
        `PENULTIMATE`: what the head reads, a value a channel. Or a stage, ``layer1`` to
        ``layer4``: its maps, averaged over squares so that `PLACES` x `PLACES` places are left at
        most.

    Returns
    -------
    Tensor of float32, shape (images, features)
        On the CPU.
    """
    stage = network.stages[-1] if layer == PENULTIMATE else layer
    device = next(network.parameters()).device
    seen: list[torch.Tensor] = []

    def keep(module: object, arguments: object, maps: torch.Tensor) -> None:
        side = 1 if layer == PENULTIMATE else min(PLACES, *maps.shape[2:])
        seen.append(functional.adaptive_avg_pool2d(maps.float(), side).flatten(1).cpu())

    hook = network.get_submodule(stage).register_forward_hook(keep)
    try:
        for start in range(0, len(inputs), BATCH):
            network(torch.from_numpy(inputs[start : start + BATCH]).to(device))
    finally:
        hook.remove()
    return torch.cat(seen)
