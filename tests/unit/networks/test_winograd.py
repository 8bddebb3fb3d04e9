"""Minimal filtering against plain convolution."""

import pytest
import torch
from torch.nn import functional

from neuroloop.networks import winograd
from neuroloop.networks.winograd import Conv1x3, _Filtering


def made(n=3, channels=5, width=4, length=16):
    generator = torch.Generator().manual_seed(length)
    x = torch.randn(n, channels, 1, length, generator=generator)
    weight = torch.randn(width, channels, 1, 3, generator=generator)
    return (
        x.contiguous(memory_format=torch.channels_last).requires_grad_(),
        weight.contiguous(memory_format=torch.channels_last).requires_grad_(),
    )


def test_by_hand():
    x = torch.tensor([1.0, 2, 3, 4, 5]).view(1, 1, 1, 5)
    weight = torch.tensor([1.0, 2, 3]).view(1, 1, 1, 3)
    # 0 1 2 . (1 2 3), 1 2 3 . (1 2 3), ..., 4 5 0 . (1 2 3)
    y = _Filtering.apply(x, weight)
    torch.testing.assert_close(y.flatten(), torch.tensor([8.0, 14, 20, 26, 14]))


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 8, 9, 16, 31])
def test_equals_convolution_with_gradients(length):
    x, weight = made(length=length)
    y = _Filtering.apply(x, weight)
    exact = functional.conv2d(x.double(), weight.double(), padding=(0, 1))
    assert y.shape == exact.shape
    torch.testing.assert_close(y, exact.float(), rtol=1e-5, atol=1e-5)
    direction = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
    own = torch.autograd.grad(y, (x, weight), direction)
    plain = torch.autograd.grad(exact, (x, weight), direction.double())
    for one, other in zip(own, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


def test_layout_of_the_input_does_not_matter():
    x, weight = made()
    torch.testing.assert_close(
        _Filtering.apply(x.detach().contiguous(), weight.detach().contiguous()),
        _Filtering.apply(x, weight),
    )


def test_error_is_that_of_single_precision():
    x, weight = made(n=8, channels=512, width=512)
    exact = functional.conv2d(x.double(), weight.double(), padding=(0, 1))
    plain = functional.conv2d(x, weight, padding=(0, 1))
    worst = (_Filtering.apply(x, weight) - exact).abs().max()
    assert worst < 5 * (plain - exact).abs().max()


@pytest.mark.parametrize(
    ("options", "fast"),
    [
        ({}, True),
        ({"stride": (1, 2)}, False),
        ({"groups": 2}, False),
        ({"dtype": torch.float64}, False),
        ({"channels": 4}, False),
        ({"n": 0}, False),
    ],
)
def test_layer_goes_the_faster_way_where_it_can(monkeypatch, options, fast):
    monkeypatch.setattr(winograd, "MINIMUM", 8)
    used = []
    real = _Filtering.apply
    monkeypatch.setattr(_Filtering, "apply", lambda *given: used.append(1) or real(*given))
    channels, dtype = options.get("channels", 8), options.get("dtype", torch.float32)
    stride, groups = options.get("stride", (1, 1)), options.get("groups", 1)
    layer = Conv1x3(channels, 8, (1, 3), stride, (0, 1), groups=groups, bias=False, dtype=dtype)
    x = torch.randn(options.get("n", 2), channels, 1, 9, dtype=dtype)
    plain = functional.conv2d(x, layer.weight, None, stride, (0, 1), groups=groups)
    torch.testing.assert_close(layer(x), plain, rtol=1e-4, atol=1e-5)
    assert bool(used) == fast


def test_second_derivatives_are_refused():
    x, weight = made()
    (first,) = torch.autograd.grad(_Filtering.apply(x, weight).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
