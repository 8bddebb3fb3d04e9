"""How a network runs while it is explained: what is switched off, and what is explained."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode, its parameters without gradients.

    Afterwards, also after an exception, each module is in its own mode again and each parameter has
    its own flag. Without gradients of parameters a pass keeps less, and whatever its graph holds
    lies between the images and the scores.

    Parameters
    ----------
    network : Module
    """
    modes = [(module, module.training) for module in network.modules()]
    flags = [(parameter, parameter.requires_grad) for parameter in network.parameters()]
    try:
        network.eval()
        network.requires_grad_(False)
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, flag in flags:
            parameter.requires_grad_(flag)


def device_of(network: nn.Module) -> torch.device:
    """Return the device that a network lies on, that of its first parameter."""
    return next(network.parameters()).device


def mean_logits(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Run a network; of a batched network, take the mean of its members' logits.

    Members share nothing: the gradient of the mean by a member's own channels is that member's
    gradient divided by the number of members.

    Parameters
    ----------
    network : Module
        Maps images to (images, classes), or to (images, members, classes) as `core` networks do.
    images : Tensor, shape (images, channels, height, width)
        Left as they are, also where the network begins with an operation in place.

    Returns
    -------
    Tensor, shape (images, classes)

    Raises
    ------
    ValueError
        If the outputs have another shape.
    """
    outputs = network(images.clone())
    if outputs.ndim == 3:
        outputs = outputs.mean(1)
    if outputs.ndim != 2 or len(outputs) != len(images):
        raise ValueError(f"outputs {tuple(outputs.shape)} for {len(images)} images are no logits")
    return outputs


def class_scores(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return the logit of each image's class, shape (images,), by `mean_logits`."""
    return mean_logits(network, images).gather(1, classes[:, None])[:, 0]
