"""The study's 1-D ResNet18 over the vector of voxels."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting
from neuroloop.statistics.folds import Split

if TYPE_CHECKING:
    import torch

    from neuroloop.fmri.kept_network import Keep
    from neuroloop.training.checkpoints import Checkpoint

ORDER = 4
KEEPS_NETWORK = True
LEGEND = "1-D ResNet18 over the vector of voxels, one network per fold"


class Settings(Closed):
    """Settings of the decoder ``resnet1d18``."""

    width: int = setting(
        "Channels of the network's first stage; 64 in the study.", 8, ge=1, unit="channels"
    )
    batched_networks: int = setting(
        "Networks that a CPU trains as one; a GPU takes as many as its memory holds.", 10, ge=1
    )
    epochs: int = setting("Passes over the training rows.", 15, ge=1)
    batch_size: int = setting("Training rows of a step.", 16, ge=2)
    learning_rate: float = setting("Step size of stochastic gradient descent.", 0.05, gt=0)
    momentum: float = setting("Momentum of stochastic gradient descent.", 0.9, ge=0, lt=1)


def fit_splits(
    x: np.ndarray,
    y: np.ndarray,
    splits: Sequence[Split],
    n_classes: int,
    n_voxels: int,
    *,
    seed: int,
    device: "torch.device",
    checkpoint: "Callable[[str], Checkpoint] | None",
    keep: "Keep | None" = None,
    width: int,
    batched_networks: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    momentum: float,
) -> list[np.ndarray]:
    """Score the test rows of every split (see `resnet1d.resnet1d18`)."""
    from neuroloop.fmri.resnet1d import resnet1d18
    from neuroloop.training.recipe import Recipe

    return resnet1d18(
        x,
        y,
        splits,
        n_classes,
        n_voxels,
        recipe=Recipe(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            momentum=momentum,
        ),
        width=width,
        seed=seed,
        device=device,
        members_at_once=batched_networks,
        checkpoint=checkpoint,
        keep=keep,
    )
