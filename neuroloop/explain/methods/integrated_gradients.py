"""Integrated gradients."""

from typing import TYPE_CHECKING

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import nn

ORDER = 3
LEGEND = (
    "Integrated gradients: mean gradient along the path from an image of zeros, times that "
    "path; adds up to the gain of the score"
)
UNITS = "logit"
SIGNED = True


class Settings(Closed):
    """Settings of integrated gradients."""

    steps: int = setting(
        "Points on the way from an image of zeros at which gradients are taken.", 8, ge=1
    )


def attribute(
    network: "nn.Module", images: "torch.Tensor", classes: "torch.Tensor", *, steps: int
) -> "torch.Tensor":
    """See `saliency.integrated_gradients`."""
    from neuroloop.explain.attribution import saliency

    return saliency.attribute("integrated_gradients", network, images, classes, n_steps=steps)


def passes(height: int, width: int, *, steps: int) -> int:
    """A gradient a step."""
    return 3 * steps
