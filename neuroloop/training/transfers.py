"""Ways to a device that nothing waits on: pinned memory, and batches that are read one ahead."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

Batch = TypeVar("Batch")


def pinned(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Put values of the host where a GPU fetches them itself; as they are for a CPU."""
    return values.pin_memory() if device.type == "cuda" and values.is_cpu else values


def onto(values: np.ndarray | torch.Tensor, device: torch.device) -> torch.Tensor:
    """Copy values to a device, without waiting for what it has to do before."""
    return pinned(torch.as_tensor(values), device).to(device, non_blocking=True)


def read_ahead(
    read: Callable[[Batch], np.ndarray], batches: Sequence[Batch], device: torch.device
) -> Iterator[torch.Tensor]:
    """Read batches in another thread, one ahead of who works on them, and send each to a device.

    Parameters
    ----------
    read : callable
        From what a batch is to its values; called once at a time, in order.
    batches : sequence
    device : device

    Yields
    ------
    Tensor
        Values of each batch, on the device.
    """

    def load(batch: Batch) -> torch.Tensor:
        return pinned(torch.from_numpy(read(batch)), device)

    with ThreadPoolExecutor(1) as pool:
        coming = [pool.submit(load, batch) for batch in batches[:1]]
        for number in range(len(batches)):
            values = coming.pop().result()
            if number + 1 < len(batches):
                coming.append(pool.submit(load, batches[number + 1]))
            yield values.to(device, non_blocking=True)
