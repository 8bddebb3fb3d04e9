"""A network that stops at one of its layers: what comes after it need not be run."""

from typing import Any

import torch
from torch import nn


class UpTo(nn.Module):
    """A network whose forward pass ends when one of its layers has run.

    What reads the layer's output by a hook (`layers.layer_output` and its kin) finds it under
    `name`; the pass itself returns nothing of use.

    Parameters
    ----------
    network : Module
        Shared, not copied.
    layer : str
        Name of a layer in the network.

    Attributes
    ----------
    name : str
        Name of the layer in this module.
    """

    def __init__(self, network: nn.Module, layer: str) -> None:
        super().__init__()
        self.network, self.layer = network, layer
        self.name = f"network.{layer}"

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Run up to the layer; returns the images."""
        # Hooked in each pass anew, and so after whoever reads the layer: hooks run in that order.
        handle = self.network.get_submodule(self.layer).register_forward_hook(_stop)
        try:
            self.network(images)
        except _Reached:
            pass
        finally:
            handle.remove()
        return images


class _Reached(Exception):
    """The layer has run."""


def _stop(module: nn.Module, given: Any, output: Any) -> None:
    raise _Reached
