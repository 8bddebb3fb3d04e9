"""Small steps against a student: inputs moved by at most epsilon to where its loss is larger.

White box: each student is attacked by the gradient of its own loss. Sizes are in pixels of [0, 1]
of what the network sees, whatever it is normalised by.
"""

from dataclasses import dataclass

import torch
from torch.nn import functional

from neuroloop.images.preparation import Preparation
from neuroloop.networks.batched_network import BatchedNetwork

#: Largest change of a pixel in [0, 1].
EPSILONS = (1 / 255, 2 / 255, 4 / 255)


@dataclass(frozen=True)
class Attack:
    """How inputs are moved.

    Attributes
    ----------
    steps : int
    reach : float
        What the steps would reach together, in epsilons.
    starts_apart : bool
        Whether it starts at a random place within epsilon.
    """

    steps: int
    reach: float
    starts_apart: bool


#: The fast gradient sign method, one step of epsilon (Goodfellow et al. 2015, ICLR, "Explaining and
#: harnessing adversarial examples"), and projected gradient descent in few steps from a random
#: start (Madry et al. 2018, ICLR, "Towards deep learning models resistant to adversarial attacks").
ATTACKS = {"fgsm": Attack(1, 1.0, False), "pgd": Attack(10, 2.5, True)}


def attacked(
    network: BatchedNetwork,
    inputs: torch.Tensor,
    truth: torch.Tensor,
    preparation: Preparation,
    attack: Attack,
    epsilon: float,
    start: torch.Tensor,
) -> torch.Tensor:
    """Move inputs against each member of a network, inside epsilon and inside [0, 1].

    Parameters
    ----------
    network : BatchedNetwork
        In evaluation mode.
    inputs : Tensor of float32, shape (n, channels, side, side)
        As `preparation` makes them; all members see the same before the attack.
    truth : Tensor of int64, shape (n,)
    preparation : Preparation
        Tells what pixels in [0, 1] are normalised by.
    attack : Attack
    epsilon : float
        Largest change of a pixel in [0, 1].
    start : Tensor of float32, shape (n, channels, side, side)
        In [-1, 1]: where an attack starts that starts apart, in epsilons.

    Returns
    -------
    Tensor of float32, shape (n, members * channels, side, side)
    """
    channels, members = inputs.shape[1], network.members
    mean, std = (
        torch.tensor(values, dtype=inputs.dtype, device=inputs.device).expand(channels)
        for values in (preparation.mean, preparation.std)
    )
    mean, std = (values.repeat(members)[:, None, None] for values in (mean, std))
    clean = inputs.repeat(1, members, 1, 1)
    low = torch.maximum(clean - epsilon / std, -mean / std)
    high = torch.minimum(clean + epsilon / std, (1 - mean) / std)
    moved = clean
    if attack.starts_apart:
        moved = (clean + start.repeat(1, members, 1, 1) * epsilon / std).clamp(low, high)
    step = attack.reach / attack.steps * epsilon / std
    labels = truth[:, None].expand(-1, members)
    for _ in range(attack.steps):
        moved = moved.detach().requires_grad_()
        # Members share nothing, so the gradient of the sum is each one's own.
        logits = network(moved).float()
        loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum")
        (slope,) = torch.autograd.grad(loss, moved)
        moved = (moved + step * slope.sign()).clamp(low, high)
    return moved.detach()
