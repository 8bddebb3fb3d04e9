"""A decoder as the product's jobs fit it, of a configured block."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop import registry
from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.soft_labels import Fit
from neuroloop.statistics.folds import Split

if TYPE_CHECKING:
    import torch


def fit_of(
    problem: Problem,
    decoder: Mapping[str, Any],
    n_voxels: int,
    seed: int,
    device: "torch.device | None" = None,
) -> Fit:
    """Return what fits a decoder, linear or a network.

    Parameters
    ----------
    problem : Problem
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int
        Voxels to select inside each training fold.
    seed : int
        Root seed of networks.
    device : torch.device, optional
        Of networks.
    """
    method = decoder["method"]
    given = {name: value for name, value in decoder.items() if name != "method"}
    if method in registry.having("decoder", "decode"):
        options = {"n_voxels": n_voxels, "stimuli": problem.stimuli, **given}
        return partial(fit_linear, method, blocks=problem.blocks, **options)
    values = registry.values("decoder", method, given)
    network = registry.entry("decoder", method)

    def fit(
        x: np.ndarray, y: np.ndarray, groups: np.ndarray, splits: Sequence[Split], n_classes: int
    ) -> Sequence[np.ndarray]:
        scored: Sequence[np.ndarray] = network.fit_splits(
            x, y, splits, n_classes, n_voxels, seed=seed, device=device, checkpoint=None, **values
        )
        return scored

    return fit
