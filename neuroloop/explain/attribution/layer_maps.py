"""Class activation maps at the layer of a network that its description names."""

from typing import cast

import torch
from torch import nn

from neuroloop.explain.attribution.cam import class_maps
from neuroloop.explain.attribution.evidence import Division
from neuroloop.explain.attribution.modes import device_of, evaluating
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.models.model_file import OpenedModel, layer_of
from neuroloop.jobs.seeds import torch_generator
from neuroloop.networks.batched_network import BatchedNetwork

#: Maps that tell whether a head is linear, and how far their channels' means spread: so far that
#: every ReLU is on for some and off for others.
PROBES, SPREAD = 32, 10.0


def layer_map(
    method: str, network: nn.Module, images: torch.Tensor, classes: torch.Tensor, *, signed: bool
) -> torch.Tensor:
    """Map of the mean of the members' logits, at the resolution of the layer.

    Parameters
    ----------
    method : str
        As in `cam.class_maps`.
    network : BatchedNetwork
    images, classes
        As in `saliency.attribute`.
    signed : bool
        Whether evidence against a class is kept.

    Returns
    -------
    Tensor of float32, shape (images, height, width)
    """
    layer = layer_of(cast(BatchedNetwork, network))
    made = class_maps(network, layer, images, classes[:, None], method, signed=True)
    mean = made[:, :, 0].mean(1)
    return mean if signed else mean.relu()


def require_linear_pool(opened: OpenedModel) -> None:
    """CAM's weights are a linear layer's: gradients the same at all places, whatever the maps.

    Raises
    ------
    NotApplicable
        If the network's head is not global average pooling and one linear layer.
    """
    network, images = opened.network, torch.from_numpy(opened.images.images[:1])
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
