"""What the networks have in common that can be one, or many of one shape as a single network."""

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
