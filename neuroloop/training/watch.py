"""Watching rows that are not learned from: when to slow down, when to stop, which epoch to keep."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from neuroloop.networks.batched_network import BatchedNetwork

Network = TypeVar("Network", bound=BatchedNetwork)


@dataclass(frozen=True)
class Watch(Generic[Network]):
    """Reduction of the learning rate on a plateau, and early stopping, of a single network.

    All follows from the history of the epochs, so that resumed training decides alike.

    Attributes
    ----------
    validate : callable
        From the network, in evaluation mode, to its loss on rows that it does not learn from.
    reduce_after : int
        Epochs without a lower loss after which the learning rate is multiplied by `factor`, again
        and again.
    factor : float
    stop_after : int
        Epochs without a lower loss after which training ends.
    """

    validate: Callable[[Network], float]
    reduce_after: int
    factor: float
    stop_after: int

    def rate_factor(self, history: Sequence[Mapping[str, Any]]) -> float:
        """What the learning rate of the next epoch is multiplied by."""
        factor, lowest, waited = 1.0, float("inf"), 0
        for row in history:
            waited = 0 if row["validation"] < lowest else waited + 1
            lowest = min(lowest, row["validation"])
            if waited >= self.reduce_after:
                factor, waited = factor * self.factor, 0
        return factor

    def is_best(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the last epoch has the lowest loss so far; ties go to the earlier."""
        losses = [row["validation"] for row in history]
        return losses.index(min(losses)) == len(losses) - 1

    def is_over(self, history: Sequence[Mapping[str, Any]]) -> bool:
        """Whether so many epochs have passed since the best one that training ends."""
        losses = [row["validation"] for row in history]
        return bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= self.stop_after
