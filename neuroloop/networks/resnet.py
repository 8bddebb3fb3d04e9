"""Residual networks: one, or many of the same shape as one network of grouped convolutions.

Names and shapes of parameters are those of torchvision's ResNets, so that their checkpoints load.
A batched network of S members holds for every parameter the members' own, concatenated along the
first axis; its members share nothing, so that the sum of their losses trains each as if it were
alone.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from neuroloop.networks.batched_network import BatchedNetwork
from neuroloop.networks.blocks import BasicBlock, Bottleneck, Head, conv, pool
from neuroloop.networks.states import check_state

#: Number of blocks in each stage (He et al. 2016, table 1).
DEPTHS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


class ResNet(BatchedNetwork):
    """Residual network, or a batched network of them (see `resnet`).

    Attributes
    ----------
    members, in_channels, classes : int
    stages : list of str
        Names of the stages, ``layer1`` first.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        blocks: Sequence[int],
        in_channels: int,
        classes: int,
        width: int,
        stem: str,
        dims: int,
        members: int,
    ) -> None:
        super().__init__(members, in_channels, classes)
        small = stem == "small"
        self.conv1 = conv(in_channels, width, 3 if small else 7, 1 if small else 2, dims, members)
        self.bn1 = nn.BatchNorm2d(members * width)
        self.maxpool: nn.Module = nn.Identity() if small else pool(dims)
        self.stages = [f"layer{number}" for number in range(1, len(blocks) + 1)]
        channels = width
        for number, (name, count) in enumerate(zip(self.stages, blocks, strict=True)):
            stage = []
            for position in range(count):
                stride = 2 if number and not position else 1
                stage.append(block(channels, width * 2**number, stride, dims, members))
                channels = width * 2**number * block.expansion
            self.add_module(name, nn.Sequential(*stage))
        self.fc = Head(channels, classes, members)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits.

        Parameters
        ----------
        x : Tensor, shape (batch, members * in_channels, height, width)
            Height 1 for a network over one dimension.

        Returns
        -------
        Tensor, shape (batch, members, classes)
            Also for one member.
        """
        logits: torch.Tensor = self.fc(self.features(x))
        return logits

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """What the last layer reads: the last stage, averaged over places.

        Parameters
        ----------
        x : Tensor, shape (batch, members * in_channels, height, width)

        Returns
        -------
        Tensor, shape (batch, members * features)
        """
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = self.maxpool(x)
        for name in self.stages:
            x = self.get_submodule(name)(x)
        return x.mean((2, 3))


def resnet(
    depth: int,
    *,
    in_channels: int,
    classes: int,
    width: int = 64,
    stem: str = "imagenet",
    dims: int = 2,
    members: int = 1,
    blocks: Sequence[int] | None = None,
) -> ResNet:
    """Build a residual network (He et al. 2016, "Deep residual learning for image recognition").

    Its weights are random until `initialise` or `load_checkpoint` sets them.

    Parameters
    ----------
    depth : {18, 34, 50}
        Layers; 18 and 34 are made of `BasicBlock`, 50 of `Bottleneck` with the stride in its 3 x 3
        convolution, as torchvision has it.
    in_channels, classes : int
        Of one member.
    width : int
        Channels of the first stage of one member, doubled at each further stage.
    stem : {"imagenet", "small"}
        ``imagenet``: 7 x 7 of stride 2, then max-pooling of stride 2. ``small``, for inputs up to
        32 pixels: 3 x 3 of stride 1 alone.
    dims : {2, 1}
        1: kernels are 1 x k, for inputs of height 1. On a CPU this is faster than `nn.Conv1d`,
        which has no channels-last layout.
    members : int
        Networks held in one.
    blocks : sequence of int, optional
        Blocks of each stage in place of the depth's own.

    Returns
    -------
    ResNet
        In channels-last layout.
    """
    if depth not in DEPTHS or stem not in ("imagenet", "small") or dims not in (1, 2):
        raise ValueError(f"no ResNet of depth {depth}, stem {stem!r}, {dims} dimensions")
    block = Bottleneck if depth == 50 else BasicBlock
    network = ResNet(
        block, blocks or DEPTHS[depth], in_channels, classes, width, stem, dims, members
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


@torch.no_grad()
def initialise(network: ResNet, seeds: Sequence[int]) -> None:
    """Give each member the weights that a single network has after `initialise` with its seed.

    As torchvision does: convolutions normal with variance 2 / fan-out (He et al. 2015), batch
    normalisation 1 and 0, the head uniform within 1 / sqrt(features).

    Parameters
    ----------
    network : ResNet
    seeds : sequence of int
        One a member. The generators are torch's on the CPU, whatever the device.
    """
    if len(seeds) != network.members:
        raise ValueError(f"{len(seeds)} seeds for {network.members} members")
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d):
            for part, generator in zip(_parts(network, module.weight), generators, strict=True):
                # Drawn in the layout of a single network and of every device.
                drawn = torch.empty(part.shape, device="cpu")
                nn.init.kaiming_normal_(
                    drawn, mode="fan_out", nonlinearity="relu", generator=generator
                )
                part.copy_(drawn)
        elif isinstance(module, Head):
            bound = module.in_features**-0.5
            for values in (module.weight, module.bias):
                for part, generator in zip(_parts(network, values), generators, strict=True):
                    drawn = torch.empty(part.shape, device="cpu")
                    part.copy_(drawn.uniform_(-bound, bound, generator=generator))


def member_state(network: BatchedNetwork, member: int) -> dict[str, torch.Tensor]:
    """Return a copy of one member's parameters and buffers, as a single network names them."""
    return {
        name: (values if values.ndim == 0 else _parts(network, values)[member]).detach().clone()
        for name, values in network.state_dict().items()
    }


@torch.no_grad()
def load_checkpoint(
    network: ResNet,
    state: Mapping[str, object],
    path_for_messages: object,
    replace_head: bool,
) -> list[str]:
    """Give every member the weights of a checkpoint that has torchvision's names.

    Parameters
    ----------
    network : ResNet
    state : mapping of str to Tensor
        Of a single network. Counts of batches, which old checkpoints lack, are not needed.
    path_for_messages : object
        Where the state comes from.
    replace_head : bool
        Whether a last layer of another number of classes, or none, is put up with: the network's
        own then stays as it is.

    Returns
    -------
    list of str
        In words, what is not in the network as it is in the checkpoint.

    Raises
    ------
    NeuroLoopError
        If a name is missing or unknown, or a shape is another; nothing is loaded then.
    """
    wanted = {name: values for name, values in member_state(network, 0).items() if values.ndim > 0}
    given = {
        name: values
        for name, values in state.items()
        if isinstance(values, torch.Tensor) and not name.endswith("num_batches_tracked")
    }
    notes = []
    stem, head = given.get("conv1.weight"), given.get("fc.weight")
    if stem is not None and stem.ndim == 4 and stem.shape[1] == 3 and network.in_channels == 1:
        given["conv1.weight"] = stem.sum(dim=1, keepdim=True)
        notes.append("kernels of the stem are summed over red, green and blue")
    if replace_head and (head is None or len(head) != network.classes):
        for name in ("fc.weight", "fc.bias"):
            wanted.pop(name)
            given.pop(name, None)
        before = "no head" if head is None else f"a head of {len(head)} classes"
        notes.append(f"{before} in the checkpoint: that of {network.classes} classes starts anew")
    advice = "take a checkpoint with torchvision's names, or change depth, width or stem"
    check_state(wanted, given, path_for_messages, advice)
    own = network.state_dict()
    for name in wanted:
        for part in _parts(network, own[name]):
            part.copy_(given[name])
    return notes


def _parts(network: BatchedNetwork, values: torch.Tensor) -> Sequence[torch.Tensor]:
    """Each member's share of a parameter or buffer."""
    return values.chunk(network.members)
