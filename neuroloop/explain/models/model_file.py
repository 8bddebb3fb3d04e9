"""One small file by which any trained network can be opened: ``model.json``.

`model_description` defines its keys. `model_writing.save_model` writes it along with weights and
images; `describe_model` writes it for existing weights and images.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.evidence import Division
from neuroloop.explain.models.image_folder import open_folder
from neuroloop.explain.models.model_description import KINDS, checked_description
from neuroloop.explain.models.model_images import ModelImages, load_images
from neuroloop.explain.models.model_writing import as_description, write_description
from neuroloop.files.formats import read_json
from neuroloop.images.preparation import Preparation
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.networks.resnet import ResNet
from neuroloop.networks.states import load_state, read_state
from neuroloop.networks.transfer_network import TransferNetwork


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A trained network, ready to be explained.

    Attributes
    ----------
    name, kind : str
    network : BatchedNetwork
        In evaluation mode, on its device.
    layer : Module or Division
        Where class activation maps are computed: the last one with spatial extent.
    classes : tuple of str
        Names of the outputs of one member.
    labels : {"single", "multi"}
    images : ModelImages
    preparation : Preparation or None
        How images are prepared for the network; None for inputs that are not image files, such as
        frames of recordings and voxels.
    facts : dict
    """

    name: str
    kind: str
    network: BatchedNetwork
    layer: nn.Module | Division
    classes: tuple[str, ...]
    labels: str
    images: ModelImages
    preparation: Preparation | None
    facts: dict[str, Any]


def describe_model(path: Path, **description: Any) -> None:
    """Write model.json for existing weights and images, if `open_model` accepts it.

    Parameters
    ----------
    path : Path
    **description
        As in `model_writing.write_description`.

    Raises
    ------
    NeuroLoopError
        If the kind, an option or another value is not accepted by `open_model`.
    """
    checked_description(path, as_description(path, **description))
    write_description(path, **description)


def open_model(path: Path, device: torch.device | str = "cpu") -> OpenedModel:
    """Open the network that a model.json describes.

    Parameters
    ----------
    path : Path
        See `model_description` for what it holds.
    device : device

    Returns
    -------
    OpenedModel

    Raises
    ------
    NeuroLoopError
        If a key is missing, unknown or has a wrong value, a file is missing or damaged, weights
        or outputs are not finite, or weights, classes or images do not fit the network.
    """
    path = Path(path)
    described = checked_description(path, read_json(path))
    kind, classes, members = described["kind"], described["classes"], described["members"]
    file = path.parent / described["weights"]
    state = read_state(file)
    last = state.get(KINDS[kind][1])
    if last is not None and last.ndim and len(last) != members * len(classes):
        raise NeuroLoopError(
            f"{path}, classes: {len(classes)} are listed, but the weights {file} have "
            f"{len(last) // members} outputs: list a class for each, in order"
        )
    network = _build(path, described, state)
    load_state(network, state, file, f"fix options or weights in {path}")
    network.to(device).eval()
    given = described["preparation"]
    preparation = given and Preparation.from_json(given)
    if preparation and preparation.channels != network.in_channels:
        raise NeuroLoopError(
            f"{path}: the network takes {network.in_channels} channels, but preparation.channels "
            f"is {preparation.channels}: make them equal"
        )
    images = _images(path, described, members * network.in_channels, preparation)
    try:
        with torch.inference_mode():
            outputs = network(torch.from_numpy(images.images[:1]).to(device))
    except RuntimeError as error:
        raise NeuroLoopError(
            f"{path}, images: the network does not accept the shape {images.images.shape[1:]} "
            f"({_first_line(error)}): fix images or options"
        ) from error
    check_outputs(outputs, images.ids[:1], file)
    return OpenedModel(
        described["name"] or path.resolve().parent.name,
        kind,
        network,
        layer_of(network),
        tuple(classes),
        described["labels"],
        images,
        preparation,
        described["facts"],
    )


def read_preparation(path: Path) -> Preparation:
    """Read from a model.json how images are prepared for its network.

    Raises
    ------
    NeuroLoopError
        If it does not state that.
    """
    described = checked_description(path, read_json(path))
    if described["preparation"] is None:
        raise NeuroLoopError(f"{path}: its network takes no image files: preparation is null")
    return Preparation.from_json(described["preparation"])


def check_outputs(outputs: torch.Tensor, ids: np.ndarray, source: object) -> None:
    """Check that a network's outputs are finite.

    Parameters
    ----------
    outputs : Tensor, shape (n, ...)
    ids : ndarray of str, shape (n,)
        Of the images that they belong to.
    source : object
        The network, for the message.

    Raises
    ------
    NeuroLoopError
        If one is not finite; the first such image is reported.
    """
    wrong = ~outputs.isfinite().flatten(1).all(dim=1).cpu().numpy()
    if wrong.any():
        raise NeuroLoopError(
            f"{source}: the network's outputs are not finite for image {ids[wrong][0]}: its "
            "weights are too large, or a variance in it is negative: train it again"
        )


def _build(
    path: Path, described: Mapping[str, Any], state: Mapping[str, torch.Tensor]
) -> BatchedNetwork:
    """Build the network, with random weights."""
    kind, members = described["kind"], described["members"]
    options = dict(described["options"], classes=len(described["classes"]))
    if kind != "transfer":
        options["members"] = members
    mask = state.get("input.mask")
    if kind == "calcium" and mask is not None:
        options["mask"] = mask[0] > 0
    try:
        return KINDS[kind][0](**options)
    except (ValueError, TypeError, LookupError, RuntimeError) as error:
        raise NeuroLoopError(f"{path}, options: {_first_line(error)}: fix them") from error
    except NeuroLoopError as error:
        raise NeuroLoopError(f"{path}, options: {error}") from error


def layer_of(network: BatchedNetwork) -> nn.Module | Division:
    if isinstance(network, TransferNetwork):
        return Division(network.maps, network.classify)
    if isinstance(network, CalciumNetwork):
        return Division(network.front, network.head)
    assert isinstance(network, ResNet)
    return network.get_submodule(network.stages[-1])


def _images(
    path: Path, described: Mapping[str, Any], channels: int, preparation: Preparation | None
) -> ModelImages:
    given, classes = described["images"], described["classes"]
    if isinstance(given, str):
        return load_images(path.parent / given, channels, len(classes), described["labels"])
    assert preparation is not None  # checked_description saw to it
    if channels != preparation.channels:
        raise NeuroLoopError(
            f"{path}, images: a folder gives images for one network, members is "
            f"{described['members']}: give an .npz file"
        )
    opened = open_folder(path.parent / given["folder"], preparation, classes)
    return opened if described["labels"] == "single" else replace(opened, truth=None)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
