"""The networks of all folds of a classifier, which predict radiographs of another set together."""

from collections.abc import Mapping

import numpy as np
import torch

from neuroloop.networks.transfer_network import TransferNetwork
from neuroloop.training.loop import Inputs, predict


def weights_by_fold(stored: Mapping[str, torch.Tensor]) -> dict[int, dict[str, torch.Tensor]]:
    """Sort the weights of networks.safetensors by fold, as `trained_part` named them.

    Parameters
    ----------
    stored : mapping of str to Tensor
        By ``fold{number}/{name}``.

    Returns
    -------
    dict of int to dict of str to Tensor
        Weights of each fold's network that lie above the cut, folds in ascending order.
    """
    by_fold: dict[int, dict[str, torch.Tensor]] = {}
    for key, values in stored.items():
        fold, name = key.split("/", 1)
        by_fold.setdefault(int(fold.removeprefix("fold")), {})[name] = values
    return dict(sorted(by_fold.items()))


def mean_logits(
    network: TransferNetwork, stored: Mapping[str, torch.Tensor], images: torch.Tensor | Inputs
) -> np.ndarray:
    """Average what the networks of all folds say of images.

    Parameters
    ----------
    network : TransferNetwork
        The first fold's, whose weights above the cut are replaced by those of each fold in turn.
    stored : mapping of str to Tensor
        networks.safetensors.
    images : Tensor or Inputs, shape (images, 1, size, size)

    Returns
    -------
    ndarray, shape (images, classes)
    """
    logits = []
    for own in weights_by_fold(stored).values():
        network.load_state_dict(own, strict=False)
        logits.append(predict(network, images, 16)[:, 0])
    return np.asarray(np.mean(logits, axis=0))
