"""What the networks have in common that can be one, or many of one shape as a single network."""

import copy
from typing import TypeVar

import torch
from torch import nn


class BatchedNetwork(nn.Module):
    """One network, or several independent ones of the same shape.

    Every parameter and buffer that is no scalar holds the members' own, concatenated along its
    first axis. From x (batch, members * in_channels, height, width) `forward` gives logits
    (batch, members, classes), also for one member.

    Attributes
    ----------
    members, in_channels, classes : int
        Channels and classes are those of one member.
    """

    def __init__(self, members: int, in_channels: int, classes: int) -> None:
        super().__init__()
        self.members, self.in_channels, self.classes = members, in_channels, classes


Network = TypeVar("Network", bound=BatchedNetwork)


def member_alone(network: Network, member: int) -> Network:
    """Take one of several networks out, with its weights: what it says costs a member's work.

    Parameters
    ----------
    network : BatchedNetwork
        Made of convolutions, batch normalisation, and modules that say their `members`.
    member : int

    Returns
    -------
    BatchedNetwork
        A copy on the same device and in the same mode; the network itself if it is alone.
    """
    members = network.members
    if members == 1:
        return network
    memory: dict[int, object] = {}
    for values in (*network.parameters(), *network.buffers()):
        if values.ndim:  # copied in place of the whole, which may be large
            part = values.detach().chunk(members)[member].clone(memory_format=torch.preserve_format)
            kept = isinstance(values, nn.Parameter)
            memory[id(values)] = nn.Parameter(part, values.requires_grad) if kept else part
    alone = copy.deepcopy(network, memory)
    for module in alone.modules():
        for name in ("members", "groups", "in_channels", "out_channels", "num_features"):
            whole = getattr(module, name, None)
            if isinstance(whole, int) and not (name == "in_channels" and module is alone):
                setattr(module, name, whole // members)
    return alone
