"""Occlusion."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 4
LEGEND = "Occlusion: drop of the score when a window of the image is replaced by the image's mean"
UNITS = "logit"
SIGNED = True


class Settings(Closed):
    """Settings of occlusion."""

    window: float = setting(
        "Height and width of the window that covers, as parts of the image's.", 0.25, gt=0, le=1
    )
    stride: float = setting(
        "Steps between windows, as parts of the image's height and width; a window at most.",
        0.125,
        gt=0,
        le=1,
    )


def attribute(
    network: "nn.Module",
    images: "torch.Tensor",
    classes: "torch.Tensor",
    *,
    window: float,
    stride: float,
) -> "torch.Tensor":
    """See `occlusion.occlusion`."""
    from neuroloop.explain.attribution.occlusion import occlusion

    windows, strides = in_pixels(images.shape[2], images.shape[3], window, stride)
    return occlusion(network, images, classes, window=windows, stride=strides)


def passes(height: int, width: int, *, window: float, stride: float) -> int:
    """A forward pass a window."""
    (tall, wide), (down, across) = in_pixels(height, width, window, stride)
    return -(-(height - tall + down) // down) * -(-(width - wide + across) // across)


def in_pixels(
    height: int, width: int, window: float, stride: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Height and width of windows and of their steps, a pixel at least."""
    windows = max(1, round(window * height)), max(1, round(window * width))
    steps = max(1, round(stride * height)), max(1, round(stride * width))
    return windows, (min(steps[0], windows[0]), min(steps[1], windows[1]))
