"""Randomisation of many layers in few steps: neighbours are drawn anew together.

A deep network has some fifty layers, and a method that runs it many times for a map cannot take
as many steps down and as many single layers as that.
"""

from collections.abc import Sequence

import numpy as np

from neuroloop.explain.sanity.randomisation import Layer


def group_layers(layers: Sequence[Layer], most: int) -> list[Layer]:
    """Merge neighbouring layers evenly, so that at most `most` are left.

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
        held = [layers[index] for index in part]
        more = f" +{len(held) - 1}" if len(held) > 1 else ""
        modules = tuple(name for layer in held for name in layer.modules)
        grouped.append(Layer(held[-1].name + more, modules))
    return grouped
