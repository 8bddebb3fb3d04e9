"""Convolutions of residual blocks."""

import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from neuroloop.networks.blocks import Projection, conv

#: Trains projections of few channels again and again: memory that is written past its end ends
#: the process sooner or later.
TRAIN = """
import torch
from neuroloop.networks.blocks import conv
for channels in (2, 4, 6):
    kept = []
    for _ in range(60):
        projection = conv(channels, 8, 1, 2, 2, 1).to(memory_format=torch.channels_last)
        x = torch.randn(6, channels, 16, 16).contiguous(memory_format=torch.channels_last)
        projection(x).square().sum().backward()
        kept.append([torch.empty(size) for size in range(1, 200, 7)])
"""


@pytest.mark.parametrize(
    ("stride", "dims", "members"), [(1, 2, 1), (2, 2, 3), (2, 1, 2), (3, 2, 1)]
)
def test_a_projection_is_the_strided_convolution(stride: int, dims: int, members: int) -> None:
    generator = torch.Generator().manual_seed(0)
    projection = conv(4, 5, 1, stride, dims, members).double()
    assert isinstance(projection, Projection)
    size = (1, 11) if dims == 1 else (7, 9)
    x = torch.randn(3, 4 * members, *size, dtype=torch.double, generator=generator)
    strides = (1, stride) if dims == 1 else stride
    expected = functional.conv2d(x, projection.weight, stride=strides, groups=members)
    torch.testing.assert_close(projection(x), expected, rtol=1e-12, atol=1e-12)


def test_a_projection_takes_every_second_place() -> None:
    projection = conv(1, 1, 1, 2, 2, 1)
    torch.nn.init.constant_(projection.weight, 3.0)
    x = torch.arange(12.0).reshape(1, 1, 3, 4)
    assert projection(x).tolist() == [[[[0.0, 6.0], [24.0, 30.0]]]]


def test_projections_of_few_channels_write_within_their_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRAIN], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
