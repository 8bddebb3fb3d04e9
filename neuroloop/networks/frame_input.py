"""What calcium frames go through before the first convolution."""

import torch
from torch import nn


class FrameInput(nn.Module):
    """Pixels less a mean, by a standard deviation, 0 outside a mask, and where they are.

    In the network, so that training, prediction and explanation cannot prepare frames in different
    ways, and what is fitted is stored with the weights.

    Attributes
    ----------
    mean, std : Tensor, shape (members * in_channels,)
        0 and 1 until who trains sets them.
    mask : Tensor or None, shape (members * in_channels, height, width)
        1 where pixels are seen, else 0.
    places : Tensor or None, shape (members * 2, height, width)
        Row and column of each pixel, from -1 to 1, each member's further channels (Liu et al.
        2018, "An intriguing failing of convolutional neural networks and the CoordConv solution").
    """

    mean: torch.Tensor
    std: torch.Tensor
    mask: torch.Tensor | None
    places: torch.Tensor | None

    def __init__(
        self,
        in_channels: int,
        members: int,
        shape: tuple[int, int],
        mask: torch.Tensor | None,
        coordinates: bool,
    ) -> None:
        super().__init__()
        self.members, channels = members, members * in_channels
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))
        seen = None if mask is None else mask.float().repeat(channels, 1, 1)
        self.register_buffer("mask", seen)
        sides = [torch.linspace(-1, 1, side) for side in shape]
        grid = torch.stack(torch.meshgrid(*sides, indexing="ij")).repeat(members, 1, 1)
        self.register_buffer("places", grid if coordinates else None, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, members * in_channels, height, width) to the same, places added."""
        x = (x - self.mean[:, None, None]) / self.std[:, None, None]
        if self.mask is not None:
            x = x * self.mask
        if self.places is None:
            return x
        positions = self.places.expand(len(x), *self.places.shape)
        by_member = [part.unflatten(1, (self.members, -1)) for part in (x, positions)]
        return torch.cat(by_member, dim=2).flatten(1, 2)
