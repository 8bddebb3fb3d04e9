"""The CNN that reads cells from single calcium frames: one, or many as grouped convolutions.

Three times a 5 x 5 convolution, ReLU and 2 x 2 max-pooling, then one of two heads. `flatten` is
the study's: a layer of 300 units that sees every place, then the outputs. `gap`, a mean over the
places and one linear layer, is what CAM and Grad-CAM assume.
"""

from collections.abc import Sequence

import torch
from torch import nn

from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.blocks import Head
from neuroloop.networks.frame_input import FrameInput

#: Channels of the study's convolutions, and units of the layer in its head.
WIDTHS, HIDDEN = (16, 32, 64), 300
KERNEL = 5


class FlattenHead(nn.Module):
    """Hidden layer with ReLU over all places and channels of a member, then the outputs."""

    def __init__(self, features: int, hidden: int, classes: int, members: int) -> None:
        super().__init__()
        self.hidden = Head(features, hidden, members)
        self.fc = Head(hidden, classes, members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, members * channels, height, width) to logits (batch, members, classes)."""
        return self.fc(torch.relu(self.hidden(x.flatten(1))).flatten(1))


class PoolHead(nn.Module):
    """Mean over places, then the outputs, linear in it."""

    def __init__(self, channels: int, classes: int, members: int) -> None:
        super().__init__()
        self.fc = Head(channels, classes, members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (batch, members * channels, height, width) to logits (batch, members, classes)."""
        return self.fc(x.mean((2, 3)))


class CalciumNetwork(BatchedNetwork):
    """Reader of calcium frames, or a batched network of them (see `calcium_network`).

    ``head(front(x))`` are the logits.

    Attributes
    ----------
    input : FrameInput
    features : Sequential
        Convolutions and poolings; its output is what Grad-CAM reads.
    head : FlattenHead or PoolHead
    """

    def __init__(
        self,
        in_channels: int,
        classes: int,
        shape: tuple[int, int],
        head: str,
        widths: Sequence[int],
        hidden: int,
        mask: torch.Tensor | None,
        coordinates: bool,
        members: int,
    ) -> None:
        super().__init__(members, in_channels, classes)
        self.input = FrameInput(in_channels, members, shape, mask, coordinates)
        layers: list[nn.Module] = []
        channels = in_channels + (2 if coordinates else 0)
        for width in widths:
            # Pooling first: ReLU does not change which value is the largest, and has a quarter of
            # the work left.
            layers += [
                nn.Conv2d(
                    members * channels, members * width, KERNEL, padding=KERNEL // 2, groups=members
                ),
                nn.MaxPool2d(2),
                nn.ReLU(inplace=True),
            ]
            channels = width
        self.features = nn.Sequential(*layers)
        positions = (shape[0] >> len(widths)) * (shape[1] >> len(widths))
        self.head: nn.Module = (
            PoolHead(channels, classes, members)
            if head == "gap"
            else FlattenHead(channels * positions, hidden, classes, members)
        )

    def front(self, x: torch.Tensor) -> torch.Tensor:
        """Return the output of the last pooling.

        Parameters
        ----------
        x : Tensor, shape (batch, members * in_channels, height, width)

        Returns
        -------
        Tensor, shape (batch, members * channels, height // 8, width // 8)
            Not negative.
        """
        return self.features(self.input(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits.

        Parameters
        ----------
        x : Tensor, shape (batch, members * in_channels, height, width)

        Returns
        -------
        Tensor, shape (batch, members, classes)
            Also for one member. Of several labels at once: a sigmoid each, no softmax.
        """
        return self.head(self.front(x))


def calcium_network(
    *,
    classes: int,
    shape: tuple[int, int],
    head: str = "flatten",
    widths: Sequence[int] = WIDTHS,
    hidden: int = HIDDEN,
    mask: torch.Tensor | None = None,
    coordinates: bool = False,
    in_channels: int = 1,
    members: int = 1,
) -> CalciumNetwork:
    """Build a reader of calcium frames.

    Its weights are random until `initialise` sets them.

    Parameters
    ----------
    classes : int
        Outputs of one member: the cells, and "none".
    shape : tuple of int
        Height and width of a frame in pixels, at least 2 to the number of convolutions.
    head : {"flatten", "gap"}
    widths : sequence of int
        Channels of each convolution of one member.
    hidden : int
        Units of the layer in the head ``flatten``.
    mask : Tensor of bool, shape (height, width), optional
        Pixels that the network sees; the others are 0 to it. The same for all members.
    coordinates : bool
        Whether each member has the row and column of every pixel as two channels more. Without
        them the head ``gap`` tells places apart by what surrounds them alone: far from a border,
        equal cells on an even ground look the same to it.
    in_channels, members : int

    Returns
    -------
    CalciumNetwork
        In channels-last layout, which a CPU takes 0.6 of the time for (measured, 512 x 512).
    """
    if head not in ("flatten", "gap"):
        raise ValueError(f"no head {head!r}")
    if min(shape) >> len(widths) < 1:
        raise ValueError(f"frames of {shape} pixels are too small for {len(widths)} poolings")
    if mask is not None and tuple(mask.shape) != tuple(shape):
        raise ValueError(f"mask of {tuple(mask.shape)} pixels, frames of {tuple(shape)}")
    network = CalciumNetwork(
        in_channels, classes, shape, head, widths, hidden, mask, coordinates, members
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.no_grad()
def initialise(network: CalciumNetwork, seeds: Sequence[int]) -> None:
    """Give each member the weights that a single network has after `initialise` with its seed.

    Weights and biases are uniform within 1 / sqrt(fan-in), as torch itself has it.

    Parameters
    ----------
    network : CalciumNetwork
    seeds : sequence of int
        One a member. The generators are torch's on the CPU, whatever the device.
    """
    if len(seeds) != network.members:
        raise ValueError(f"{len(seeds)} seeds for {network.members} members")
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | Head):
            bound = layer.weight[0].numel() ** -0.5
            for values in layer.parameters():
                for part, generator in zip(values.chunk(network.members), generators, strict=True):
                    # Drawn in the layout of a single network and of every device.
                    drawn = torch.empty(part.shape, device="cpu")
                    part.copy_(drawn.uniform_(-bound, bound, generator=generator))
