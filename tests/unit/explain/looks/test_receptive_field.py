"""Receptive fields: by hand, by the formula for chains, and by changing pixels."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.layers import layer_output
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.receptive_field import receptive_fields
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.networks.transfer_start import initialise_backbone


def chain():
    return nn.Sequential(
        nn.Conv2d(2, 3, 5, stride=2, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(3, 2, 3, padding=2, dilation=2),
        nn.ReLU6(),
        nn.AvgPool2d(2, 1),
    )


def formula(layers, place, size):
    """First and last pixel of a place along one axis, clipped to the image.

    Araujo et al. 2019, equations of "Closed-form expression" for start and end: of kernels k
    (d (k - 1) + 1 if dilated), strides s and paddings p, layer by layer from the last.
    """
    first = last = place
    for kernel, stride, padding, dilation in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + dilation * (kernel - 1)
    return max(first, 0), min(last, size - 1) + 1


def test_chain_by_the_formula():
    network, (height, width) = chain(), (41, 30)
    layers = [(5, 2, 1, 1), (3, 2, 1, 1), (3, 1, 2, 2), (2, 1, 0, 1)]
    rows, columns = layer_output(network, "6", torch.zeros(1, 2, height, width)).shape[2:]
    units = np.array([(1, *place) for place in np.ndindex(rows, columns)])
    expected = []
    for _, row, column in units:
        top, bottom = formula(layers, row, height)
        left, right = formula(layers, column, width)
        expected.append((top, left, bottom, right))
    made = receptive_fields(network, "6", (2, height, width), units)
    assert made.dtype == np.int64
    assert made.tolist() == [list(box) for box in expected]
    # r = 1 + 4 * 1 + 2 * 2 + 4 * 4 + 4 * 1 = 29, and the padding reaches 1 + 2 + 8 beyond.
    inner = made[made[:, 2] - made[:, 0] == 29]
    assert len(inner)
    assert made[0].tolist() == [0, 0, 18, 18]


def test_resnet18_by_hand():
    network = networks.resnet(18, in_channels=1, classes=2, width=1)
    # 435 pixels (Araujo et al. 2019, table 1), of which 217 lie before the first one.
    made = receptive_fields(network, "layer4", (1, 480, 480), np.array([[0, 0, 0], [0, 7, 7]]))
    assert made.tolist() == [[0, 0, 218, 218], [7, 7, 442, 442]]


def calcium():
    made = calcium_network.calcium_network(classes=3, shape=(48, 40), widths=(3, 3, 3), hidden=4)
    calcium_network.initialise(made, [1])
    return made


def masked_calcium():
    mask = torch.ones(24, 24, dtype=torch.bool)
    mask[:, :9] = False
    made = calcium_network.calcium_network(
        classes=3, shape=(24, 24), head="gap", widths=(3, 3), mask=mask, coordinates=True
    )
    calcium_network.initialise(made, [1])
    return made


def small_resnet(depth=18, stem="imagenet"):
    made = networks.resnet(depth, in_channels=1, classes=2, width=4, stem=stem, blocks=(1, 2))
    networks.initialise(made, [1])
    return made


def lite0():
    made = transfer_network(backbone="efficientnet_lite0", classes=2)
    initialise_backbone(made, 1)
    return made


class Odd(nn.Module):
    """Pooling that rounds up and is dilated, kernels and strides of two kinds, functional calls."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, (1, 3), stride=(2, 1), padding=(0, 1))
        self.grouped = nn.Conv2d(4, 4, 3, padding="same", groups=4, padding_mode="reflect")
        self.end = nn.Identity()

    def forward(self, x):
        x = functional.max_pool2d(self.conv(x).relu_(), 3, 2, dilation=2, ceil_mode=True)
        y = functional.gelu(self.grouped(x)).clamp(0, 6)
        return self.end(torch.cat([y, functional.interpolate(x, y.shape[2:])], 1))


def pools():
    return nn.Sequential(nn.MaxPool2d((3, 2), (2, 3), (1, 0), ceil_mode=True), nn.Conv2d(1, 2, 2))


CASES = {
    "chain": (chain, "6", (2, 41, 30)),
    "calcium": (calcium, "features.8", (1, 48, 40)),
    "calcium inside": (calcium, "features.3", (1, 48, 40)),
    "masked": (masked_calcium, "features", (1, 24, 24)),
    "resnet18": (small_resnet, "layer2", (1, 64, 48)),
    "resnet18 small": (lambda: small_resnet(stem="small"), "layer2.0.conv1", (1, 16, 16)),
    "resnet50": (lambda: small_resnet(50), "layer2", (1, 64, 64)),
    "lite0": (lite0, "backbone._blocks.3", (1, 37, 33)),
    "odd": (Odd, "end", (1, 31, 26)),
    "pools": (pools, "1", (1, 14, 17)),
}


def values_at(network, layer, images, place):
    """All channels at a place, shape (images, channels): they see the same pixels."""
    with torch.no_grad():
        maps = layer_output(network, layer, images)
    return maps[:, :, place[0], place[1]]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("where", ["first", "last", "centre", "edge"])
def test_boxes_by_changing_pixels(name, where):
    """What is outside never changes a unit, and each border of the box can."""
    make, layer, shape = CASES[name]
    torch.manual_seed(5)
    network = deepcopy(make()).double().eval()
    generator = torch.Generator().manual_seed(1)

    def noise(n, scale=1.0):
        return scale * torch.randn(n, *shape, generator=generator, dtype=torch.float64)

    rows, columns = layer_output(network, layer, noise(1)).shape[2:]
    row, column = {
        "first": (0, 0),
        "last": (rows - 1, columns - 1),
        "centre": (rows // 2, columns // 2),
        "edge": (rows // 2, 0),
    }[where]
    (box,) = receptive_fields(network, layer, shape, np.array([[0, row, column]]))
    top, left, bottom, right = box.tolist()
    assert 0 <= top < bottom <= shape[1]
    assert 0 <= left < right <= shape[2]

    base = noise(6)
    before = values_at(network, layer, base, (row, column))
    outside = torch.ones(shape[1:], dtype=torch.bool)
    outside[top:bottom, left:right] = False
    for scale in (1, 1e6):
        changed = torch.where(outside, noise(6, scale), base)
        assert torch.equal(values_at(network, layer, changed, (row, column)), before)

    for line in (
        (slice(top, top + 1), slice(left, right)),
        (slice(bottom - 1, bottom), slice(left, right)),
        (slice(top, bottom), slice(left, left + 1)),
        (slice(top, bottom), slice(right - 1, right)),
    ):
        changed = base.clone()
        changed[:, :, *line] = noise(6, 30)[:, :, *line]
        assert (values_at(network, layer, changed, (row, column)) != before).any(), line


def test_the_mask_hides_pixels():
    hidden, _ = receptive_fields(
        masked_calcium(), "features.0", (1, 24, 24), np.array([[0, 3, 3], [0, 20, 20]])
    )
    assert hidden.tolist() == [0, 0, 0, 0]
    partly = receptive_fields(masked_calcium(), "features.0", (1, 24, 24), np.array([[0, 3, 8]]))
    assert partly.tolist() == [[1, 9, 6, 11]]


class Branches(nn.Module):
    """Channels that see different pixels, and one that sees all."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(1, 1, 5, padding=2), nn.Conv2d(1, 1, 1)
        self.end = nn.Identity()

    def forward(self, x):
        whole = functional.adaptive_max_pool2d(x, 1).expand_as(x)
        less = x - x.mean((2, 3), keepdim=True)
        return self.end(torch.cat([self.wide(x), self.narrow(x), x + whole, less], 1))


def test_channels_have_their_own_boxes():
    units = np.array([[0, 4, 4], [1, 4, 4], [2, 4, 4], [3, 4, 4], [1, 0, 8], [0, 4, 4]])
    made = receptive_fields(Branches(), "end", (1, 9, 9), units)
    everything = [0, 0, 9, 9]
    assert made.tolist() == [
        [2, 2, 7, 7],
        [4, 4, 5, 5],
        everything,
        everything,
        [0, 8, 1, 9],
        [2, 2, 7, 7],
    ]


def test_weights_of_no_matter():
    """Zero, cancelling and enormous weights, dead ReLUs: the ways are there all the same."""
    for weights in (0.0, -1e30):
        network = chain()
        with torch.no_grad():
            for values in network.parameters():
                values.fill_(weights)
        made = receptive_fields(network, "6", (2, 41, 30), np.array([[0, 4, 3]]))
        assert made.tolist() == [[5, 1, 34, 30]]


def test_the_network_stays_as_it_is():
    network = lite0().train()
    before = {name: values.clone() for name, values in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    flags = [parameter.requires_grad for parameter in network.parameters()]
    with torch.inference_mode():
        first = receptive_fields(network, "backbone._conv_stem", (1, 32, 32), np.array([[0, 5, 5]]))
    assert first.tolist() == [[10, 10, 13, 13]]  # of even sizes, TensorFlow pads after the image
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name]), name
        assert values.dtype == before[name].dtype
    assert [module.training for module in network.modules()] == modes
    assert [parameter.requires_grad for parameter in network.parameters()] == flags
    assert not any(module._forward_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())


class Median(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.end = nn.Conv2d(1, 2, 3), nn.Identity()

    def forward(self, x):
        return self.end(self.conv(x).unfold(3, 3, 1).median(-1)[0])


class OwnFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.relu()

    @staticmethod
    def backward(ctx, gradient):
        return torch.zeros_like(gradient)


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.end = nn.Conv2d(1, 2, 3), nn.Identity()

    def forward(self, x):
        return self.end(OwnFunction.apply(self.conv(x)))


@pytest.mark.parametrize(
    ("network", "operation"), [(Median(), "MedianBackward"), (Own(), "OwnFunctionBackward")]
)
def test_operations_that_are_not_known(network, operation):
    with pytest.raises(NotApplicable, match=operation):
        receptive_fields(network, "end", (1, 9, 9), np.array([[0, 0, 0]]))
    # Before the operation all is well.
    made = receptive_fields(network, "conv", (1, 9, 9), np.array([[0, 1, 2]]))
    assert made.tolist() == [[1, 2, 4, 5]]


def test_units_that_are_not_there():
    for unit in ([2, 0, 0], [0, 7, 0], [0, 0, -1]):
        with pytest.raises(ValueError, match=r"has \(2, 7, 7\) units"):
            receptive_fields(Median(), "conv", (1, 9, 9), np.array([unit]))
    with pytest.raises(NeuroLoopError, match="no layer 'cnv'"):
        receptive_fields(Median(), "cnv", (1, 9, 9), np.array([[0, 0, 0]]))
    none = receptive_fields(Median(), "conv", (1, 9, 9), np.empty((0, 3), dtype=int))
    assert none.shape == (0, 4)
