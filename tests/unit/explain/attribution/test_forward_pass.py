"""Functions are replaced wherever a network calls them, and every node of a graph is seen once."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from neuroloop.explain.attribution.forward_pass import Replacing, graph_nodes

TABLE = dict.fromkeys((functional.relu, torch.relu, torch.Tensor.relu), lambda x, inplace=False: -x)


class Thrice(nn.Module):
    """A ReLU as a module, as a function and as a method."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([self.relu(x.clone()), functional.relu(x), torch.relu(x), x.relu()])


def test_functions_are_replaced_within_the_context_alone():
    network, x = Thrice(), torch.tensor([-2.0, 3.0])
    with Replacing(TABLE):
        replaced = network(x)
    assert torch.equal(replaced, torch.tensor([[2.0, -3.0]] * 4))
    assert torch.equal(network(x), torch.tensor([[0.0, 3.0]] * 4))


def test_an_exception_ends_the_replacement():
    with pytest.raises(ValueError, match="stop"), Replacing(TABLE):
        raise ValueError("stop")
    assert torch.relu(torch.tensor(-1.0)) == 0


def test_a_diamond_is_walked_once():
    x = torch.ones(1, requires_grad=True)
    both = x.exp()
    names = sorted(node.name() for node in graph_nodes(both.sin() + both.cos()))
    assert [name.split("::")[-1] for name in names] == [
        "AddBackward0",
        "CosBackward0",
        "ExpBackward0",
        "SinBackward0",
        "AccumulateGrad",
    ]
    assert list(graph_nodes(torch.ones(1))) == []
