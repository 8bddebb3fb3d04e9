"""Parts of residual networks: convolutions, blocks and heads of several members at once."""

import torch
from torch import nn
from torch.nn import functional


class Head(nn.Linear):
    """Linear layer of each member: weight (members * classes, features)."""

    def __init__(self, features: int, classes: int, members: int) -> None:
        super().__init__(features, members * classes)
        self.members = members

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map features, shape (batch, members * features), to logits (batch, members, classes)."""
        if self.members == 1:
            return super().forward(x)[:, None]
        weight = self.weight.view(self.members, -1, self.in_features)
        by_member = x.view(len(x), self.members, self.in_features).transpose(0, 1)
        logits = torch.bmm(by_member, weight.transpose(1, 2)).transpose(0, 1)
        return logits + self.bias.view(self.members, -1)


class Projection(nn.Conv2d):
    """1 x 1 convolution that strides by leaving places out first, with the same results.

    oneDNN's own way to stride, on CPUs with AVX2 and no more, writes past the end of its memory
    where there are fewer than eight channels in channels-last layout (seen in 3.12).
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, channels, height, width) to every stride-th place of it."""
        down, right = self.stride
        return functional.conv2d(x[:, :, ::down, ::right], self.weight, groups=self.groups)


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a short cut (He et al. 2016, figure 5 left)."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int, dims: int, members: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, width, 3, stride, dims, members)
        self.bn1 = nn.BatchNorm2d(members * width)
        self.conv2 = conv(width, width, 3, 1, dims, members)
        self.bn2 = nn.BatchNorm2d(members * width)
        self.downsample = _short_cut(channels, width, stride, dims, members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, members * channels, height, width) to the block's output."""
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return functional.relu(y, inplace=True)


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 (which strides) and 1 x 1 convolutions beside a short cut (figure 5 right)."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int, dims: int, members: int) -> None:
        super().__init__()
        wide = width * self.expansion
        self.conv1 = conv(channels, width, 1, 1, dims, members)
        self.bn1 = nn.BatchNorm2d(members * width)
        self.conv2 = conv(width, width, 3, stride, dims, members)
        self.bn2 = nn.BatchNorm2d(members * width)
        self.conv3 = conv(width, wide, 1, 1, dims, members)
        self.bn3 = nn.BatchNorm2d(members * wide)
        self.downsample = _short_cut(channels, wide, stride, dims, members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, members * channels, height, width) to the block's output."""
        y = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        y = functional.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        return functional.relu(y, inplace=True)


def conv(channels: int, width: int, kernel: int, stride: int, dims: int, members: int) -> nn.Conv2d:
    """Build a convolution that keeps the size, but for its stride; 1 x k if `dims` is 1."""
    flat = dims == 1
    kind = Projection if kernel == 1 else nn.Conv2d
    return kind(
        members * channels,
        members * width,
        kernel_size=(1 if flat else kernel, kernel),
        stride=(1 if flat else stride, stride),
        padding=(0 if flat else kernel // 2, kernel // 2),
        groups=members,
        bias=False,
    )


def pool(dims: int) -> nn.MaxPool2d:
    """Build the max-pooling of the stem: window 3, stride 2."""
    return nn.MaxPool2d((1, 3), (1, 2), (0, 1)) if dims == 1 else nn.MaxPool2d(3, 2, 1)


def _short_cut(
    channels: int, width: int, stride: int, dims: int, members: int
) -> nn.Sequential | None:
    """Projection of the short cut, where shapes differ; None for the identity."""
    if stride == 1 and channels == width:
        return None
    return nn.Sequential(
        conv(channels, width, 1, stride, dims, members), nn.BatchNorm2d(members * width)
    )
