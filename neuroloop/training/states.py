"""The state of a training after an epoch, from which it goes on to the same bytes."""

from collections.abc import Mapping
from typing import Any

import torch

from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.optimiser import Optimiser


def keep(
    network: BatchedNetwork,
    optimiser: Optimiser | None,
    checkpoint: Checkpoint,
    history: list[dict[str, Any]],
    best: Mapping[str, torch.Tensor],
) -> None:
    """Save the state after an epoch, which is the last one if there is no optimiser.

    Parameters
    ----------
    network : BatchedNetwork
    optimiser : Optimiser or None
    checkpoint : Checkpoint
    history : list of dict
        Rows of all epochs so far.
    best : mapping of str to Tensor
        State of a watched network's best epoch; else empty.
    """
    tensors = {f"network/{name}": values for name, values in network.state_dict().items()}
    tensors |= {f"best/{name}": values for name, values in best.items()}
    if optimiser:
        for number, state in optimiser.state.items():
            tensors |= {f"optimiser/{number}/{name}": values for name, values in state.items()}
    checkpoint.save(tensors, {"history": history})


def resume(
    network: BatchedNetwork, optimiser: Optimiser, checkpoint: Checkpoint | None
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Restore the last state that was kept, if there is one that fits.

    Parameters
    ----------
    network : BatchedNetwork
    optimiser : Optimiser
    checkpoint : Checkpoint or None

    Returns
    -------
    history : list of dict
    best : dict of str to Tensor
        As `keep` took them; empty without a state.
    """
    kept = checkpoint.load() if checkpoint else None
    if not checkpoint or not kept:
        return [], {}
    tensors, facts = kept
    own = network.state_dict()
    weights = _below(tensors, "network/")
    if {name: values.shape for name, values in own.items()} != {
        name: values.shape for name, values in weights.items()
    }:
        checkpoint.ignore("it is of another network")
        return [], {}
    parameters = [values for values in network.parameters() if values.requires_grad]
    state: dict[int, dict[str, torch.Tensor]] = {}
    for position, values in tensors.items():
        kind, number, *rest = position.split("/")
        if kind == "optimiser":
            like = parameters[int(number)]
            if values.shape == like.shape:  # in the layout of its parameter, as it was
                values = torch.empty_like(like).copy_(values)
            state.setdefault(int(number), {})[rest[0]] = values
    network.load_state_dict(weights)
    optimiser.load(state)
    return list(facts["history"]), _below(tensors, "best/")


def _below(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Tensors whose names begin so, named without it."""
    return {
        name.removeprefix(prefix): values
        for name, values in tensors.items()
        if name.startswith(prefix)
    }
