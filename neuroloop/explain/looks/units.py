"""Which layers and units of a network are worth a look."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from neuroloop.explain.attribution.layers import layer_batches, layer_output, map_layers
from neuroloop.explain.attribution.modes import device_of, evaluating
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.receptive_field import receptive_fields
from neuroloop.explain.looks.up_to import UpTo
from neuroloop.explain.models.model_file import OpenedModel

#: Most layers examined: a figure has room for no more.
LAYERS = 5


class Layer(NamedTuple):
    """A layer that gives maps.

    Attributes
    ----------
    name : str
        In the network.
    channels : int
        Of one member of a batched network.
    height, width : int
        Of its output.
    """

    name: str
    channels: int
    height: int
    width: int


class Answers(NamedTuple):
    """How each channel of a layer responds to each image, shape (n, channels), float32.

    Attributes
    ----------
    highest : ndarray
        Over positions.
    mean : ndarray
        Over positions.
    silent : ndarray of bool, shape (channels,)
        0 everywhere in all images.
    """

    highest: np.ndarray
    mean: np.ndarray
    silent: np.ndarray


def pick_layers(opened: OpenedModel, most: int = LAYERS) -> list[Layer]:
    """Pick one layer per resolution: the last that is rectified, else the last.

    Parameters
    ----------
    opened : OpenedModel
    most : int
        Most layers; if there are more, some spread evenly from the first to the last.

    Returns
    -------
    list of Layer
        In the order in which they run. None comes before the first layer with weights, and none
        has only a single position.

    Raises
    ------
    NotApplicable
        If the network has no such layer.
    """
    network, image = opened.network, opened.images.images[:1]
    shapes = map_layers(network, image)
    names = list(shapes)
    modules = dict(network.named_modules())
    while names and not _weighs(modules[names[0]]):
        names.pop(0)
    by_size: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        if np.prod(shapes[name][1:]) > 1:
            by_size.setdefault(shapes[name][1:], []).append(name)
    if not by_size:
        raise NotApplicable(
            "layers are looked at that give maps of more than one place, and this network has "
            "none: take a convolutional one"
        )
    probe = torch.tensor(image, device=device_of(network))
    chosen = [
        next((name for name in reversed(group) if _rectified(network, name, probe)), group[-1])
        for group in by_size.values()
    ]
    chosen.sort(key=names.index)
    spread = np.unique(np.linspace(0, len(chosen) - 1, min(most, len(chosen))).round().astype(int))
    members = network.members
    return [
        Layer(name, shapes[name][0] // members, *shapes[name][1:])
        for name in (chosen[index] for index in spread)
    ]


def field_size(opened: OpenedModel, layer: Layer) -> tuple[int, int]:
    """Height and width of the receptive field of a unit in the middle of a layer, in pixels.

    Raises
    ------
    NotApplicable
        If receptive fields of the network are not known.
    """
    middle = np.array([[0, layer.height // 2, layer.width // 2]])
    shape = opened.images.images.shape[1:]
    short = UpTo(opened.network, layer.name)
    top, left, bottom, right = receptive_fields(short, short.name, shape, middle)[0]
    return int(bottom - top), int(right - left)


def local_layers(opened: OpenedModel, most: int = 2) -> list[tuple[Layer, tuple[int, int]]]:
    """Pick the deepest layers whose units see only a part of the image.

    Parameters
    ----------
    opened : OpenedModel
    most : int

    Returns
    -------
    list of (Layer, (height, width))
        In the order in which they run, with the receptive field of each. The first layer of all,
        if the units of every layer see the whole image.

    Raises
    ------
    NotApplicable
        If the network has no layer with spatial extent, or its receptive fields are unknown.
    """
    sized = [(layer, field_size(opened, layer)) for layer in pick_layers(opened)]
    height, width = opened.images.images.shape[2:]
    local = [(layer, size) for layer, size in sized if size[0] < height or size[1] < width]
    return (local or sized[:1])[-most:]


def answers(opened: OpenedModel, layer: Layer) -> Answers:
    """Run all of the model's images up to a layer; for a batched network, of its first member."""
    images = opened.images.images
    highest = np.empty((len(images), layer.channels), dtype=np.float32)
    mean = np.empty_like(highest)
    silent = np.ones(layer.channels, dtype=bool)
    short = UpTo(opened.network, layer.name)
    for start, maps in layer_batches(short, short.name, images):
        own = maps[:, : layer.channels]
        part = slice(start, start + len(own))
        highest[part], mean[part] = own.max(axis=(2, 3)), own.mean(axis=(2, 3))
        silent &= (own == 0).all(axis=(0, 2, 3))
    return Answers(highest, mean, silent)


def telling_units(given: Answers, count: int) -> np.ndarray:
    """Choose the units whose greatest activation differs most from image to image.

    Parameters
    ----------
    given : Answers
    count : int
        At most as many as there are.

    Returns
    -------
    ndarray of int64
        Largest standard deviation over images first; ties go to the lower number.
    """
    spread = given.highest.astype(np.float64).std(axis=0)
    return np.argsort(-spread, kind="stable")[:count]


def before_rectifier(opened: OpenedModel, layer: Layer) -> Layer:
    """Find the layer whose output is that of another before its ReLU or ReLU6.

    There gradients reach units that are silent.

    Parameters
    ----------
    opened : OpenedModel
    layer : Layer

    Returns
    -------
    Layer
        `layer` itself if it is not rectified, or no layer gives what is.
    """
    network, image = opened.network, opened.images.images[:1]
    shapes = map_layers(network, image)
    names = list(shapes)
    probe = torch.tensor(image, device=device_of(network))
    given = _output(network, layer.name, probe)
    for name in reversed(names[: names.index(layer.name)]):
        if shapes[name] == tuple(given.shape[1:]):
            before = _output(network, name, probe)
            rectified = before.relu(), before.clamp(0, 6)
            if not (before >= 0).all() and any(torch.equal(given, made) for made in rectified):
                return layer._replace(name=name)
    return layer


def _weighs(module: nn.Module) -> bool:
    return any(values.ndim > 1 for values in module.parameters())


def _rectified(network: nn.Module, name: str, image: torch.Tensor) -> bool:
    return bool((_output(network, name, image) >= 0).all())


def _output(network: nn.Module, name: str, image: torch.Tensor) -> torch.Tensor:
    short = UpTo(network, name)
    with torch.no_grad(), evaluating(network):
        return layer_output(short, short.name, image)
