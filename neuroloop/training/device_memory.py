"""What a GPU has room for: data that stay there, and networks that train at once."""

import copy
from collections.abc import Callable

import torch

from neuroloop.networks.batched_network import BatchedNetwork

#: Part of the free memory that data may take for as long as networks train, and part of what is
#: left that networks may: kernels need room for themselves, and gradients of activations for the
#: moment between a layer and the one below it.
DATA, NETWORKS = 0.5, 0.6

#: Weights, gradients and the two moments of Adam.
PER_WEIGHT = 4


def free_memory(device: torch.device) -> int:
    """Bytes that a GPU has free, those that torch keeps for later use among them; 0 of a CPU.

    What a job may take of a CPU's memory is for its rule to say.
    """
    if device.type != "cuda":
        return 0
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept


def data_fit(size: int, device: torch.device) -> bool:
    """Whether a GPU has room for data of so many bytes; a CPU never has more than there is."""
    return size <= DATA * free_memory(device)


def networks_at_once(
    members: int,
    on_cpu: int,
    one: Callable[[], BatchedNetwork],
    inputs: tuple[int, int, int],
    device: torch.device,
    data: int = 0,
) -> int:
    """How many networks train at once: as many as asked for on a CPU, on a GPU as many as fit.

    What a network learns does not depend on those beside it, but a sum over more channels may be
    rounded otherwise.

    Parameters
    ----------
    members : int
        Networks there are.
    on_cpu : int
    one : callable
        Makes one of them.
    inputs : (int, int, int)
        Batch, height and width of a network's inputs.
    device : device
    data : int
        Bytes of data that will lie there too, if they fit (`data_fit`).
    """
    if device.type != "cuda":
        return on_cpu
    with torch.device("meta"):  # neither memory of the host nor time
        network = one()
    return group_size(members, training_bytes(network, *inputs), device, data)


def group_size(members: int, each: int, device: torch.device, data: int = 0) -> int:
    """How many networks train at once: as many as a GPU has room for, in groups as even as can be.

    Parameters
    ----------
    members : int
        Networks there are, at least 1.
    each : int
        Bytes that one takes in training (`training_bytes`).
    device : device
    data : int
        Bytes of data that will lie there too, if they fit (`data_fit`).

    Returns
    -------
    int
        At least 1: of one network that does not fit, torch says so.
    """
    free = free_memory(device) - (data if data_fit(data, device) else 0)
    most = max(1, int(NETWORKS * free) // each)
    groups = -(-members // most)
    return -(-members // groups)


def training_bytes(network: BatchedNetwork, batch: int, height: int, width: int) -> int:
    """Bytes that a network takes in training: what its backward pass needs, and its weights' own.

    Nothing is computed: a copy without content runs, and what autograd keeps of it is counted.

    Parameters
    ----------
    network : BatchedNetwork
        Left as it is.
    batch, height, width : int
        Of its inputs.

    Returns
    -------
    int
        In float32; autocast takes less.
    """
    empty = copy.deepcopy(network).to("meta").train()
    kept: dict[int, int] = {}

    def note(values: torch.Tensor) -> torch.Tensor:
        storage = values.untyped_storage()
        kept[storage._cdata] = storage.nbytes()  # what several operations keep counts once
        return values

    inputs = torch.empty(batch, empty.members * empty.in_channels, height, width, device="meta")
    weights = [values.untyped_storage() for values in empty.parameters()]
    with torch.autograd.graph.saved_tensors_hooks(note, lambda values: values):
        outputs = empty(inputs)
    own = sum(storage.nbytes() for storage in weights)
    beside = sum(size for key, size in kept.items() if key not in {w._cdata for w in weights})
    del outputs  # until here what was kept lives, and no two have one address
    return PER_WEIGHT * own + beside
