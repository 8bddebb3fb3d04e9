"""1 x 3 convolutions with half of the multiplications: Winograd's minimal filtering, F(4, 3).

Six products give four outputs of a filter w of three taps, where plain sums take twelve:
y = A' [(G w) * (B' x)] for windows x of six inputs that begin four apart (Winograd 1980; Lavin &
Gray 2016, "Fast algorithms for convolutional neural networks", section 4). Over channels, each
product is a matrix product. With many channels these outweigh the transforms, and a CPU whose
convolutions are as fast as its matrix products has no other way to be faster.
"""

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

#: Channels from which on this is faster than oneDNN's convolution on a CPU (measured).
MINIMUM = 256

#: B', G and A' for the points 0, 1, -1, 2, -2 and infinity.
INPUT = torch.tensor(
    [
        [4.0, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
FILTER = torch.tensor(
    [[6.0, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]
).div(24)
OUTPUT = torch.tensor(
    [[1.0, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
)


class _Filtering(torch.autograd.Function):
    """The convolution of `Conv1x3`; tensors within are (place in window, window, channel)."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        n, channels, _, length = x.shape
        windows = -(-length // 4)
        size = 4 * windows + 2
        padded = functional.pad(x[:, :, 0].transpose(1, 2), (0, 0, 1, size - 1 - length))
        strides = (channels, size * channels, 4 * channels, 1)
        overlapping = padded.contiguous().as_strided((6, n, windows, channels), strides)
        inputs = (INPUT @ overlapping.reshape(6, -1)).view(6, -1, channels)
        taps = weight[:, :, 0].permute(2, 0, 1).reshape(3, -1)
        filters = (FILTER @ taps).view(6, -1, channels)
        products = torch.bmm(inputs, filters.transpose(1, 2))
        y = (OUTPUT @ products.view(6, -1)).view(4, n, windows, -1)
        ctx.save_for_backward(inputs, filters)
        ctx.shape = x.shape
        return _as_images(y.permute(1, 2, 0, 3).reshape(n, 4 * windows, -1), 0, length)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, filters = ctx.saved_tensors
        n, channels, _, length = ctx.shape
        windows = -(-length // 4)
        padded = functional.pad(gradient[:, :, 0].transpose(1, 2), (0, 0, 0, 4 * windows - length))
        width = padded.shape[2]
        of_outputs = padded.reshape(n, windows, 4, width).permute(2, 0, 1, 3).reshape(4, -1)
        of_products = (OUTPUT.T @ of_outputs).view(6, -1, width)
        of_filters = torch.bmm(of_products.transpose(1, 2), inputs)
        of_taps = (FILTER.T @ of_filters.view(6, -1)).view(3, width, channels)
        of_inputs = torch.bmm(of_products, filters)
        of_windows = (INPUT.T @ of_inputs.view(6, -1)).view(6, n, windows, channels)
        # Places 4 and 5 of a window are places 0 and 1 of the next.
        x = torch.zeros(n, windows + 1, 4, channels)
        x[:, :-1] = of_windows[:4].permute(1, 2, 0, 3)
        x[:, 1:, :2] += of_windows[4:].permute(1, 2, 0, 3)
        weight = of_taps.permute(1, 2, 0)[:, :, None].contiguous(memory_format=torch.channels_last)
        return _as_images(x.view(n, -1, channels), 1, length), weight


class Conv1x3(nn.Conv2d):
    """Convolution of 1 x 3 that goes the faster way, with the same results but for rounding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, channels, 1, length) to (batch, channels, 1, length / stride)."""
        dense = self.groups == 1 and self.stride == (1, 1)
        many = min(self.in_channels, self.out_channels) >= MINIMUM and len(x) > 0
        if dense and many and x.device.type == "cpu" and x.dtype == torch.float32:
            return _Filtering.apply(x, self.weight)
        return super().forward(x)


def _as_images(rows: torch.Tensor, start: int, length: int) -> torch.Tensor:
    """Turn (n, length, channels) into (n, channels, 1, length), in channels-last layout."""
    return rows[:, start : start + length].transpose(1, 2)[:, :, None]
