"""Optimisers: torch's own to the last bit, without the compiler that its classes import."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from neuroloop.training.optimiser import Adam, Momentum

OPTIMISERS = {
    "plain": (
        lambda p: Momentum(p, 0.0, 0.0, False),
        lambda p: torch.optim.SGD(p, 0.1, fused=True),
    ),
    "momentum": (
        lambda p: Momentum(p, 0.1, 0.9, False),
        lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.1, fused=True),
    ),
    "nesterov": (
        lambda p: Momentum(p, 0.0, 0.9, True),
        lambda p: torch.optim.SGD(p, 0.1, 0.9, nesterov=True, fused=True),
    ),
    "adam": (
        lambda p: Adam(p, 0.1),
        lambda p: torch.optim.Adam(p, 0.1, weight_decay=0.1, fused=True),
    ),
}


def drawn(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def parameters():
    """A kernel, channels last as networks have them, a bias, and one without gradients."""
    made = [drawn(4, 3, 3, 3, seed=0).to(memory_format=torch.channels_last), drawn(4, seed=1)]
    return [values.requires_grad_() for values in (*made, drawn(2, seed=2))]


def run(optimiser, values, steps):
    for step in steps:
        optimiser.zero_grad()
        for number, one in enumerate(values[:2]):
            one.grad = drawn(*one.shape, seed=10 * step + number).to(one).contiguous()
            one.grad = torch.empty_like(one).copy_(one.grad)
        if isinstance(optimiser, torch.optim.Optimizer):
            optimiser.param_groups[0]["lr"] = 0.1 / (1 + step)
        else:
            optimiser.rate = 0.1 / (1 + step)
        optimiser.step()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_equals_torch_to_the_last_bit(name):
    make, theirs = OPTIMISERS[name]
    own, peer = parameters(), parameters()
    optimiser, other = make(own), theirs(peer)
    run(optimiser, own, range(5))
    run(other, peer, range(5))
    for one, two in zip(own, peer, strict=True):
        assert torch.equal(one, two)
    for number, kept in other.state_dict()["state"].items():
        known = {key: values for key, values in kept.items() if values is not None}
        assert optimiser.state.get(number, {}).keys() == known.keys()
        assert all(torch.equal(optimiser.state[number][key], known[key]) for key in known)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_goes_on_from_a_state(name):
    make, _ = OPTIMISERS[name]
    whole, halves = parameters(), parameters()
    run(make(whole), whole, range(6))
    first = make(halves)
    run(first, halves, range(3))
    second = make(halves)
    second.load(first.state)
    run(second, halves, range(3, 6))
    assert all(torch.equal(one, two) for one, two in zip(whole, halves, strict=True))


PROGRAM = """
import sys, torch
from neuroloop.training.optimiser import Adam, Momentum
for make in (Adam, lambda p: Momentum(p, 0.0, 0.9, True)):
    values = torch.ones(2, requires_grad=True)
    optimiser = make([values])
    values.square().sum().backward()
    optimiser.rate = 0.1
    optimiser.step()
    optimiser.zero_grad()
print("torch._dynamo" in sys.modules)
"""


def test_no_compiler_is_imported():
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True, cwd=root
    )
    assert done.stdout.strip() == "False"
