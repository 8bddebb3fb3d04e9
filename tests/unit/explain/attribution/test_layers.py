"""Named layers and embeddings: what they give, and that the network is given back as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.layers import (
    collect,
    embedding,
    layer_batches,
    layer_output,
    map_layers,
)
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.networks import calcium_network
from neuroloop.networks import resnet as networks
from neuroloop.networks.transfer_network import transfer_network


def images(n=5, channels=1, height=16, width=16):
    drawn = np.random.default_rng(3).standard_normal((n, channels, height, width))
    return drawn.astype(np.float32)


def calcium(head="gap"):
    made = calcium_network.calcium_network(
        classes=3, shape=(16, 16), head=head, widths=(2, 3), hidden=7
    )
    calcium_network.initialise(made, [1])
    return made.train()


def small_resnet():
    made = networks.resnet(18, in_channels=1, classes=3, width=4, stem="small", blocks=(1, 1))
    networks.initialise(made, [1])
    return made.train()


def test_layers_by_hand():
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(inplace=True), nn.Flatten())
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([2.0, -1]).view(2, 1, 1, 1))
        network[0].bias.copy_(torch.tensor([0.0, 3]))
    given = np.array([[[[1.0, -1]]], [[[4, 5]]]], dtype=np.float32)
    # Not what the ReLU leaves of it, which works in place.
    assert collect(network, "0", given).tolist() == [
        [[[2, -2]], [[2, 4]]],
        [[[8, 10]], [[-1, -2]]],
    ]
    assert collect(network, "1", given)[0].tolist() == [[[2, 0]], [[2, 4]]]
    assert given.tolist() == [[[[1, -1]]], [[[4, 5]]]]
    assert map_layers(network, given) == {"0": (2, 1, 2), "1": (2, 1, 2)}


@pytest.mark.parametrize("batch", [1, 2, 32])
def test_batches_and_evaluation_mode(batch):
    network = small_resnet()
    made = collect(network, "layer1", images(), batch)
    assert made.dtype == np.float32
    network.eval()
    with torch.no_grad():
        stem = torch.relu(network.bn1(network.conv1(torch.from_numpy(images()))))
        expected = network.layer1(stem).numpy()
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-6)
    assert collect(network, "bn1", images(), batch).min() < 0, "after the ReLU in place"


def test_map_layers_of_a_network():
    found = map_layers(calcium(), images(1))
    assert found["features.3"] == (3, 8, 8)
    assert found["features"] == (3, 4, 4)
    assert list(found) == ["input", *(f"features.{n}" for n in range(6)), "features"]


class Shared(nn.Module):
    """One ReLU that runs twice, and a part that can fail."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3)
        self.relu, self.unused = nn.ReLU(inplace=True), nn.Conv2d(2, 2, 1)
        self.second.eval()
        self.first.bias.requires_grad_(False)
        self.fails = False

    def forward(self, x):
        x = self.relu(self.first(x))
        if self.fails:
            raise KeyError
        return self.relu(self.second(x)).flatten(1)


def test_layers_that_cannot_be_read():
    network = Shared()
    for layer, message in [
        ("relu", "layer relu runs 2 times"),
        ("unused", "layer unused runs 0 times"),
        ("secon", "no layer 'secon': name one of its own, as second"),
        ("", "no layer ''"),
    ]:
        with pytest.raises(NeuroLoopError, match=message):
            collect(network, layer, images())
    with pytest.raises(NeuroLoopError, match=r"head.fc gives no maps .* shape \(5, 1, 3\)"):
        collect(calcium(), "head.fc", images())
    assert set(map_layers(network, images())) == {"first", "second"}


def state(network):
    return (
        [module.training for module in network.modules()],
        [parameter.requires_grad for parameter in network.parameters()],
        [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules()],
    )


def embed(network):
    embedding(network, images())


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    "run",
    [lambda n: collect(n, "first", images()), lambda n: map_layers(n, images()), embed],
)
def test_the_network_comes_back_as_it_was(run, fails):
    network = Shared()
    network.add_module("head", nn.Linear(1, 1))
    before = state(network)
    network.fails = fails
    if fails:
        with pytest.raises(KeyError):
            run(network)
    elif run is embed:  # no linear layer runs
        with pytest.raises(NotApplicable):
            run(network)
    else:
        run(network)
    assert state(network) == before


def test_gradients_are_kept_only_where_asked_for():
    network = calcium().eval()
    given = torch.from_numpy(images()).requires_grad_()
    assert layer_output(network, "features.0", given).requires_grad
    made = [parameter.grad for parameter in network.parameters()]
    collect(network, "features.0", images())
    embedding(network, images())
    assert made == [None] * len(made)


@pytest.mark.parametrize("head", ["gap", "flatten"])
def test_embeddings_of_calcium_networks(head):
    network = calcium(head)
    made = embedding(network, images(), batch=2)
    with torch.no_grad():
        front = network.front(torch.from_numpy(images()))
        expected = (
            front.mean((2, 3)) if head == "gap" else network.head.hidden(front.flatten(1)).relu()
        )
    np.testing.assert_allclose(made, expected.flatten(1), rtol=1e-5, atol=1e-6)
    assert made.shape == (5, 3 if head == "gap" else 7)
    assert made.dtype == np.float32


def test_embeddings_of_other_networks():
    resnet = small_resnet()
    pooled = collect(resnet, "layer2", images()).mean((2, 3))
    np.testing.assert_allclose(embedding(resnet, images()), pooled, rtol=1e-5, atol=1e-6)
    transfer = transfer_network(
        backbone="resnet18", classes=2, units=[6, 4], dropout=0.5, width=4, stem="small"
    )
    assert embedding(transfer, images(), batch=2).shape == (5, 4)
    assert not np.allclose(embedding(transfer, images()), 0)


class LastRegisteredFirst(nn.Module):
    def __init__(self):
        super().__init__()
        self.last, self.first = nn.Linear(3, 2), nn.Linear(4, 3)

    def forward(self, x):
        return self.last(self.first(x.flatten(1)).relu_())


def test_the_last_linear_layer_is_the_one_that_runs_last():
    network, given = LastRegisteredFirst(), images(2, 1, 2, 2)
    with torch.no_grad():
        expected = network.first(torch.from_numpy(given).flatten(1)).relu()
    np.testing.assert_allclose(embedding(network, given), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("network", "found"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 16), nn.Flatten()), "none"),
        (nn.Linear(16, 2), r"features \(5, 1, 16, 16\) of 5 images"),
        (nn.Sequential(nn.Flatten(0, 2), nn.Linear(16, 2)), r"features \(80, 16\) of 5 images"),
    ],
)
def test_networks_without_embeddings(network, found):
    network.register_parameter("device", nn.Parameter(torch.zeros(1)))
    with pytest.raises(NotApplicable, match=found):
        embedding(network, images())


class Counting(nn.Module):
    """Passes images on and notes how many values are alive in tensors."""

    def __init__(self, alive, live_values):
        super().__init__()
        self.alive, self.live_values = alive, live_values
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, x):
        self.alive.append(self.live_values())
        return x * self.weight


@pytest.mark.parametrize("reads", ["layer", "embedding"])
def test_memory_does_not_grow_with_the_number_of_images(reads, live_values):
    alive = []
    network = nn.Sequential(Counting(alive, live_values), nn.Flatten(), nn.Linear(256, 2))
    if reads == "layer":
        for _ in layer_batches(network, "0", images(8), batch=2):
            pass
    else:
        embedding(network, images(8), batch=2)
    assert len(alive) == 4
    assert len(set(alive[1:])) == 1


def test_within_inference_mode():
    with torch.inference_mode():
        made = collect(calcium(), "features", images())
    np.testing.assert_array_equal(made, collect(calcium(), "features", images()))
