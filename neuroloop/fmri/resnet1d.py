"""Decoding with a 1-D ResNet18 over the vector of voxels, one network per split.

Its convolutions run over the order of the voxels, which has no anatomical meaning: compare it with
a linear decoder.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch.nn import functional

from neuroloop.fmri.kept_network import Keep, KeptNetwork
from neuroloop.fmri.voxels import prepare, scaling, select_voxels
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.resnet import ResNet, initialise, member_state, resnet
from neuroloop.statistics.folds import Split
from neuroloop.training.batches import equal_batches
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.device_memory import networks_at_once
from neuroloop.training.loop import fit, predict
from neuroloop.training.objective import Objective, Terms
from neuroloop.training.recipe import Recipe
from neuroloop.training.transfers import onto

#: As in the study, whose step decay at epoch 90 was never reached.
RECIPE = Recipe(epochs=15, batch_size=64, learning_rate=0.01, momentum=0.9)


def resnet1d18(
    x: np.ndarray,
    y: np.ndarray,
    splits: Sequence[Split],
    n_classes: int,
    n_voxels: int,
    *,
    recipe: Recipe = RECIPE,
    width: int = 64,
    seed: int,
    device: torch.device | str,
    members_at_once: int,
    checkpoint: Callable[[str], Checkpoint] | None = None,
    keep: Keep | None = None,
) -> list[np.ndarray]:
    """Score the test rows of every split with a network trained on its training rows.

    Selection and scaling of voxels are fitted on the training rows too; cross-entropy is
    minimised. A network depends on its rows, the index of its split and the seed and, up to
    rounding, not on the networks trained along with it.

    Parameters
    ----------
    x : ndarray of float32, shape (n, voxels)
        Activity.
    y : ndarray of int, shape (n,)
        Class indices. Those of test rows are ignored.
    splits : sequence of Split
    n_classes, n_voxels : int
        Classes of the data set; voxels kept by the selection.
    recipe : Recipe
    width : int
        Channels of the first stage; 64 in the study.
    seed : int
        Root of the initialisations and of the orders of batches.
    device : device
    members_at_once : int
        Networks that a CPU trains at once as a batched network; a GPU takes as many as fit into
        its memory.
    checkpoint : callable, optional
        Maps a name to where a state is kept. States remain until the caller removes them.
    keep : callable, optional
        Receives the network of the first split.

    Returns
    -------
    list of ndarray of float32, shape (test rows, n_classes)
        Logits.

    Raises
    ------
    NeuroLoopError
        If training diverges, or a split has too few training rows.
    """
    sizes = [len(split.train) for split in splits]
    build = partial(resnet, 18, in_channels=1, classes=n_classes, width=width, dims=1)
    at_once = networks_at_once(
        len(splits),
        members_at_once,
        build,
        (recipe.batch_size, 1, n_voxels),
        torch.device(device),
        data=4 * n_voxels * sum(sizes),
    )
    groups = equal_batches(sizes, recipe.batch_size, at_once)
    scores: dict[int, np.ndarray] = {}
    first: dict[str, torch.Tensor] = {}
    for number, group in enumerate(groups, start=1):
        name = f"split{group[0]}x{len(group)}"
        kept = checkpoint(f"scores-{name}") if checkpoint else None
        loaded = kept.load() if kept else None
        if loaded:
            scores |= {member: loaded[0].pop(str(member)).numpy() for member in group}
            first |= loaded[0]
            continue
        state = checkpoint(name) if checkpoint else None
        chosen = [splits[member] for member in group]
        prepared = [prepare(x[s.train], y[s.train], x[s.test], n_voxels) for s in chosen]
        seeds = [derive_seed(seed, "resnet1d18", member) for member in group]
        network = build(members=len(group))
        initialise(network, [derive_seed(seed, "initialisation") for seed in seeds])
        network.to(device)
        fit(
            network,
            CrossEntropy([train for train, _ in prepared], [y[s.train] for s in chosen], device),
            [len(split.train) for split in chosen],
            seeds,
            recipe,
            checkpoint=state,
            label=f"networks, {number} of {len(groups)}",
        )
        tests = [test for _, test in prepared]
        logits = predict(network, _stack(tests).transpose(1, 0, 2)[:, :, None])
        scores |= {
            member: logits[: len(test), column].copy()
            for column, (member, test) in enumerate(zip(group, tests, strict=True))
        }
        if 0 in group:
            first = member_state(network, group.index(0))
        if kept and state:  # scores are small, weights are not: only one network's are kept
            done = {str(member): torch.from_numpy(scores[member]) for member in group}
            kept.save(done | (first if 0 in group else {}), {})
            state.remove()
    if keep:
        keep(_kept(x, y, splits[0], n_voxels, width, first))
    return [scores[member] for member in range(len(splits))]


def _kept(
    x: np.ndarray,
    y: np.ndarray,
    split: Split,
    n_voxels: int,
    width: int,
    weights: dict[str, torch.Tensor],
) -> KeptNetwork:
    """Return a split's network with its test rows."""
    train = x[split.train]
    voxels = select_voxels(train, y[split.train], n_voxels)
    mean, unit = scaling(train[:, voxels].astype(np.float64))
    options = {"depth": 18, "in_channels": 1, "width": width, "dims": 1}
    rows = prepare(train, y[split.train], x[split.test], n_voxels)[1]
    return KeptNetwork(options, weights, rows, voxels, mean, unit)


class CrossEntropy(Objective[ResNet]):
    """Loss of the members' batches, from each member's rows (n, voxels) and classes (n,)."""

    def __init__(
        self,
        activity: Sequence[np.ndarray],
        labels: Sequence[np.ndarray],
        device: torch.device | str,
    ) -> None:
        super().__init__(device)
        self.rows = onto(_stack(activity), self.device)
        self.classes = onto(_stack([truth.astype(np.int64) for truth in labels]), self.device)
        self.members = torch.arange(len(activity), device=self.device)[:, None]

    def score(self, network: ResNet, *batch: torch.Tensor) -> Terms:
        """Cross-entropy of each member."""
        (indices,) = batch
        inputs = self.rows[self.members, indices].transpose(0, 1)[:, :, None]
        logits = network(inputs).float()
        truth = self.classes[self.members, indices].T
        entropy = functional.cross_entropy(logits.permute(0, 2, 1), truth, reduction="none")
        return entropy.mean(dim=0), {}


def _stack(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Join arrays of different lengths along a new first axis, filled with zeros."""
    stacked = np.zeros(
        (len(arrays), max(map(len, arrays)), *arrays[0].shape[1:]), dtype=arrays[0].dtype
    )
    for target, array in zip(stacked, arrays, strict=True):
        target[: len(array)] = array
    return stacked
