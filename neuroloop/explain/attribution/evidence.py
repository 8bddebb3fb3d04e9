"""Scores of a network with the activations of one of its layers and the gradients by them.

What lies before the layer runs without gradients, and those of all scores asked for share one
forward pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.modes import evaluating

#: Pixels of the images that a CPU takes through the front of a network at once: one of 256 x 256
#: and more, 28 of 48 x 48.
AT_ONCE = 2**16


@dataclass(frozen=True, eq=False)
class Evidence:
    """Scores of classes and what Grad-CAM and its kin are made of.

    Attributes
    ----------
    scores : Tensor, shape (images, members, classes)
        Logits of the classes asked for.
    activations : Tensor, shape (images, members, channels, height, width)
    gradients : Tensor, shape (classes, images, members, channels, height, width)
        Of each score by the activations.
    """

    scores: torch.Tensor
    activations: torch.Tensor
    gradients: torch.Tensor


@dataclass(frozen=True)
class Division:
    """A network cut in two, faster than a layer to stop at: forward is head(front(images)).

    Attributes
    ----------
    front, head : callable
        Parts of the network, so that its modes and its device are theirs.
    """

    front: Callable[[torch.Tensor], torch.Tensor]
    head: Callable[[torch.Tensor], torch.Tensor]


def gather_evidence(
    network: nn.Module, layer: nn.Module | Division, images: torch.Tensor, classes: torch.Tensor
) -> Evidence:
    """Run a network and differentiate scores by the output of one of its layers.

    The network runs in evaluation mode on its own device. Afterwards, also after an exception, its
    modes are as they were and nothing is hooked to it. A part that works in place on the output of
    the layer changes nothing here.

    Parameters
    ----------
    network : Module
        Maps images to (images, outputs), or to (images, members, outputs) as `core` networks do.
    layer : Module or Division
        A part of the network that runs once, with output (images, members * channels, height,
        width); or the network cut there.
    images : Tensor, shape (images, channels, height, width)
    classes : Tensor of int64, shape (images,), (images, classes) or (images, members, classes)
        Outputs to explain, which may differ from image to image.

    Returns
    -------
    Evidence

    Raises
    ------
    ValueError
        If the layer did not run, or not once, or has another kind of output.
    NeuroLoopError
        If an argument is of another kind, the network cannot read the images, or the classes are
        none of theirs.
    """
    _check_kinds(network, layer, images, classes)
    device = next(network.parameters(), images).device
    images = images.to(device, non_blocking=True)
    with evaluating(network), torch.inference_mode(False), torch.no_grad():
        activations, outputs = _run(network, layer, images)
        with torch.enable_grad():
            if outputs.ndim == 2:
                outputs = outputs[:, None]
            # Checked where they are given: a GPU that was asked for them would be waited for.
            chosen = _chosen(classes, outputs)
            scores = outputs.gather(2, chosen.to(device, non_blocking=True))
            gradients = _gradients(scores, activations)
    split = (outputs.shape[1], -1)
    return Evidence(
        scores.detach(), activations.detach().unflatten(1, split), gradients.unflatten(2, split)
    )


def _check_kinds(
    network: nn.Module, layer: nn.Module | Division, images: torch.Tensor, classes: torch.Tensor
) -> None:
    """Refuse what would fail somewhere within, or give maps of something else."""
    if not isinstance(network, nn.Module) or not isinstance(layer, nn.Module | Division):
        kinds = f"{type(network).__name__} and {type(layer).__name__}"
        raise NeuroLoopError(
            f"network and layer are {kinds}: give a torch.nn.Module, and one of its parts itself"
        )
    if not isinstance(images, torch.Tensor) or images.ndim != 4 or not len(images):
        raise NeuroLoopError(
            f"images are {_kind(images)}: give a tensor of shape (images, channels, height, width)"
        )
    if (
        not isinstance(classes, torch.Tensor)
        or classes.dtype not in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)
        or classes.ndim not in (1, 2, 3)
        or len(classes) != len(images)
    ):
        raise NeuroLoopError(
            f"classes are {_kind(classes)}, of {len(images)} images: give a tensor of whole "
            "numbers with a row for each image, shape (images,) or (images, classes)"
        )


def _kind(given: object) -> str:
    """What something is, for a message."""
    if isinstance(given, torch.Tensor):
        return f"{str(given.dtype).removeprefix('torch.')} of shape {tuple(given.shape)}"
    return f"of type {type(given).__name__}"


def _run(
    network: nn.Module, layer: nn.Module | Division, images: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations and outputs; an error of the network's own is told with the images' shape."""
    try:
        activations, outputs = (
            _run_divided(layer, images)
            if isinstance(layer, Division)
            else _run_hooked(network, layer, images)
        )
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise NeuroLoopError(
            f"the network cannot read images that are {_kind(images)} ({first}): give what it was "
            "trained on"
        ) from error
    if not isinstance(outputs, torch.Tensor) or outputs.ndim not in (2, 3):
        raise NeuroLoopError(
            f"the network's output is {_kind(outputs)}: wrap it so that it returns scores of shape "
            "(images, classes)"
        )
    return activations, outputs


def _chosen(classes: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    """Classes to explain, on their own device, shape (images, members, classes)."""
    chosen = classes.long().clone()  # not one of inference mode
    if chosen.ndim == 1:
        chosen = chosen[:, None]
    if chosen.ndim == 2:
        chosen = chosen[:, None].expand(-1, outputs.shape[1], -1)
    if chosen.shape[1] != outputs.shape[1]:
        raise NeuroLoopError(
            f"classes are of {chosen.shape[1]} members, and the network has {outputs.shape[1]}: "
            "give each its own, or those of all of them in shape (images, classes)"
        )
    if not chosen.shape[2] or chosen.min() < 0 or chosen.max() >= outputs.shape[2]:
        raise NeuroLoopError(
            f"classes are none, or not all from 0 to {outputs.shape[2] - 1}, the last of the "
            "network's outputs: they count from 0"
        )
    return chosen


def _run_divided(division: Division, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations, a leaf, and the outputs that follow from them.

    On a CPU the front runs on few images at once: early layers of many are larger than what an
    allocator keeps, and fetching new memory takes as long as the arithmetic.
    """
    few = max(1, AT_ONCE // (images.shape[-2] * images.shape[-1]))
    parts = images.split(few if images.device.type == "cpu" else len(images))
    activations = torch.cat([division.front(part).contiguous() for part in parts])
    activations.requires_grad_()
    with torch.enable_grad():
        return activations, division.head(activations.clone())


def _run_hooked(
    network: nn.Module, layer: nn.Module, images: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same in one pass, in which gradients begin at the layer."""
    seen: list[torch.Tensor] = []

    def cut(module: nn.Module, given: object, output: torch.Tensor) -> torch.Tensor:
        if seen or not isinstance(output, torch.Tensor) or output.ndim != 4:
            raise ValueError("a layer is explained that runs once and gives maps of channels")
        torch.set_grad_enabled(True)  # until the block below ends
        seen.append(output.detach().requires_grad_())
        return seen[0].clone()  # what follows may change it in place

    handle = layer.register_forward_hook(cut)
    try:
        with torch.no_grad():
            outputs = network(images)
    finally:
        handle.remove()
    if not seen:
        raise ValueError("the layer to explain is no part of the network, or did not run")
    return seen[0], outputs


def _gradients(scores: torch.Tensor, activations: torch.Tensor) -> torch.Tensor:
    """Gradients of scores (images, members, classes): (classes, *activations.shape).

    Images and members have no part in each other's scores, so one class of all of them is
    differentiated as one sum. The classes go through the backward pass together, which reads the
    weights once; operations that know no such pass are taken class by class.
    """
    count = scores.shape[2]
    if not scores.requires_grad:
        raise ValueError("the scores do not depend on the layer to explain")
    each = torch.eye(count, device=scores.device)[:, None, None].expand(count, *scores.shape)
    if count > 1:
        try:
            return torch.autograd.grad(
                scores, activations, each, retain_graph=True, is_grads_batched=True
            )[0]
        except RuntimeError as error:
            if "vmap" not in str(error):
                raise
    one_by_one = [
        torch.autograd.grad(scores, activations, one, retain_graph=True)[0] for one in each
    ]
    return torch.stack(one_by_one)
