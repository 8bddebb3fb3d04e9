"""Stochastic gradient descent and Adam, by the functions that torch's optimisers are made of.

The classes `torch.optim.SGD` and `torch.optim.Adam` import torch's compiler when they are made,
which nothing here uses: that takes longer than many a small network's training (2.8 s of CPU,
measured). What they compute is the same, to the last bit.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd


class Optimiser(ABC):
    """Fused steps on some parameters, each with its moments.

    Parameters
    ----------
    parameters : iterable of Tensor
        Those that are trained.
    weight_decay : float

    Attributes
    ----------
    rate : float
        Learning rate, set before each step.
    state : dict of int to dict of str to Tensor
        Moments by the number of the parameter, from its first step on.
    """

    def __init__(self, parameters: Iterable[torch.Tensor], weight_decay: float = 0.0) -> None:
        self.parameters, self.weight_decay = list(parameters), weight_decay
        self.rate = 0.0
        self.state: dict[int, dict[str, torch.Tensor]] = {}

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for values in self.parameters:
            values.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters that have gradients."""
        positions = [n for n, values in enumerate(self.parameters) if values.grad is not None]
        values = [self.parameters[position] for position in positions]
        self._step(positions, values, [one.grad for one in values if one.grad is not None])

    def load(self, state: Mapping[int, Mapping[str, torch.Tensor]]) -> None:
        """Go on from an earlier `state`."""
        self.state = {
            position: {
                name: moment.to(self.parameters[position].device) for name, moment in kept.items()
            }
            for position, kept in state.items()
        }

    @abstractmethod
    def _step(
        self, places: list[int], values: list[torch.Tensor], gradients: list[torch.Tensor]
    ) -> None:
        """Change these parameters, of these numbers, by their gradients."""


class Momentum(Optimiser):
    """Stochastic gradient descent; see `torch.optim.SGD` for what it computes."""

    def __init__(
        self,
        parameters: Iterable[torch.Tensor],
        weight_decay: float,
        momentum: float,
        nesterov: bool,
    ) -> None:
        super().__init__(parameters, weight_decay)
        self.momentum, self.nesterov = momentum, nesterov

    def _step(
        self, places: list[int], values: list[torch.Tensor], gradients: list[torch.Tensor]
    ) -> None:
        buffers = [self.state.get(position, {}).get("momentum_buffer") for position in places]
        sgd(
            values,
            gradients,
            buffers,
            fused=True,
            weight_decay=self.weight_decay,
            momentum=self.momentum,
            lr=self.rate,
            dampening=0.0,
            nesterov=self.nesterov,
            maximize=False,
        )
        for position, buffer in zip(places, buffers, strict=True):
            if self.momentum and buffer is not None:
                self.state[position] = {"momentum_buffer": buffer}


class Adam(Optimiser):
    """Adam with the usual moments; see `torch.optim.Adam` for what it computes."""

    def _step(
        self, places: list[int], values: list[torch.Tensor], gradients: list[torch.Tensor]
    ) -> None:
        for position, one in zip(places, values, strict=True):
            if position not in self.state:
                self.state[position] = {
                    "step": torch.zeros((), dtype=torch.float32, device=one.device),
                    "exp_avg": torch.zeros_like(one),
                    "exp_avg_sq": torch.zeros_like(one),
                }
        mean, square, step = (
            [self.state[position][name] for position in places]
            for name in ("exp_avg", "exp_avg_sq", "step")
        )
        adam(
            values,
            gradients,
            mean,
            square,
            [],
            step,
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.rate,
            weight_decay=self.weight_decay,
            eps=1e-8,
            maximize=False,
        )
