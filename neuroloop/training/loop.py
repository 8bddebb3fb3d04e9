"""Training and prediction of networks, alone or as a batched network of independent members."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import torch

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.execution import current_execution
from neuroloop.jobs.progress import progress
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.training.batches import batch_order
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.objective import Loss, LossOfRows, Objective
from neuroloop.training.recipe import Recipe
from neuroloop.training.states import keep, resume
from neuroloop.training.step import Step, step_of
from neuroloop.training.transfers import onto
from neuroloop.training.watch import Watch

if TYPE_CHECKING:
    import pandas as pd

Network = TypeVar("Network", bound=BatchedNetwork)


class Inputs(Protocol):
    """Inputs of a network that are made when a part of them is asked for."""

    shape: tuple[int, ...]

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> np.ndarray: ...


def fit(
    network: Network,
    loss: Objective[Network] | Loss[Network],
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
    loss: Objective[Network] | Loss[Network],
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
    loss : Objective or callable
        See `objective.Objective`, and `Loss` for a function. It must not depend on what came
        before it, or training cannot be resumed.
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
    device = next(network.parameters()).device
    objective = loss if isinstance(loss, Objective) else LossOfRows(loss, device)
    optimiser = recipe.build(network)
    step = step_of(network, objective, optimiser, current_execution())
    history, best = resume(network, optimiser, checkpoint)
    done = history[-1]["epoch"] if history else 0
    if done:
        logging.getLogger(__name__).info("%s: goes on after epoch %d", label or "training", done)
    network.train()
    label = f"{label or 'training'}, epochs"
    for epoch in progress(range(done, recipe.epochs), label, state=lambda: _loss(history)):
        if watch and watch.is_over(history):
            break
        optimiser.rate = recipe.rate(epoch) * (watch.rate_factor(history) if watch else 1)
        means = _epoch(step, epoch, batch_order(sizes, recipe.batch_size, seeds, epoch))
        _check_finite(network, means["loss"], epoch + 1, recipe)
        for member in range(len(sizes)):
            row = {"member": member, "epoch": epoch + 1, "learning_rate": optimiser.rate}
            history.append(row | {name: values[member] for name, values in means.items()})
        if watch and _watched(network, watch, history):
            best = {name: v.detach().clone() for name, v in network.state_dict().items()}
        if checkpoint and checkpoint.due() and epoch + 1 < recipe.epochs:
            keep(network, optimiser, checkpoint, history, best)
    network.eval()
    if best:
        network.load_state_dict(best)
    if checkpoint and done < recipe.epochs:
        keep(network, None, checkpoint, history, best)
    return history


def _epoch(step: Step[Network], epoch: int, order: np.ndarray) -> dict[str, list[float]]:
    """Train for an epoch; return each member's mean of loss and terms over the batches."""
    sums: dict[str, torch.Tensor] = {}
    for batch in step.objective.batches(epoch, order):
        for name, values in step(batch).items():
            sums[name] = sums.get(name, 0) + values.double()
    table = torch.stack(list(sums.values())) / len(order)
    return dict(zip(sums, table.tolist(), strict=True))  # the epoch's only wait for a GPU


def _watched(network: Network, watch: Watch[Network], history: list[dict[str, Any]]) -> bool:
    """Note the loss on other rows after an epoch; return whether it is the lowest so far."""
    network.eval()
    history[-1]["validation"] = watch.validate(network)
    network.train()
    return watch.is_best(history)


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
                network(onto(inputs[start : start + batch], device).repeat(1, copies, 1, 1)).float()
                for start in range(0, max(len(inputs), 1), batch)
            ]
            return torch.cat(parts).cpu().numpy()
    finally:
        network.train(was_training)


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
