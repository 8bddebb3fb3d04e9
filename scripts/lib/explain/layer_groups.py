"""Randomisation of many layers in few steps: neighbours are drawn anew together.

A deep network has some fifty layers, and a method that runs it many times for a map cannot take
as many steps down and as many single layers as that.
"""

import copy
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

from scripts.lib.explain.attribution import Attribution, in_batches
from scripts.lib.explain.randomisation import (
    CASCADING,
    COLUMNS,
    INDEPENDENT,
    Layer,
    randomise_layer,
)
from scripts.lib.explain.similarity import map_similarity


def group_layers(layers: Sequence[Layer], most: int) -> list[Layer]:
    """Put neighbouring layers together, evenly, so that no more than `most` are left.

    The weights that a layer gets depend on its own name alone, so the cascade ends in the same
    network whatever the groups.

    Parameters
    ----------
    layers : sequence of Layer
        From the output down.
    most : int

    Returns
    -------
    list of Layer
        Named by their last, which is the deepest, and how many more they hold.
    """
    parts = np.array_split(np.arange(len(layers)), min(most, len(layers)))
    grouped = []
    for part in parts:
        held = [layers[place] for place in part]
        more = f" +{len(held) - 1}" if len(held) > 1 else ""
        modules = tuple(name for layer in held for name in layer.modules)
        grouped.append(Layer(held[-1].name + more, modules))
    return grouped


def compare_randomised(
    network: nn.Module,
    attribution: Attribution,
    maps: np.ndarray,
    images: torch.Tensor,
    classes: torch.Tensor,
    layers: Sequence[Layer],
    seed: int,
    batch: int,
) -> pd.DataFrame:
    """Compare maps with those of the network with random layers, as `randomisation` does.

    It takes maps that are there and groups of layers, and makes the first step, which the cascade
    and the single layers have in common, once.

    Parameters
    ----------
    network : Module
        Stays as it is.
    attribution : callable
    maps : ndarray, shape (n, height', width')
        Its maps of the network.
    images : Tensor, shape (n, channels, height, width)
    classes : Tensor of int64, shape (n,)
    layers : sequence of Layer
        From `group_layers`.
    seed : int
        Of the random weights.
    batch : int
        Images at once.

    Returns
    -------
    DataFrame
        `randomisation.COLUMNS`.
    """
    copied = copy.deepcopy(network).eval()
    tables: list[pd.DataFrame] = []
    for kind in (CASCADING, INDEPENDENT):
        for depth, layer in enumerate(layers, start=1):
            if kind == INDEPENDENT and depth == 1:
                tables.append(tables[0].assign(kind=kind))
                continue
            if kind == INDEPENDENT:
                copied.load_state_dict(network.state_dict())
            randomise_layer(copied, layer, seed)
            made = in_batches(attribution, copied, images, classes, batch)
            tables.append(compare_maps(kind, layer.name, depth, maps, made))
    return pd.concat(tables, ignore_index=True)


def compare_maps(
    kind: str, layer: str, depth: int, trained: np.ndarray, maps: np.ndarray
) -> pd.DataFrame:
    """Table of `randomisation.COLUMNS` of maps of one network and of another."""
    table = pd.DataFrame(map_similarity(trained, maps))
    table["kind"], table["layer"], table["depth"] = kind, layer, depth
    table["image"] = np.arange(len(table))
    return table[list(COLUMNS)]
