"""Networks of two classes that have one output, a logit that goes through a sigmoid."""

from collections.abc import Mapping

import torch


def has_one_output(
    state: Mapping[str, torch.Tensor], last: str, classes: int, members: int
) -> bool:
    """Whether the last layer gives each member one logit for two classes.

    Parameters
    ----------
    state : mapping of str to Tensor
        Of the network.
    last : str
        Name of the last layer's weight.
    classes, members : int
        As model.json has them.
    """
    weight = state.get(last)
    return weight is not None and weight.ndim > 1 and classes == 2 and len(weight) == members


def as_two_outputs(state: Mapping[str, torch.Tensor], last: str) -> dict[str, torch.Tensor]:
    """Make two logits of each member's one, z: -z / 2 and z / 2.

    Their softmax is the sigmoid of z, and of 1 less it, so that probabilities are those of the
    network, and both classes have maps: what speaks for one speaks against the other.

    Parameters
    ----------
    state : mapping of str to Tensor
        Of a network for which `has_one_output`.
    last : str
        Name of the last layer's weight.

    Returns
    -------
    dict of str to Tensor
        State of a network with two outputs.
    """
    made = dict(state)
    for name in (last, last.removesuffix("weight") + "bias"):
        if name in made:
            halves = made[name][:, None] / 2  # (members, 1, ...)
            made[name] = torch.cat([-halves, halves], dim=1).flatten(0, 1)
    return made
