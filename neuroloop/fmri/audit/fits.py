"""A decoder as the product's jobs fit it, of a configured block."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop import registry
from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.linear_fit import linear_fit
from neuroloop.fmri.network_fit import network_fit
from neuroloop.fmri.soft_labels import Fit

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
    if decoder["method"] in registry.having("decoder", "decode"):
        return linear_fit(problem, decoder, n_voxels)
    return network_fit(decoder, n_voxels, seed, device)
