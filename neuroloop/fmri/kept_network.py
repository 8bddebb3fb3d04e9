"""The one network of a decoder that is kept to be explained: that of the first fold."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.explain.models.model_images import ModelImages, spread
from neuroloop.explain.models.model_writing import save_model

if TYPE_CHECKING:
    import torch

#: Test rows stored with the network, on which it is explained.
LOOKED_AT = 60


@dataclass(frozen=True, eq=False)
class KeptNetwork:
    """A trained network over voxels.

    Attributes
    ----------
    options : dict
        Arguments of `networks.resnet.resnet`, without its classes.
    weights : dict of str to Tensor
        Its state.
    rows : ndarray of float32, shape (test rows, voxels)
        Rows that it was not trained on, in the form of its input.
    voxels : ndarray of int, shape (voxels,)
        Which of the region's voxels it uses.
    mean, unit : ndarray, shape (voxels,)
        How these are scaled: minus the mean, divided by the unit (infinite for a constant voxel).
    """

    options: dict[str, Any]
    weights: "dict[str, torch.Tensor]"
    rows: np.ndarray
    voxels: np.ndarray
    mean: np.ndarray
    unit: np.ndarray


#: What a decoder passes its kept network to.
Keep = Callable[[KeptNetwork], None]


def save_network(
    path: Path,
    kept: KeptNetwork,
    samples: Sequence[str],
    truth: np.ndarray,
    classes: Sequence[str],
    facts: Mapping[str, Any],
) -> None:
    """Write model.json, along with weights and some of its test rows.

    A row is stored as an image one pixel high.

    Parameters
    ----------
    path : Path
    kept : KeptNetwork
    samples : sequence of str, (test rows,)
        Their ids.
    truth : ndarray of int, (test rows,)
        Their classes.
    classes : sequence of str
    facts : mapping
        Anything else worth knowing.
    """
    chosen = spread(truth.tolist(), LOOKED_AT)
    save_model(
        path,
        name="-".join(path.parts[2:-1]),
        title="Decoder of {1}'s {2} ({0}, {3})".format(*path.parts[2:6]),
        images_are="sample",
        held_out="Rows of voxels, one pixel high, that the network was not trained on.",
        kind="resnet",
        options=kept.options,
        weights=kept.weights,
        classes=classes,
        images=ModelImages(
            images=kept.rows[chosen][:, None, None],
            ids=np.array(samples, dtype=str)[chosen],
            truth=truth[chosen],
        ),
        voxels=kept.voxels.tolist(),
        mean=kept.mean.tolist(),
        unit=[value if math.isfinite(value) else None for value in kept.unit.tolist()],
        **facts,
    )
