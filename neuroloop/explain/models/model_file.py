"""One small file by which any trained network can be opened: ``model.json``.

`model_description` defines its keys. `model_writing.save_model` writes it along with weights and
images; `describe_model` writes it for existing weights and images.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.evidence import Division
from neuroloop.explain.models.image_folder import open_folder
from neuroloop.explain.models.image_range import in_range
from neuroloop.explain.models.model_description import KINDS, checked_description
from neuroloop.explain.models.model_images import ModelImages, load_images
from neuroloop.explain.models.model_writing import as_description, write_description
from neuroloop.explain.models.one_output import as_two_outputs, has_one_output
from neuroloop.files.door import reason
from neuroloop.files.formats import load_weights, read_json
from neuroloop.files.intake import Intake, joined
from neuroloop.images.preparation import Preparation
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.networks.resnet import ResNet
from neuroloop.networks.states import check_state, load_state
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
    intake : Intake
        What was recognised in the files and what a reader of the results has to know; without
        the files' hashes, which `hashed` adds.
    files : tuple of Path
        model.json, weights, and the images if they are one file.
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
    intake: Intake = field(default_factory=Intake)
    files: tuple[Path, ...] = ()

    @property
    def title(self) -> str:
        """What the network is, in plain words; its name where model.json does not tell."""
        return str(self.facts.get("title") or self.name)

    def hashed(self) -> Intake:
        """Return what was read, with the size and SHA-256 of each file."""
        whole = joined([self.intake])
        whole.read(*self.files)
        return whole


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
    path, intake = Path(path), Intake()
    described = checked_description(path, read_json(path))
    kind, classes = described["kind"], described["classes"]
    file = path.parent / described["weights"]
    state = _state(path, file, described, intake)
    network = _build(path, described, state)
    network.to(device).eval()
    given = described["preparation"]
    preparation = given and Preparation.from_json(given)
    if preparation and preparation.channels != network.in_channels:
        raise NeuroLoopError(
            f"{path}: the network takes {network.in_channels} channels, but preparation.channels "
            f"is {preparation.channels}: make them equal"
        )
    images = _images(path, described, network.in_channels, preparation, intake)
    try:
        with torch.inference_mode():
            outputs = network(torch.from_numpy(images.images[:1]).to(device))
    except RuntimeError as error:
        raise NeuroLoopError(
            f"{path}, images: the network does not accept the shape {images.images.shape[1:]} "
            f"({reason(error)}): fix images or options"
        ) from error
    check_outputs(outputs, images.ids[:1], file)
    source = path.parent / described["images"] if isinstance(described["images"], str) else None
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
        intake,
        (path, file, source) if source else (path, file),
    )


def _state(
    path: Path, file: Path, described: Mapping[str, Any], intake: Intake
) -> dict[str, torch.Tensor]:
    """Weights of a network, with an output for each class."""
    last, members, classes = KINDS[described["kind"]][1], described["members"], described["classes"]
    state = load_weights(file, intake)
    weight = state.get(last)
    if weight is None or not weight.ndim or len(weight) == members * len(classes):
        return state
    if described["labels"] == "single" and has_one_output(state, last, len(classes), members):
        intake.recognise(
            f"The network has one output, read as a sigmoid: the probability of {classes[1]}; that "
            f"of {classes[0]} is 1 less it."
        )
        return as_two_outputs(state, last)
    if members > 1 and len(weight) == len(classes):
        raise NeuroLoopError(
            f"{path}, members: {members} networks are stated, but the weights {file} have the "
            f"outputs of one: set members to 1, or name weights that hold all {members}"
        )
    raise NeuroLoopError(
        f"{path}, classes: {len(classes)} are listed, but the weights {file} have "
        f"{len(weight) / members:g} outputs: list a class for each, in order"
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
    """Build the network and give it its weights, once their shapes are known to fit."""
    kind = described["kind"]
    options = dict(described["options"], classes=len(described["classes"]))
    if kind != "transfer":
        options["members"] = described["members"]
    file, advice = path.parent / described["weights"], f"fix options or weights in {path}"
    with _options_of(path):
        if kind == "calcium" and "input.mask" in state:
            options["mask"] = state["input.mask"][0] > 0
        if sum(options.get("blocks") or ()) > len(state):
            raise NeuroLoopError("blocks are more than the weights hold: fix them")
        with torch.device("meta"):  # shapes alone: a number may be wrong by any factor
            shapes = KINDS[kind][0](**options).state_dict()
    check_state(shapes, state, file, advice)
    with _options_of(path):
        network = KINDS[kind][0](**options)
    load_state(network, state, file, advice)
    return network


@contextmanager
def _options_of(path: Path) -> Iterator[None]:
    """Say of errors in this context that they come from the options in a model.json."""
    try:
        yield
    except (ValueError, TypeError, LookupError, RuntimeError) as error:
        raise NeuroLoopError(f"{path}, options: {reason(error)}: fix them") from error
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
    path: Path,
    described: Mapping[str, Any],
    channels: int,
    preparation: Preparation | None,
    intake: Intake,
) -> ModelImages:
    given, classes = described["images"], described["classes"]
    labels, members = described["labels"], described["members"]
    if isinstance(given, str):
        opened = load_images(path.parent / given, members * channels, len(classes), labels, intake)
        return in_range(opened, path.parent / given, preparation, intake)
    assert preparation is not None  # checked_description saw to it
    if members > 1:
        raise NeuroLoopError(
            f"{path}, images: a folder gives images for one network, members is {members}: give "
            "an .npz file"
        )
    opened = open_folder(path.parent / given["folder"], preparation, classes, intake)
    return opened if labels == "single" else replace(opened, truth=None)
