"""Gradient attributions: how much each pixel of an image contributes to a score.

Every method has one signature, for any network: a plain one with outputs (images, classes), or one
of `core` with (images, members, classes), of which the mean over members is explained.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from neuroloop.explain.attribution.forward_pass import Replacing
from neuroloop.explain.attribution.guided_relu import GUIDED, refuse_other_nonlinearities
from neuroloop.explain.attribution.modes import class_scores, device_of, evaluating
from neuroloop.explain.attribution.occlusion import occlusion
from neuroloop.explain.attribution.on_path import OnPath


def saliency(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Gradients of the scores by the pixels, signed.

    Simonyan et al. 2014, "Deep inside convolutional networks", equation 4.
    """
    return _gradients(network, images, classes, class_scores)


def gradient_input(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Gradients times pixels, signed: with ReLUs and no biases they add up to the score.

    Shrikumar et al. 2016, "Not just a black box".
    """
    return saliency(network, images, classes) * images.to(device_of(network))


def guided_backprop(
    network: nn.Module, images: torch.Tensor, classes: torch.Tensor
) -> torch.Tensor:
    """Gradients of which every ReLU passes only the positive ones, signed at the pixels.

    Springenberg et al. 2015, "Striving for simplicity", figure 1. ReLU and ReLU6 count, however
    they are called (see `guided_relu`).

    Raises
    ------
    NotApplicable
        If the network has another nonlinearity than ReLU, ReLU6 and pooling by the maximum.
    """
    return _gradients(network, images, classes, _guided_scores)


def integrated_gradients(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    *,
    baseline: float | torch.Tensor = 0.0,
    n_steps: int = 32,
    evaluations_at_once: int = 32,
) -> torch.Tensor:
    """Mean gradient on the straight path from a baseline to the image, times that path, signed.

    Sundararajan et al. 2017, "Axiomatic attribution for deep networks", equation 1, with
    Gauss-Legendre quadrature as captum has it. `completeness_gap` tells how far the steps are from
    the integral. What maps straight paths onto straight ones is computed once (see `on_path`).

    Parameters
    ----------
    baseline : float or Tensor
        A value, or what expands to the shape of the images.
    n_steps : int
    evaluations_at_once : int
        Images in a batch along the path, unless there are more images than that.
    """
    device = device_of(network)
    # From -1 to 1, where the weights add up to 2.
    places, weights = np.polynomial.legendre.leggauss(n_steps)
    points = list(zip(((1 + places) / 2).tolist(), (weights / 2).tolist(), strict=True))
    together = max(1, evaluations_at_once // len(images))
    with torch.inference_mode(False), torch.enable_grad(), evaluating(network):
        end, classes = images.to(device).detach().clone(), classes.to(device).clone()
        start = _as_images(baseline, end).clone()
        end.requires_grad_()
        summed = torch.zeros_like(start)
        for first in range(0, n_steps, together):
            some = points[first : first + together]
            scores = class_scores(network, OnPath(start, end, some), classes.repeat(len(some)))
            summed += torch.autograd.grad(scores.sum(), end)[0]
        return summed * (end.detach() - start)


#: Signed attributions of every channel, shape (images, channels, height, width).
METHODS: dict[str, Callable[..., torch.Tensor]] = {
    "saliency": saliency,
    "gradient_input": gradient_input,
    "guided_backprop": guided_backprop,
    "integrated_gradients": integrated_gradients,
}


def attribute_channels(
    method: str, network: nn.Module, images: torch.Tensor, classes: torch.Tensor, **options: Any
) -> torch.Tensor:
    """Explain one class of each image, channel by channel.

    The network runs in evaluation mode on its own device. Afterwards, also after an exception, its
    modes and its parameters' flags are as they were; nothing is hooked to it, and no parameter has
    a gradient. The caller may be in `torch.no_grad` or `torch.inference_mode`.

    Parameters
    ----------
    method : {"saliency", "gradient_input", "guided_backprop", "integrated_gradients"}
    network : Module
        For a batched network, the mean of the members' logits is explained (see
        `modes.mean_logits`).
    images : Tensor of float32, shape (images, channels, height, width)
    classes : Tensor of int64, shape (images,)
        Output to explain of each image.
    **options
        Of the method.

    Returns
    -------
    Tensor of float32, shape (images, channels, height, width)
        Signed, on the network's device.

    Raises
    ------
    NotApplicable
        If the method does not apply to the network.
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r} with attributions of channels")
    return METHODS[method](network, images, classes, **options)


def attribute(
    method: str, network: nn.Module, images: torch.Tensor, classes: torch.Tensor, **options: Any
) -> torch.Tensor:
    """Explain one class of each image at the resolution of the image.

    Parameters
    ----------
    method : {"saliency", "gradient_input", "guided_backprop", "integrated_gradients", "occlusion"}
    network, images, classes, **options
        As in `attribute_channels` and in `occlusion.occlusion`.

    Returns
    -------
    Tensor of float32, shape (images, height, width)
        On the network's device. ``saliency`` is not negative: the largest magnitude among the
        channels (Simonyan et al. 2014, section 3.1). The other methods are signed: the sum over
        channels, since the parts of a pixel add up to what the pixel does, and the completeness of
        integrated gradients stays. ``occlusion`` covers all channels of a window at once.

    Raises
    ------
    NotApplicable
        If the method does not apply to the network.
    """
    if method == "occlusion":
        return occlusion(network, images, classes, **options)
    channels = attribute_channels(method, network, images, classes, **options)
    return channels.abs().amax(1) if method == "saliency" else channels.sum(1)


@torch.inference_mode(False)
@torch.no_grad()
def completeness_gap(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    attributions: torch.Tensor,
    *,
    baseline: float | torch.Tensor = 0.0,
) -> torch.Tensor:
    """Sum of the attributions minus what they should add up to: score minus baseline score.

    Sundararajan et al. 2017, proposition 1: 0 for integrated gradients of infinitely many steps.

    Parameters
    ----------
    network, images, classes
        As in `attribute`.
    attributions : Tensor, shape (images, ...)
        Of `attribute` or `attribute_channels`.
    baseline : float or Tensor
        That of the attributions.

    Returns
    -------
    Tensor, shape (images,)
        In units of the logit, on the network's device.
    """
    device = device_of(network)
    images, classes = images.to(device), classes.to(device)
    with evaluating(network):
        scores = class_scores(network, images, classes)
        at_baseline = class_scores(network, _as_images(baseline, images), classes)
    return attributions.to(device).flatten(1).sum(1) - (scores - at_baseline)


def _gradients(
    network: nn.Module,
    images: torch.Tensor,
    classes: torch.Tensor,
    scores: Callable[[nn.Module, torch.Tensor, torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    """Gradients by the images; these have no part in each other's scores, so of their sum."""
    device = device_of(network)
    with torch.inference_mode(False), torch.enable_grad(), evaluating(network):
        pixels = images.to(device).detach().clone().requires_grad_()
        made = scores(network, pixels, classes.to(device).clone())
        return torch.autograd.grad(made.sum(), pixels)[0]


def _guided_scores(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    with Replacing(GUIDED):
        scores = class_scores(network, images, classes)
    refuse_other_nonlinearities(scores)
    return scores


def _as_images(baseline: float | torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(baseline, dtype=images.dtype, device=images.device).expand_as(images)
