"""How networks are optimised."""

import math
from dataclasses import dataclass
from typing import Literal

import torch

from neuroloop.training.optimiser import Adam, Momentum, Optimiser


@dataclass(frozen=True)
class Recipe:
    """How to optimise.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate : float
        Of the first epoch.
    momentum : float
        Of SGD (and Nesterov's form of it if `nesterov`).
    nesterov : bool
    weight_decay : float
        Added to the gradient, times the weight.
    schedule : {"constant", "cosine", "step"}
        The rate of epoch e (from 0) is `learning_rate` times 1, times (1 + cos(pi e / epochs)) / 2,
        or times gamma^floor(e / step_epochs). A `Watch` lowers it further.
    step_epochs, gamma
        Of the schedule ``step``.
    optimiser : {"sgd", "adam"}
    """

    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: Literal["constant", "cosine", "step"] = "constant"
    step_epochs: int = 30
    gamma: float = 0.1
    optimiser: Literal["sgd", "adam"] = "sgd"

    def rate(self, epoch: int) -> float:
        """Learning rate of an epoch, counted from 0."""
        factor = {
            "constant": 1.0,
            "cosine": (1 + math.cos(math.pi * epoch / self.epochs)) / 2,
            "step": self.gamma ** (epoch // self.step_epochs),
        }[self.schedule]
        return self.learning_rate * factor

    def build(self, network: torch.nn.Module) -> Optimiser:
        """Return the optimiser of the parameters that are not frozen."""
        trained = [values for values in network.parameters() if values.requires_grad]
        if self.optimiser == "adam":
            return Adam(trained, self.weight_decay)
        return Momentum(trained, self.weight_decay, self.momentum, self.nesterov)
