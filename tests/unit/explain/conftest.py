"""Networks small enough to be looked into in a test, opened as a model.json opens them."""

import gc
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.networks import calcium_network, transfer_network, transfer_start
from neuroloop.networks import resnet as networks
from neuroloop.networks.batched_network import BatchedNetwork


class Micro(BatchedNetwork):
    """Convolution, ReLU, mean over places, linear head: all of it in a test's hands."""

    def __init__(self, channels, classes, kernel=1):
        super().__init__(1, 1, classes)
        self.conv = nn.Conv2d(1, channels, kernel, padding=kernel // 2)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(self.relu(self.conv(x)).mean((2, 3)))[:, None]


class Stack(BatchedNetwork):
    """Layers in a row before a linear head of two classes."""

    def __init__(self, *layers, features):
        super().__init__(1, 1, 2)
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(features, 2)

    def forward(self, x):
        return self.fc(self.layers(x).flatten(1))[:, None]


def _opened(network, images, truth, labels="single", kind="resnet", **more):
    classes = tuple(f"class {number}" for number in range(network.classes))
    ids = np.array([f"image {number}" for number in range(len(images))])
    given = ModelImages(np.asarray(images, dtype=np.float32), ids, truth, **more)
    return OpenedModel("tiny", kind, network.eval(), network, classes, labels, given, None, {})


def _micro(weights, head, images, truth=None, bias=None, **more):
    """A network of 1 x 1 kernels `weights` and of head `head`, (classes, channels)."""
    network = Micro(len(weights), len(head))
    with torch.no_grad():
        network.conv.weight.copy_(torch.tensor(weights)[:, None, None, None])
        network.conv.bias.copy_(torch.tensor(bias or [0.0] * len(weights)))
        network.fc.weight.copy_(torch.tensor(head))
        network.fc.bias.zero_()
    return _opened(network, images, truth, **more)


def _kind(name, n=12, **more):
    """A network of one of the kinds, with random weights and images of as many classes."""
    drawn = np.random.default_rng(0)
    truth = np.arange(n) % 3
    if name == "calcium":
        network = calcium_network.calcium_network(
            classes=3, shape=(16, 16), widths=(4, 5), hidden=6
        )
        calcium_network.initialise(network, [1])
        hot = np.eye(3, dtype=bool)[truth] | (np.arange(n) == 1)[:, None]
        images = drawn.random((n, 1, 16, 16))
        mask = np.zeros((n, 16, 16), dtype=bool)
        mask[:, 4:9, 3:10] = True
        return _opened(network, images, hot, "multi", "calcium", mask=mask, **more)
    if name == "transfer":
        network = transfer_network.transfer_network(backbone="efficientnet_lite0", classes=3)
        transfer_start.initialise_backbone(network, 1)
        transfer_start.initialise_head(network, 1)
        return _opened(network, drawn.random((n, 1, 32, 32)), truth, kind="transfer", **more)
    members, channels = (2, 1) if name == "batched_networks" else (1, 3)
    network = networks.resnet(
        18, in_channels=channels, classes=3, width=4, stem="small", blocks=(1, 1), members=members
    )
    networks.initialise(network, list(range(members)))
    images = drawn.standard_normal((n, members * channels, 16, 16))
    return _opened(network, images, truth, **more)


@pytest.fixture
def live_values() -> Iterator[Callable[[], int]]:
    """Function that counts the values alive in tensors that the test has made.

    What is older is frozen: looking through the million objects of a whole test session, again
    and again, would take longer than all that is tested.
    """

    def count() -> int:
        gc.collect()
        return sum(o.numel() for o in gc.get_objects() if issubclass(type(o), torch.Tensor))

    gc.freeze()
    yield count
    gc.unfreeze()


@pytest.fixture
def micro():
    return _micro


@pytest.fixture
def kind():
    return _kind


@pytest.fixture
def stack():
    def made(*layers, features, images=None):
        if images is None:
            images = np.random.default_rng(0).standard_normal((3, 1, 12, 12))
        return _opened(Stack(*layers, features=features), images, None)

    return made
