"""What the layers of a network give: maps of a named layer, and embeddings before the last one."""

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.modes import device_of, evaluating
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.models.image_rows import ImageRows


def map_layers(network: nn.Module, images: ImageRows) -> dict[str, tuple[int, ...]]:
    """Find the layers that `collect` can read.

    Parameters
    ----------
    network : Module
    images : ndarray of float32, shape (n, channels, height, width)
        One will do.

    Returns
    -------
    dict of str to tuple of int
        Name in the network -> (channels, height, width) of its output, in the order in which
        layers end. Those that run more than once in a pass are left out.
    """
    shapes: dict[str, list[torch.Size]] = {}

    def note(name: str, output: object) -> None:
        if isinstance(output, torch.Tensor):
            shapes.setdefault(name, []).append(output.shape)

    handles = [
        module.register_forward_hook(lambda module, given, output, name=name: note(name, output))
        for name, module in network.named_modules()
        if name
    ]
    try:
        _run(network, images)
    finally:
        for handle in handles:
            handle.remove()
    return {
        name: tuple(given[0][1:])
        for name, given in shapes.items()
        if len(given) == 1 and len(given[0]) == 4
    }


def layer_output(network: nn.Module, layer: str, images: torch.Tensor) -> torch.Tensor:
    """Run a network, in the mode that it is in, and return what one of its layers gave.

    Parameters
    ----------
    network : Module
    layer : str
        Name of the layer in the network, as in `torch.nn.Module.named_modules`.
    images : Tensor, shape (images, channels, height, width)
        On the network's device; left as they are.

    Returns
    -------
    Tensor, shape (images, channels, height, width)
        A copy, which parts of the network that work in place do not change; it carries gradients if
        the pass has any. Of a batched network, the channels of all members.

    Raises
    ------
    NeuroLoopError
        If there is no such layer, it does not run once in a pass, or gives no maps.
    """
    seen: list[torch.Tensor | None] = []
    handle = _named(network, layer).register_forward_hook(
        lambda module, given, output: seen.append(
            output.clone() if isinstance(output, torch.Tensor) else None
        )
    )
    try:
        network(images.clone())
    finally:
        handle.remove()
    if len(seen) != 1:
        raise NeuroLoopError(
            f"layer {layer} runs {len(seen)} times when the network does: name one that runs once"
        )
    output = seen[0]
    if output is None or output.ndim != 4:
        shape = "no tensor" if output is None else f"shape {tuple(output.shape)}"
        raise NeuroLoopError(
            f"layer {layer} gives no maps (images, channels, height, width) but {shape}: name one "
            "that comes before the head"
        )
    return output


def layer_batches(
    network: nn.Module, layer: str, images: ImageRows, batch: int = 32
) -> Iterator[tuple[int, np.ndarray]]:
    """Run a network over many images, a batch in memory at a time.

    The network runs in evaluation mode on its own device, without gradients. Between the batches,
    and after an exception, its modes are as they were and nothing is hooked to it.

    Parameters
    ----------
    network, layer
        As in `layer_output`.
    images : ndarray of float32, shape (n, channels, height, width)
        May be a memory map.
    batch : int

    Yields
    ------
    start : int
        Row of the batch's first image.
    activations : ndarray of float32, shape (images, channels, height, width)

    Raises
    ------
    NeuroLoopError
        As `layer_output` does.
    """
    for start in range(0, len(images), batch):
        part = _as_tensor(network, images[start : start + batch])
        with torch.no_grad(), evaluating(network):
            maps = layer_output(network, layer, part)
        yield start, maps.cpu().numpy()


def collect(network: nn.Module, layer: str, images: ImageRows, batch: int = 32) -> np.ndarray:
    """Return the output of a layer for all images.

    Parameters
    ----------
    network, layer, images, batch
        As in `layer_batches`.

    Returns
    -------
    ndarray of float32, shape (n, channels, height, width)

    Raises
    ------
    NeuroLoopError
        As `layer_output` does.
    """
    return _joined(layer_batches(network, layer, images, batch), len(images))


def embedding(network: nn.Module, images: ImageRows, batch: int = 32) -> np.ndarray:
    """Return what goes into the last linear layer that runs: pooled features of most networks.

    The network is treated as in `layer_batches`.

    Parameters
    ----------
    network : Module
    images : ndarray of float32, shape (n, channels, height, width)
    batch : int

    Returns
    -------
    ndarray of float32, shape (n, features)
        Of a batched network, the features of all members.

    Raises
    ------
    NotApplicable
        If no `torch.nn.Linear` runs, or what goes into the last one is no row of features an image.
    """
    return _joined(_embedding_batches(network, images, batch), len(images))


def _embedding_batches(
    network: nn.Module, images: ImageRows, batch: int
) -> Iterator[tuple[int, np.ndarray]]:
    last: list[torch.Tensor] = []

    def keep(module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        last[:] = [given[0].clone()]

    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        handles = [
            module.register_forward_pre_hook(keep)
            for module in network.modules()
            if isinstance(module, nn.Linear)
        ]
        try:
            _run(network, part)
        finally:
            for handle in handles:
                handle.remove()
        if not last or last[0].ndim != 2 or len(last[0]) != len(part):
            found = f"features {tuple(last[0].shape)} of {len(part)} images" if last else "none"
            raise NotApplicable(
                "embeddings are what goes into the last linear layer, one row per image; this "
                f"network has {found}: end it with a layer torch.nn.Linear over pooled features"
            )
        yield start, last.pop().cpu().numpy()


def _run(network: nn.Module, images: ImageRows) -> None:
    with torch.no_grad(), evaluating(network):
        network(_as_tensor(network, images))


def _as_tensor(network: nn.Module, images: ImageRows) -> torch.Tensor:
    """A copy on the network's device, which the network may change."""
    return torch.tensor(images, dtype=torch.float32, device=device_of(network))


def _named(network: nn.Module, layer: str) -> nn.Module:
    modules = dict(network.named_modules(remove_duplicate=False))
    del modules[""]
    if layer not in modules:
        close = ", ".join(get_close_matches(layer, modules, n=5, cutoff=0))
        raise NeuroLoopError(f"the network has no layer {layer!r}: name one of its own, as {close}")
    return modules[layer]


def _joined(batches: Iterator[tuple[int, np.ndarray]], count: int) -> np.ndarray:
    """Batches as one array, which is allocated once."""
    joined = np.empty((0,), dtype=np.float32)
    for start, part in batches:
        if not start:
            joined = np.empty((count, *part.shape[1:]), dtype=np.float32)
        joined[start : start + len(part)] = part
    return joined
