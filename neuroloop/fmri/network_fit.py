"""A network that decodes, of a configured block, as a function that fits it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.statistics.folds import Split

if TYPE_CHECKING:
    import torch

    from neuroloop.fmri.soft_labels import Fit
    from neuroloop.training.checkpoints import Checkpoint


def network_fit(
    decoder: Mapping[str, Any],
    n_voxels: int | None,
    seed: int,
    device: "torch.device | None",
    checkpoint: "Callable[[str], Checkpoint] | None" = None,
    **more: Any,
) -> "Fit":
    """Return what fits a network in every fold.

    Parameters
    ----------
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    seed : int
        Root seed.
    device : torch.device or None
    checkpoint : callable, optional
        Training state of each part; without it a killed training begins anew.
    **more
        For the entry's `fit_splits`, e.g. ``keep``.
    """
    from neuroloop import registry

    given = {name: value for name, value in decoder.items() if name != "method"}
    values = registry.values("decoder", decoder["method"], given) | more
    network = registry.entry("decoder", decoder["method"])

    def fit(
        x: np.ndarray, y: np.ndarray, groups: np.ndarray, splits: Sequence[Split], n_classes: int
    ) -> Sequence[np.ndarray]:
        taken = n_voxels or x.shape[1]
        scored: Sequence[np.ndarray] = network.fit_splits(
            x,
            y,
            splits,
            n_classes,
            taken,
            seed=seed,
            device=device,
            checkpoint=checkpoint,
            **values,
        )
        return scored

    return fit
