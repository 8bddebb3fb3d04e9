"""Training readers, a network per seed and split, and reading the trials that each did not see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from neuroloop.calcium.reader import Reader, Reading, build, read_frames
from neuroloop.calcium.views import Frames, FrameSource, Views, level
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.statistics.folds import Split
from neuroloop.training.batches import equal_batches
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.device_memory import networks_at_once
from neuroloop.training.loop import fit

if TYPE_CHECKING:
    import pandas as pd

Arrays = Mapping[str, np.ndarray]


class Place(NamedTuple):
    """Which of the trained networks one is.

    Attributes
    ----------
    seed, fold : int
        Places in the list of seeds and in the list of splits.
    """

    seed: int
    fold: int


#: From a trained batched_network and what its members are to the arrays to keep of each member.
Harvest = Callable[[CalciumNetwork, Sequence[Place]], Sequence[Arrays]]


@dataclass(frozen=True, eq=False)
class Readings:
    """What training readers leaves.

    Attributes
    ----------
    logits : ndarray of float32, shape (seeds, n, outputs)
        Of the network that did not learn from the row's trial; NaN where no split tests the row.
    history : DataFrame
        A row per seed, fold and epoch: ``seed`` and ``fold`` (places), ``epoch`` (from 1),
        ``learning_rate``, ``loss``.
    harvest : dict of Place to dict of str to ndarray
        What the caller kept of each network.
    """

    logits: np.ndarray
    history: "pd.DataFrame"
    harvest: dict[Place, dict[str, np.ndarray]]


def train_readers(
    frames: Frames,
    targets: np.ndarray,
    splits: Sequence[Split],
    reader: Reader,
    seeds: Sequence[int],
    device: torch.device,
    *,
    mask: np.ndarray | None = None,
    members_at_once: int = 1,
    checkpoint: Callable[[str], Checkpoint] | None = None,
    harvest: Harvest | None = None,
) -> Readings:
    """Train a network for every seed and split, and read the rows that each did not learn from.

    A network follows from its seed, the place of its split and its training rows, and but for
    rounding not from those that are trained with it. One group of networks is in memory at a time.

    Parameters
    ----------
    frames : callable
        See `views.Frames`. In training it is called from another thread, one call at a time.
    targets : ndarray of bool, shape (n, outputs)
        From `reader.multi_hot`. Those of test rows are not looked at.
    splits : sequence of Split
        By trial.
    reader : Reader
    seeds : sequence of int
    device : device
    mask : ndarray of bool, shape (height, width), optional
        Pixels that the networks see.
    members_at_once : int
        Networks that a CPU trains at once as a batched network; a GPU takes as many as fit into
        its memory.
    checkpoint : callable, optional
        From a name to where a state is kept. The states stay until the caller removes them.
    harvest : callable, optional
        Called once for each group of trained networks, in evaluation mode on the device: for maps
        of held-out frames, or to save weights. What it returns is kept with the readings.

    Returns
    -------
    Readings

    Raises
    ------
    NeuroLoopError
        If training diverges, or a split has too few training rows.
    """
    import pandas as pd

    positions = [Place(seed, fold) for seed in range(len(seeds)) for fold in range(len(splits))]
    sizes = [len(splits[position.fold].train) for position in positions]
    source = FrameSource(frames, np.unique(np.concatenate([s.train for s in splits])), device)
    shape = source.shape
    at_once = networks_at_once(
        len(positions),
        members_at_once,
        lambda: build(reader, targets.shape[1], shape, seeds[:1], mask),
        (reader.recipe.batch_size, *shape),
        device,
    )
    groups = equal_batches(sizes, reader.recipe.batch_size, at_once)
    logits = np.full((len(seeds), *targets.shape), np.nan, dtype=np.float32)
    histories, kept = [], {}
    for number, group in enumerate(groups, start=1):
        chosen = [positions[member] for member in group]
        tests = [splits[position.fold].test for position in chosen]
        name = f"readers{group[0]}x{len(group)}"
        done = checkpoint(f"done-{name}") if checkpoint else None
        loaded = done.load() if done else None
        if loaded:
            arrays = [_of_member(loaded[0], member) for member in range(len(group))]
            history = pd.DataFrame(loaded[1]["history"])
        else:
            state = checkpoint(name) if checkpoint else None
            trains = [splits[position.fold].train for position in chosen]
            own = [
                derive_seed(seeds[position.seed], "reader", position.fold) for position in chosen
            ]
            label = f"readers, {number} of {len(groups)}"
            network, history = _train(source, targets, trains, reader, own, mask, state, label)
            arrays = _read(network, frames, tests)
            if harvest:
                for mine, more in zip(arrays, harvest(network, chosen), strict=True):
                    mine |= more
            del network  # before the next one is built
            if done and state:  # readings are small, weights are not
                done.save(_as_tensors(arrays), {"history": history.to_dict("list")})
                state.remove()
        for position, test, mine in zip(chosen, tests, arrays, strict=True):
            logits[position.seed, test] = mine.pop("logits")
            kept[position] = mine
        members = history.pop("member")
        for column, values in zip(Place._fields, zip(*chosen, strict=True), strict=True):
            history.insert(Place._fields.index(column), column, [values[m] for m in members])
        histories.append(history)
    return Readings(logits, pd.concat(histories, ignore_index=True), kept)


def _train(
    source: FrameSource,
    targets: np.ndarray,
    trains: Sequence[np.ndarray],
    reader: Reader,
    seeds: Sequence[int],
    mask: np.ndarray | None,
    state: Checkpoint | None,
    label: str,
) -> tuple[CalciumNetwork, "pd.DataFrame"]:
    """Train a batched network on each member's rows; its frames are standardised by these alone."""
    levels = np.array([level(source.frames, rows, mask) for rows in trains])
    with source.device:  # many networks need not fit into the host's memory
        network = build(reader, targets.shape[1], source.shape, seeds, mask, levels)
    network.to(source.device)
    history = fit(
        network,
        Reading(Views(source, trains, seeds, reader.augmentation, levels), targets),
        [len(rows) for rows in trains],
        seeds,
        reader.recipe,
        checkpoint=state,
        label=label,
    )
    network.zero_grad()  # as large as the network
    return network, history


def _read(
    network: CalciumNetwork, frames: Frames, tests: Sequence[np.ndarray]
) -> list[dict[str, np.ndarray]]:
    """Logits of each member's test rows."""
    longest = max(map(len, tests))
    # Members with fewer rows read their last one again.
    rows = np.stack([test[np.minimum(np.arange(longest), len(test) - 1)] for test in tests])
    logits = read_frames(network, frames, rows)
    return [{"logits": logits[: len(test), m].copy()} for m, test in enumerate(tests)]


def _as_tensors(arrays: Sequence[Arrays]) -> dict[str, torch.Tensor]:
    """All arrays of all members by one name each."""
    return {
        f"{member}/{name}": torch.from_numpy(np.ascontiguousarray(values))
        for member, mine in enumerate(arrays)
        for name, values in mine.items()
    }


def _of_member(tensors: Mapping[str, torch.Tensor], member: int) -> dict[str, np.ndarray]:
    """The arrays of one member, the reverse of `_as_tensors`."""
    return {
        name.removeprefix(f"{member}/"): values.numpy()
        for name, values in tensors.items()
        if name.startswith(f"{member}/")
    }
