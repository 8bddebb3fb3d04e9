"""The attribution methods by name, each ready for one network and for copies of it."""

from typing import Any, cast

import torch
from torch import nn

from neuroloop.explain.attribution.attribution import Attribution
from neuroloop.explain.attribution.cam import FORMULAS, class_maps
from neuroloop.explain.attribution.evidence import Division
from neuroloop.explain.attribution.modes import device_of, evaluating
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.attribution.saliency import attribute
from neuroloop.explain.models.model_file import OpenedModel, layer_of
from neuroloop.jobs.seeds import torch_generator
from neuroloop.networks.batched_network import BatchedNetwork

#: What each method shows, in order.
ATTRIBUTIONS: dict[str, str] = {
    "saliency": "Saliency: largest magnitude among channels of the score's gradient by the pixel",
    "guided_backprop": "Guided back-propagation: gradient of which every ReLU lets the positive "
    "ones through alone, sum over channels",
    "integrated_gradients": "Integrated gradients: mean gradient on the way from an image of zeros,"
    " times that way; adds up to what the score gains",
    "occlusion": "Occlusion: what the score loses when a window of the image is covered by the "
    "image's mean",
    "cam": "CAM: channels of the last layer with places, weighted as the linear head weighs their "
    "means",
    "grad_cam": "Grad-CAM: channels of the last layer with places, weighted by the mean gradient of"
    " the score, positive part",
    "grad_cam_plus_plus": "Grad-CAM++: channels of the last layer with places, weighted by weighted"
    " positive gradients, positive part",
    "hires_cam": "HiResCAM: channels of the last layer with places, times the score's gradient "
    "place by place",
}

#: Units of the maps.
UNITS: dict[str, str] = {
    "saliency": "logit per unit of input",
    "guided_backprop": "logit per unit of input, guided",
    "integrated_gradients": "logit",
    "occlusion": "logit",
    "cam": "logit",
    "grad_cam": "logit per place",
    "grad_cam_plus_plus": "arbitrary",
    "hires_cam": "logit",
}

#: Methods whose maps are not negative, by the definition of their papers.
UNSIGNED = ("saliency", "grad_cam", "grad_cam_plus_plus")

#: A backward pass takes about twice as long as the forward pass before it.
GRADIENT_RUNS = 3
#: Maps that tell whether a head is linear, and how far their channels' means spread: so far that
#: every ReLU is on for some and off for others.
PROBES, SPREAD = 32, 10.0


def attribution_of(
    opened: OpenedModel,
    method: str,
    *,
    window: float = 0.125,
    stride: float = 0.0625,
    steps: int = 16,
) -> Attribution:
    """Make a method ready for a network.

    Parameters
    ----------
    opened : OpenedModel
    method : str
        One of `ATTRIBUTIONS`.
    window, stride : float
        Of occlusion, as parts of the image's sides; at least a pixel.
    steps : int
        Of integrated gradients.

    Returns
    -------
    callable
        An `Attribution` for the model's network and for copies of it, in which it looks for the
        layer anew. Maps are float32, at the resolution of the image, those of the CAM family at
        the resolution of the layer; of a batched network, the mean of its members is explained.

    Raises
    ------
    NotApplicable
        If the method is not made for the network; guided back-propagation says so when called.
    """
    if method not in ATTRIBUTIONS:
        raise ValueError(f"no attribution method {method!r}")
    if method in FORMULAS:
        if method == "cam":
            _require_linear_pool(opened.network, torch.from_numpy(opened.images.images[:1]))
        return lambda network, images, classes: (
            _class_map(method, network, images, classes).cpu().numpy()
        )
    options: dict[str, Any] = {}
    if method == "occlusion":
        options = dict(zip(("window", "stride"), _in_pixels(opened, window, stride), strict=True))
    elif method == "integrated_gradients":
        options = {"n_steps": steps}
    return lambda network, images, classes: (
        attribute(method, network, images, classes, **options).cpu().numpy()
    )


def runs_of(
    opened: OpenedModel,
    method: str,
    *,
    window: float = 0.125,
    stride: float = 0.0625,
    steps: int = 16,
) -> int:
    """How long one map takes, in forward passes of the network.

    Parameters
    ----------
    opened, method, window, stride, steps
        As in `attribution_of`.
    """
    if method == "occlusion":
        sizes = opened.images.images.shape[2:]
        (height, width), (down, across) = _in_pixels(opened, window, stride)
        return -(-(sizes[0] - height + down) // down) * -(-(sizes[1] - width + across) // across)
    return GRADIENT_RUNS * (steps if method == "integrated_gradients" else 1)


def _class_map(
    method: str, network: nn.Module, images: torch.Tensor, classes: torch.Tensor
) -> torch.Tensor:
    """Maps (images, height, width) of the mean of the members' logits."""
    layer = layer_of(cast(BatchedNetwork, network))
    made = class_maps(network, layer, images, classes[:, None], method, signed=True)
    mean = made[:, :, 0].mean(1)
    return mean.relu() if method in UNSIGNED else mean


def _require_linear_pool(network: BatchedNetwork, images: torch.Tensor) -> None:
    """CAM's weights are a linear layer's: gradients the same at all places, whatever the maps."""
    layer = layer_of(network)
    if not isinstance(layer, Division):  # behind a residual network's last stage all is as wanted
        return
    with evaluating(network), torch.enable_grad():
        shape = layer.front(images[:1].to(device_of(network))).shape[1:]
        generator = torch_generator(0, "maps that tell whether a head is linear")
        drawn = torch.randn(PROBES, *shape, generator=generator)
        drawn += SPREAD * torch.randn(PROBES, shape[0], 1, 1, generator=generator)
        maps = drawn.to(device_of(network)).requires_grad_()
        (gradients,) = torch.autograd.grad(layer.head(maps)[..., 0].sum(), maps)
    one = gradients[:1, :, :1, :1].expand_as(gradients)
    if not torch.allclose(gradients, one, rtol=1e-4, atol=1e-12):
        raise NotApplicable(
            "cam does not apply to a network whose head is not a mean over all places and one "
            "linear layer: take grad_cam or hires_cam, which need neither"
        )


def _in_pixels(
    opened: OpenedModel, window: float, stride: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Height and width of windows and of their steps."""
    height, width = opened.images.images.shape[2:]
    windows = max(1, round(window * height)), max(1, round(window * width))
    steps = max(1, round(stride * height)), max(1, round(stride * width))
    return windows, (min(steps[0], windows[0]), min(steps[1], windows[1]))
