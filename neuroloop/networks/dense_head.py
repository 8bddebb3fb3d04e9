"""Heads of dense layers on pooled features, with dropout that a seed fixes."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import nn

from neuroloop.networks.blocks import Head


class Dropout(nn.Dropout):
    """Dropout of a random stream of its own, the same on every device.

    Attributes
    ----------
    generator : Generator
        Of the CPU; always the same stream until who trains sets another.
    """

    def __init__(self, p: float) -> None:
        super().__init__(p)
        self.generator = torch.Generator()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map features, shape (batch, features), to the same; unchanged in evaluation mode."""
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape, generator=self.generator) >= self.p
        return x * (kept.to(x) / (1 - self.p))


def dense_head(features: int, classes: int, units: Sequence[int], dropout: float) -> nn.Sequential:
    """Build a head: blocks of batch normalisation, dense layer, ReLU and dropout, then a layer.

    Parameters
    ----------
    features, classes : int
    units : sequence of int
        Of each block's dense layer; empty for a linear head.
    dropout : float
        Share of each block's outputs that training drops, of the features if there is no block.

    Returns
    -------
    Sequential
        From (batch, features) to logits (batch, 1, classes). Its last layer is ``fc``.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for number, count in enumerate(units, start=1):
        layers[f"norm{number}"] = nn.BatchNorm1d(features)
        layers[f"dense{number}"] = nn.Linear(features, count)
        layers[f"relu{number}"] = nn.ReLU()
        layers[f"dropout{number}"] = Dropout(dropout)
        features = count
    if not units:
        layers["dropout"] = Dropout(dropout)
    layers["fc"] = Head(features, classes, members=1)
    return nn.Sequential(layers)
