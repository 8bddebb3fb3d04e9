"""Training and prediction of networks, alone or as a batched network of independent members."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import torch

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.progress import progress
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training.batches import batch_order
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.optimiser import Optimiser
from neuroloop.training.recipe import Recipe
from neuroloop.training.watch import Watch

if TYPE_CHECKING:
    import pandas as pd

Network = TypeVar("Network", bound=BatchedNetwork)

#: From network, epoch (from 0) and the rows of a batch, shape (members, batch), to each member's
#: mean loss and further named terms to record, each of shape (members,).
Loss = Callable[[Network, int, torch.Tensor], tuple[torch.Tensor, Mapping[str, torch.Tensor]]]


class Inputs(Protocol):
    """Inputs of a network that are made when a part of them is asked for."""

    shape: tuple[int, ...]

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> np.ndarray: ...


def fit(
    network: Network,
    loss: Loss[Network],
    sizes: Sequence[int],
    seeds: Sequence[int],
    recipe: Recipe,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Watch[Network] | None = None,
    label: str = "",
) -> "pd.DataFrame":
    """Train as `train` does, with the history as a table.

    Returns
    -------
    DataFrame
        The rows of `train`.
    """
    import pandas as pd

    history = train(
        network, loss, sizes, seeds, recipe, checkpoint=checkpoint, watch=watch, label=label
    )
    return pd.DataFrame(history)


def train(
    network: Network,
    loss: Loss[Network],
    sizes: Sequence[int],
    seeds: Sequence[int],
    recipe: Recipe,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Watch[Network] | None = None,
    label: str = "",
) -> list[dict[str, Any]]:
    """Train a network, or all members of a batched network, and leave it in evaluation mode.

    What is minimised is the sum of the members' losses, so that each is trained as if alone.

    Parameters
    ----------
    network : BatchedNetwork
        On its device.
    loss : callable
        See `Loss`. It must not depend on what came before it, or training cannot be resumed.
    sizes : sequence of int
        Number of training rows of each member.
    seeds : sequence of int
        One a member: the order of its batches.
    recipe : Recipe
    checkpoint : Checkpoint, optional
        Where the state is kept now and then, and at the end without the optimiser's. Training
        that goes on from there ends in the same bytes.
    watch : Watch, optional
        Lowers the learning rate and ends training by a loss on other rows, of a single network,
        whose weights are those of its best epoch then. The history has ``validation`` as well.
    label : str
        What is trained, for the progress.

    Returns
    -------
    list of dict
        A row per epoch (from 1) and member (from 0): ``member``, ``epoch``, ``learning_rate``,
        ``loss`` and the further terms, means over the epoch's batches.

    Raises
    ------
    NeuroLoopError
        If a loss or a weight is no longer finite, or a member has fewer than two rows.
    """
    if min(sizes) < 2:
        raise NeuroLoopError(f"{min(sizes)} training rows are too few for a network: give it more")
    if watch and network.members != 1:
        raise ValueError("one network is watched, not a batched network")
    optimiser = recipe.build(network)
    history, best = _resume(network, optimiser, checkpoint)
    done = history[-1]["epoch"] if history else 0
    if done:
        logging.getLogger(__name__).info("%s: goes on after epoch %d", label or "training", done)
    device = next(network.parameters()).device
    network.train()
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        label = f"{label or 'training'}, epochs"
        for epoch in progress(range(done, recipe.epochs), label, state=lambda: _loss(history)):
            if watch and watch.is_over(history):
                break
            rate = recipe.rate(epoch) * (watch.rate_factor(history) if watch else 1)
            optimiser.rate = rate
            order = batch_order(sizes, recipe.batch_size, seeds, epoch)
            sums: dict[str, torch.Tensor] = {}
            for indices in torch.from_numpy(order).to(device):
                each, terms = loss(network, epoch, indices)
                optimiser.zero_grad()
                each.sum().backward()
                optimiser.step()
                for name, values in {"loss": each, **terms}.items():
                    sums[name] = sums.get(name, 0) + values.detach().double()
            table = torch.stack(list(sums.values())) / len(order)
            means = dict(zip(sums, table.tolist(), strict=True))  # the epoch's only wait for a GPU
            _check_finite(network, means["loss"], epoch + 1, recipe)
            for member in range(len(sizes)):
                row = {"member": member, "epoch": epoch + 1, "learning_rate": rate}
                history.append(row | {name: values[member] for name, values in means.items()})
            if watch:
                network.eval()
                history[-1]["validation"] = watch.validate(network)
                network.train()
                if watch.is_best(history):
                    best = {name: v.detach().clone() for name, v in network.state_dict().items()}
            if checkpoint and checkpoint.due() and epoch + 1 < recipe.epochs:
                _keep(network, optimiser, checkpoint, history, best)
    network.eval()
    if best:
        network.load_state_dict(best)
    if checkpoint and done < recipe.epochs:
        _keep(network, None, checkpoint, history, best)
    return history


def predict(
    network: BatchedNetwork, inputs: np.ndarray | torch.Tensor | Inputs, batch: int = 256
) -> np.ndarray:
    """Return logits, in evaluation mode; the network's mode is left as it was.

    Parameters
    ----------
    network : BatchedNetwork
    inputs : ndarray, Tensor or Inputs of float32, shape (n, members * in_channels, height, width)
        With in_channels alone on the second axis, all members see the same.
    batch : int
        Inputs at once.

    Returns
    -------
    ndarray of float32, shape (n, members, classes)
    """
    device = next(network.parameters()).device
    copies = network.members * network.in_channels // inputs.shape[1]
    was_training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            parts = [
                network(
                    torch.as_tensor(inputs[start : start + batch])
                    .to(device)
                    .repeat(1, copies, 1, 1)
                )
                .float()
                .cpu()
                for start in range(0, max(len(inputs), 1), batch)
            ]
    finally:
        network.train(was_training)
    return torch.cat(parts).numpy()


def _loss(history: Sequence[Mapping[str, Any]]) -> str:
    """The loss of the last epoch, mean over members, and that on other rows if it is watched."""
    last = [row for row in history if row["epoch"] == history[-1]["epoch"]]
    text = f"loss {np.mean([row['loss'] for row in last]):.4g}"
    watched = history[-1].get("validation")
    return text if watched is None else f"{text}, validation {watched:.4g}"


def _check_finite(
    network: BatchedNetwork, losses: Sequence[float], epoch: int, recipe: Recipe
) -> None:
    each = [torch.isfinite(values).all() for values in network.parameters()]
    weights = bool(torch.stack(each).all())
    if not weights or not all(map(math.isfinite, losses)):
        raise NeuroLoopError(
            f"training left the finite numbers in epoch {epoch} of {recipe.epochs}: set a "
            f"learning_rate below {recipe.learning_rate:g}"
        )


def _keep(
    network: BatchedNetwork,
    optimiser: Optimiser | None,
    checkpoint: Checkpoint,
    history: list[dict[str, Any]],
    best: Mapping[str, torch.Tensor],
) -> None:
    """Save the state after an epoch, which is the last one if there is no optimiser."""
    tensors = {f"network/{name}": values for name, values in network.state_dict().items()}
    tensors |= {f"best/{name}": values for name, values in best.items()}
    if optimiser:
        for number, state in optimiser.state.items():
            tensors |= {f"optimiser/{number}/{name}": values for name, values in state.items()}
    checkpoint.save(tensors, {"history": history})


def _resume(
    network: BatchedNetwork, optimiser: Optimiser, checkpoint: Checkpoint | None
) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Restore the last state; return its history and the state of a watched network's best epoch.

    Both are empty if there is none that fits.
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
