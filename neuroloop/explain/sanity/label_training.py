"""The same network trained on permuted labels, so that what it learned has no meaning.

Adebayo et al. 2018, "Sanity checks for saliency maps", section 3.2 (data randomisation test). Such
a network must have memorised its labels; otherwise it is just another random one.
"""

import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from neuroloop.explain.attribution.modes import device_of
from neuroloop.explain.sanity.randomisation import Layer, find_layers, randomise_layer
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.transfer_network import TransferNetwork
from neuroloop.training.loop import fit
from neuroloop.training.recipe import Recipe

#: A network has memorised its labels from this accuracy on its own training images on.
MEMORISED = 0.95

#: Of one round; after each it is looked whether the labels are memorised. Its last steps are small,
#: so that batch normalisation evaluates as it was trained.
RECIPE = Recipe(epochs=12, batch_size=16, learning_rate=0.002, optimiser="adam", schedule="cosine")


class PermutedTraining(NamedTuple):
    """A network that learned permuted labels.

    Attributes
    ----------
    network : BatchedNetwork
        In evaluation mode, on the device of the given one.
    accuracy : float
        On the images that it learned from, mean over members; of several labels, the share of
        images that have all of them right.
    chance : float
        Of the commonest label, or set of labels.
    memorised : bool
        Whether `accuracy` reaches `MEMORISED`.
    n : int
        Images.
    kept : float
        Share of images whose label is still their own.
    epochs : int
    loss : float
        Of the last epoch.
    """

    network: BatchedNetwork
    accuracy: float
    chance: float
    memorised: bool
    n: int
    kept: float
    epochs: int
    loss: float


def train_on_permuted_labels(
    network: BatchedNetwork,
    images: np.ndarray,
    truth: np.ndarray,
    *,
    multi_label: bool,
    seed: int,
    recipe: Recipe = RECIPE,
    rounds: int = 20,
) -> PermutedTraining:
    """Train a network anew on permuted labels, until it has memorised them.

    What was trained starts with fresh weights, as `randomisation.randomise_layer` draws them; what
    is frozen in a `TransferNetwork` stays, and runs once. Dropout is switched off, which stands
    against memorising.

    Parameters
    ----------
    network : BatchedNetwork
        Stays as it is: a copy is trained, on its device.
    images : ndarray of float32, shape (n, members * channels, height, width)
    truth : ndarray, shape (n,) of int or (n, classes) of bool
        The latter if `multi_label`.
    multi_label : bool
        Whether to use sigmoids and binary cross-entropy instead of softmax and cross-entropy.
    seed : int
        Of the permutation, which members share, of fresh weights and of the order of batches.
    recipe : Recipe
        Of one round, which starts the optimiser anew.
    rounds : int
        Most rounds.

    Returns
    -------
    PermutedTraining

    Raises
    ------
    NeuroLoopError
        If training diverges, or there are fewer than two images.
    """
    trained = copy.deepcopy(network)
    pixels = torch.from_numpy(images).to(device_of(trained))
    for layer in trained_layers(trained, pixels):
        randomise_layer(trained, layer, derive_seed(seed, "permuted labels"))
    for module in trained.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    order = numpy_generator(seed, "permuted labels").permutation(len(truth))
    targets = torch.from_numpy(truth[order]).to(pixels.device)
    inputs = pixels
    if isinstance(trained, TransferNetwork):
        trained.frozen_norm = False  # fresh weights have statistics of their own
        inputs = _front(trained, pixels)
    done, accuracy, loss = 0, 0.0, np.nan
    for number in range(rounds):
        history = fit(
            trained,
            lambda one, epoch, rows: (_loss(one, inputs, targets, rows, multi_label), {}),
            [len(images)] * trained.members,
            [
                derive_seed(seed, "permuted labels", number, member)
                for member in range(trained.members)
            ],
            replace(recipe, batch_size=min(recipe.batch_size, len(images))),
            label=f"permuted labels, round {number + 1} of at most {rounds}",
        )
        done += recipe.epochs
        loss = float(history["loss"][history["epoch"] == recipe.epochs].mean())
        accuracy = _accuracy(trained, inputs, truth[order], multi_label)
        if accuracy >= MEMORISED:
            break
    return PermutedTraining(
        trained,
        accuracy,
        _commonest(truth),
        accuracy >= MEMORISED,
        len(images),
        float((truth == truth[order]).reshape(len(truth), -1).all(axis=1).mean()),
        done,
        loss,
    )


def trained_layers(network: nn.Module, images: torch.Tensor) -> list[Layer]:
    """List the layers that training changes, from the output down: none that is frozen.

    Parameters
    ----------
    network : Module
    images : Tensor, shape (n, channels, height, width)
        As in `randomisation.find_layers`.
    """
    return [
        layer
        for layer in find_layers(network, images)
        if any(
            values.requires_grad
            for name in layer.modules
            for values in network.get_submodule(name).parameters(recurse=False)
        )
    ]


@torch.no_grad()
def _front(network: TransferNetwork, images: torch.Tensor, batch: int = 32) -> torch.Tensor:
    """Features at the cut."""
    network.eval()
    return torch.cat([network.front(part) for part in images.split(batch)])


def _loss(
    network: BatchedNetwork,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    rows: torch.Tensor,
    multi_label: bool,
) -> torch.Tensor:
    """Each member's mean loss, shape (members,), of its own rows (members, batch)."""
    if isinstance(network, TransferNetwork):
        logits = network.back(inputs[rows[0]])
    else:
        members = len(rows)
        by_member = inputs.unflatten(1, (members, -1)).transpose(0, 1)
        own = by_member[torch.arange(members, device=rows.device)[:, None], rows]
        logits = network(own.transpose(0, 1).flatten(1, 2))
    chosen = targets[rows].transpose(0, 1)
    if multi_label:
        return functional.binary_cross_entropy_with_logits(
            logits, chosen.to(logits), reduction="none"
        ).mean((0, 2))
    return functional.cross_entropy(
        logits.transpose(1, 2), chosen.to(torch.int64), reduction="none"
    ).mean(0)


@torch.inference_mode()
def _accuracy(
    network: BatchedNetwork,
    inputs: torch.Tensor,
    targets: np.ndarray,
    multi_label: bool,
    batch: int = 32,
) -> float:
    """Return the accuracy in evaluation mode, averaged over members."""
    run = network.back if isinstance(network, TransferNetwork) else network
    logits = torch.cat([run(part) for part in inputs.split(batch)]).cpu().numpy()
    if multi_label:
        return float(((logits > 0) == targets[:, None].astype(bool)).all(axis=2).mean())
    return float((logits.argmax(axis=2) == targets[:, None]).mean())


def _commonest(truth: np.ndarray) -> float:
    return float(np.unique(truth, axis=0, return_counts=True)[1].max() / len(truth))
