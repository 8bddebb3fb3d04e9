"""A reader of calcium frames: its network, what it should say, its loss and its predictions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.views import Augmentation, Frames, Views, read_members
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.progress import progress
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.calcium_network import (
    HIDDEN,
    WIDTHS,
    CalciumNetwork,
    calcium_network,
    initialise,
)
from neuroloop.training.loop import predict
from neuroloop.training.objective import Objective, Terms
from neuroloop.training.recipe import Recipe
from neuroloop.training.transfers import onto

#: The study's.
RECIPE = Recipe(epochs=30, batch_size=10, learning_rate=1e-4, optimiser="adam")
#: Of half of the samples, as in the study, which does not say how far.
AUGMENTATION = Augmentation(augmented_share=0.5, brightness=0.2, contrast=0.2)
#: Frames that are predicted at once.
BATCH = 16


@dataclass(frozen=True)
class Reader:
    """A reader's network, recipe and views of the frames.

    Attributes
    ----------
    head : {"flatten", "gap"}
    widths : tuple of int
        Channels of the convolutions.
    hidden_units : int
        Units of the layer in the head ``flatten``.
    coordinates : bool
        Whether the network sees where a pixel is (see `calcium_network`).
    recipe : Recipe
    augmentation : Augmentation
    """

    head: str = "flatten"
    widths: tuple[int, ...] = WIDTHS
    hidden_units: int = HIDDEN
    coordinates: bool = False
    recipe: Recipe = RECIPE
    augmentation: Augmentation = AUGMENTATION

    @classmethod
    def from_block(cls, block: Mapping[str, Any]) -> "Reader":
        """Build a reader from its block of named values (config, readers).

        Those of `Recipe` and `Augmentation` stand in the block too; what it lacks is the study's.
        """
        own = {
            name: block[name] for name in ("head", "hidden_units", "coordinates") if name in block
        }
        if "widths" in block:
            own["widths"] = tuple(block["widths"])
        recipe, augmentation = (
            {item.name: block[item.name] for item in fields(kind) if item.name in block}
            for kind in (Recipe, Augmentation)
        )
        return cls(
            **own,
            recipe=replace(RECIPE, **recipe),
            augmentation=replace(AUGMENTATION, **augmentation),
        )


def multi_hot(patterns: Iterable[str], cells: Sequence[str]) -> np.ndarray:
    """What the outputs of a reader should be.

    Parameters
    ----------
    patterns : iterable of str
        Pattern of each frame.
    cells : sequence of str
        Cell of each output but the last, which is "none".

    Returns
    -------
    ndarray of bool, shape (frames, cells + 1)

    Raises
    ------
    NeuroLoopError
        If a pattern has a cell that is not in the list.
    """
    position = {cell: number for number, cell in enumerate(cells)}
    rows = []
    for name in patterns:
        row = np.zeros(len(cells) + 1, dtype=bool)
        for cell in pattern_cells(name):
            if cell not in position:
                raise NeuroLoopError(f"pattern {name}: cell {cell} is not in the table of cells")
            row[position[cell]] = True
        row[-1] = not row.any()
        rows.append(row)
    return np.array(rows, dtype=bool).reshape(-1, len(cells) + 1)


def build(
    reader: Reader,
    outputs: int,
    shape: tuple[int, int],
    seeds: Sequence[int],
    mask: np.ndarray | None = None,
    levels: np.ndarray | None = None,
) -> CalciumNetwork:
    """Build the networks of these seeds as one batched network.

    Parameters
    ----------
    reader : Reader
    outputs : int
        Cells, and "none".
    shape : (int, int)
        Height and width of a frame.
    seeds : sequence of int
        One a member.
    mask : ndarray of bool, shape (height, width), optional
        Pixels that the networks see.
    levels : ndarray of float, shape (members, 2), optional
        Mean and standard deviation of each member's training pixels. Without, a state that is
        loaded sets them.
    """
    network = calcium_network(
        classes=outputs,
        shape=shape,
        head=reader.head,
        widths=reader.widths,
        hidden=reader.hidden_units,
        mask=None if mask is None else torch.from_numpy(mask),
        coordinates=reader.coordinates,
        members=len(seeds),
    )
    initialise(network, [derive_seed(seed, "initialisation") for seed in seeds])
    if levels is not None:
        network.input.mean.copy_(torch.from_numpy(levels[:, 0]))
        network.input.std.copy_(torch.from_numpy(levels[:, 1]))
    return network


class Reading(Objective[CalciumNetwork]):
    """Loss of readers: binary cross-entropy, mean over the outputs.

    Parameters
    ----------
    views : Views
    targets : ndarray of bool, shape (n, outputs)
        Of all rows that the views may be of.
    """

    def __init__(self, views: Views, targets: np.ndarray) -> None:
        super().__init__(views.source.device)
        self.views = views
        self.truth = onto(targets.astype(np.float32), self.device)

    def batches(self, epoch: int, order: np.ndarray) -> Iterator[tuple[torch.Tensor, ...]]:
        """What views are made of, and the rows of their targets, of each step."""
        by_image = self.views.chosen(order).transpose(0, 2, 1)
        rows = onto(np.ascontiguousarray(by_image), self.device)
        for made_of, of_targets in zip(self.views.batches(epoch, order), rows, strict=True):
            yield (*made_of, of_targets)

    def score(self, network: CalciumNetwork, *batch: torch.Tensor) -> Terms:
        """Loss of each reader."""
        *made_of, rows = batch
        logits = network(self.views.show(*made_of)).float()
        wanted = self.truth[rows]
        each = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
        return each.mean(dim=(0, 2)), {}


def read_frames(network: CalciumNetwork, frames: Frames, rows: np.ndarray) -> np.ndarray:
    """Let a batched network predict frames, never augmented.

    Parameters
    ----------
    network : CalciumNetwork
    frames : callable
        See `views.Frames`.
    rows : ndarray of int, shape (n,) or (members, n)
        Of all members, or each member's own.

    Returns
    -------
    ndarray of float32, shape (n, members, outputs)
        Logits.
    """
    of_member = np.broadcast_to(rows, (network.members, rows.shape[-1]))
    starts = range(0, rows.shape[-1], BATCH)
    parts = [
        predict(network, read_members(frames, of_member[:, start : start + BATCH]))
        for start in progress(starts, f"predicting, batches of {BATCH}")
    ]
    return np.concatenate(parts)
