"""The baseline that every attribution has to beat: edges of the image, whatever the network."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

#: Smoothing across, difference along: Sobel & Feldman 1968, by 8 for the slope per pixel.
SOBEL = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]], dtype=torch.float64) / 8


def edges(network: nn.Module, images: torch.Tensor, classes: torch.Tensor) -> np.ndarray:
    """Magnitude of Sobel's gradient of the mean over channels; an `Attribution`.

    It looks like an explanation but depends on neither network nor class (Adebayo et al. 2018,
    "Sanity checks for saliency maps", section 4).

    Parameters
    ----------
    network : Module
        Not used.
    images : Tensor, shape (n, channels, height, width)
    classes : Tensor, shape (n,)
        Not used.

    Returns
    -------
    ndarray of float32, shape (n, height, width)
        In units of the image per pixel; pixels beyond the border are as those on it.
    """
    grey = images.detach().double().mean(1, keepdim=True)
    kernels = torch.stack([SOBEL, SOBEL.T])[:, None].to(grey.device)
    slopes = functional.conv2d(functional.pad(grey, (1, 1, 1, 1), mode="replicate"), kernels)
    return slopes.square().sum(1).sqrt().float().cpu().numpy()
