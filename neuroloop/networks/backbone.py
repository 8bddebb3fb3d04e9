"""What a transfer network asks of its backbone."""

from typing import NamedTuple

from torch import nn


class Backbone(NamedTuple):
    """An image network without its last layer.

    Attributes
    ----------
    network : Module
        For images (batch, 3, height, width), less `mean`, by `std`.
    sections : dict of str to tuple of str
        Names of the modules that follow each other in each of its sections, in order: training can
        start at any of them. The output of the last is maps that are not negative.
    channels : int
        Of the last section's output.
    mean, std : tuple of float
        What pixels in [0, 1] are normalised by, for red, green and blue.
    """

    network: nn.Module
    sections: dict[str, tuple[str, ...]]
    channels: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
