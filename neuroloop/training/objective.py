"""What training minimises, in two parts: batches, made on the host, and the loss of one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

import numpy as np
import torch

from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training.transfers import onto

Network = TypeVar("Network", bound=BatchedNetwork)

#: Each member's mean loss, and further named terms to record, each of shape (members,).
Terms = tuple[torch.Tensor, Mapping[str, torch.Tensor]]

#: From network, epoch (from 0) and the rows of a batch, shape (members, batch), to its terms.
Loss = Callable[[Network, int, torch.Tensor], Terms]


class Objective(ABC, Generic[Network]):
    """A loss whose steps need nothing of the host but to be begun.

    What is random or read is made in `batches`, and sent to the device before it is needed; `score`
    waits for nothing, so that a GPU is given steps faster than it takes them, and repeats them
    where they were recorded.

    Attributes
    ----------
    device : device
    recordable : bool
        Whether `score` does the same to tensors of the same shapes, whatever the epoch.
    """

    recordable = True

    def __init__(self, device: torch.device | str) -> None:
        self.device = torch.device(device)

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """What `score` takes beside the network at each step of an epoch; of one, only the rows.

        Parameters
        ----------
        epoch : int
            From 0. It must not matter which were begun before, or training cannot be resumed.
        order : ndarray of int64, shape (steps, members, batch)
            Rows, as `batch_order` has them.

        Yields
        ------
        tuple of Tensor
            On the device, of the same shapes at every step.
        """
        for rows in onto(order, self.device):
            yield (rows,)

    @abstractmethod
    def score(self, network: Network, *batch: torch.Tensor) -> Terms:
        """Loss of each member, and further terms."""


class LossOfRows(Objective[Network]):
    """A loss that is one function of the epoch and the rows, and may wait in each step."""

    recordable = False

    def __init__(self, loss: Loss[Network], device: torch.device) -> None:
        super().__init__(device)
        self.loss, self.epoch = loss, 0

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """Rows, as the function takes them."""
        self.epoch = epoch
        return super().batches(epoch, order)

    def score(self, network: Network, *batch: torch.Tensor) -> Terms:
        """What the function says."""
        return self.loss(network, self.epoch, *batch)
