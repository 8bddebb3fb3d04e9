"""Images that a class or a unit of a network responds to most, by gradient ascent."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, pi

import numpy as np
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.layers import layer_output
from neuroloop.explain.attribution.modes import device_of, evaluating, mean_logits
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.training.optimiser import Adam


@dataclass(frozen=True, eq=False)
class ClassImages:
    """One image per target, and how far the ascent came.

    Attributes
    ----------
    images : ndarray of float32, shape (targets, channels, height, width)
    start, end : ndarray of float32, shape (targets,)
        The objective f(I) - l2 ||I||^2 of the first image and of `images`.
    """

    images: np.ndarray
    start: np.ndarray
    end: np.ndarray


def class_images(
    network: nn.Module,
    shape: tuple[int, ...],
    targets: Sequence[int],
    *,
    l2: float,
    seed: int,
    layer: str | None = None,
    low: float | None = None,
    high: float | None = None,
    steps: int = 256,
    rate: float = 0.05,
    jitter: int = 0,
    blur: float = 0.0,
    level: float | None = None,
) -> ClassImages:
    """Search for I* = argmax f(I) - l2 ||I||^2 for some classes, or units of a layer.

    Simonyan et al. 2014, "Deep inside convolutional networks", equation 1; by Adam, with a rate
    that falls to 0 along a cosine. The network runs in evaluation mode on its own device;
    afterwards, also after an exception, it is as it was.

    Parameters
    ----------
    network : Module
        For a batched network, the mean of the members' logits is used.
    shape : tuple of int
        Channels, height and width of the images.
    targets : sequence of int
        Classes, whose logit is f; or channels of `layer`, whose mean over positions is f.
    l2 : float
        Weight of the sum of squares over all pixels.
    seed : int
        Of the first images, each drawn by its target alone, and of the jitter.
    layer : str, optional
        As in `layers.layer_output`.
    low, high : float, optional
        Bounds of the pixels.
    steps : int
    rate : float
        First step of a pixel, in units of the pixels.
    jitter : int
        Pixels by which the network sees the image rolled at most, anew in each step (Mordvintsev et
        al. 2015, "Inceptionism"). Then the mean over shifts is maximised; the objective in the
        result is without shifts, and can end lower than it began if the network is sensitive to
        position.
    blur : float
        Standard deviation in pixels of a Gaussian. Above 0 the optimised images are blurred,
        with less of the high frequencies that networks respond to (Yosinski et al. 2015,
        "Understanding neural networks through deep visualization").
    level : float, optional
        Mean over pixels that images keep. Without one, a unit that answers to darkness everywhere
        ends at an image that is black all over, and shows nothing of what it looks for.

    Returns
    -------
    ClassImages

    Raises
    ------
    NeuroLoopError
        If the layer cannot be read, or there is no such target.
    """
    device = device_of(network)
    shifts = numpy_generator(seed, "class image", "jitter").integers(
        -jitter, jitter, size=(steps, 2), endpoint=True
    )
    still = np.zeros(2, dtype=np.int64)

    def seen(pixels: torch.Tensor) -> torch.Tensor:
        return _blurred(pixels, blur) if blur else pixels

    def objective(
        images: torch.Tensor, chosen: torch.Tensor, shift: np.ndarray = still
    ) -> torch.Tensor:
        rolled = images.roll(tuple(shift.tolist()), (2, 3)) if shift.any() else images
        if layer is None:
            outputs = mean_logits(network, rolled)
        else:
            outputs = layer_output(network, layer, rolled).mean((2, 3))
        return _own(outputs, chosen) - l2 * images.square().sum((1, 2, 3))

    with torch.inference_mode(False), torch.enable_grad(), evaluating(network):
        chosen = torch.tensor(targets, dtype=torch.int64, device=device)
        pixels = _first_images(shape, targets, seed, low, high).to(device).requires_grad_()
        start = objective(seen(pixels), chosen).detach()
        adam = Adam([pixels])
        for step in range(steps):
            total = objective(seen(pixels), chosen, shifts[step]).sum()
            (pixels.grad,) = torch.autograd.grad(-total, pixels)
            if level is not None:  # Adam would take the way to darkness for that of all pixels
                pixels.grad -= pixels.grad.mean((1, 2, 3), keepdim=True)
            adam.rate = rate * (1 + cos(pi * step / steps)) / 2
            adam.step()
            if level is not None:
                values = pixels.detach()
                values += level - values.mean((1, 2, 3), keepdim=True)
            if low is not None or high is not None:
                pixels.detach().clamp_(low, high)
        images = seen(pixels).detach()
        end = objective(images, chosen).detach()
    return ClassImages(*(values.cpu().numpy() for values in (images, start, end)))


def _first_images(
    shape: tuple[int, ...],
    targets: Sequence[int],
    seed: int,
    low: float | None,
    high: float | None,
) -> torch.Tensor:
    """Noise a hundredth of the range wide, around its middle; around 0 without a range."""
    bounded = low is not None and high is not None
    middle, width = ((low + high) / 2, high - low) if bounded else (0.0, 1.0)  # type: ignore[operator]
    drawn = [numpy_generator(seed, "class image", t).standard_normal(shape) for t in targets]
    noise = np.array(drawn, dtype=np.float32).reshape(-1, *shape)
    return torch.from_numpy(np.clip(middle + 0.01 * width * noise, low, high, dtype=np.float32))


def _own(outputs: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """The output of each image's target, shape (images,)."""
    count = outputs.shape[1]
    if ((chosen < 0) | (chosen >= count)).any():
        raise NeuroLoopError(
            f"targets are numbers from 0 to {count - 1}: choose from these, not "
            f"{', '.join(map(str, chosen.tolist()))}"
        )
    return outputs.gather(1, chosen[:, None])[:, 0]


def _blurred(images: torch.Tensor, sigma: float) -> torch.Tensor:
    from kornia.filters import gaussian_blur2d

    size = 2 * ceil(3 * sigma) + 1
    return gaussian_blur2d(images, (size, size), (sigma, sigma), border_type="replicate")
