"""Weights of networks: safetensors, and checkpoints of torch, read without pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic

if TYPE_CHECKING:
    import torch


def save_weights(path: StrPath, weights: Mapping[str, "torch.Tensor"], **facts: str) -> None:
    """Write the weights of a network as safetensors, with facts in its header.

    The facts are stored as JSON under a single key, ``facts``, since safetensors writes several
    keys in a random order.
    """
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata={"facts": json.dumps(facts, sort_keys=True)})


def load_weights(path: StrPath) -> dict[str, "torch.Tensor"]:
    """Read the weights of a network from .safetensors, or from a .pth checkpoint of torch.

    Raises
    ------
    NeuroLoopError
        If the file is missing or not a checkpoint, would need pickle, or holds a number that is
        not finite: a network with such a weight would still predict a class, the first, for every
        image.
    """
    import torch
    from safetensors.torch import load_file

    path = Path(path)
    if not path.is_file():
        raise NeuroLoopError(f"weights {path} are missing: put the file there or change the key")
    try:
        if path.suffix == ".safetensors":
            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise NeuroLoopError(f"weights {path} cannot be read: {_first_line(error)}") from error
    _check_finite(path, weights)
    return weights


def _check_finite(path: Path, weights: object) -> None:
    """Refuse weights that are not finite in float32, in which networks compute."""
    import torch

    for name, values in weights.items() if isinstance(weights, Mapping) else ():
        if not isinstance(values, torch.Tensor) or not values.is_floating_point():
            continue
        wrong = int((~values.float().isfinite()).sum())
        if wrong:
            raise NeuroLoopError(
                f"weights {path}: {wrong} of {values.numel()} numbers of {name} are not finite: "
                "train the network again, at a lower learning rate, or take another checkpoint"
            )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
