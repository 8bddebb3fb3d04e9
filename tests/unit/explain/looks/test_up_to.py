"""A network that stops at a layer gives that layer's output, and runs nothing after it."""

import pytest
import torch
from torch import nn

from neuroloop.explain.attribution.layers import layer_output
from neuroloop.explain.looks.class_images import class_images
from neuroloop.explain.looks.up_to import UpTo


def test_the_layer_gives_what_it_gives_in_the_whole_network(kind):
    opened = kind("resnet")
    x = torch.from_numpy(opened.images.images)
    for layer in ("bn1", "layer1", "layer2.0.conv1"):
        short = UpTo(opened.network, layer)
        with torch.no_grad():
            own, whole = (
                layer_output(one, name, x)
                for one, name in ((short, short.name), (opened.network, layer))
            )
        assert torch.equal(own, whole)


def test_nothing_runs_after_the_layer(kind):
    network = kind("resnet").network
    ran = []
    handles = [
        module.register_forward_pre_hook(lambda module, given, name=name: ran.append(name))
        for name, module in network.named_modules()
    ]
    UpTo(network, "layer1")(torch.zeros(1, 3, 16, 16))
    assert ran[-1] == "layer1.0.bn2"
    for handle in handles:
        handle.remove()
    assert network(torch.zeros(1, 3, 16, 16)).shape == (1, 1, 3)


def test_no_hook_stays_also_after_an_error(kind):
    network = kind("resnet").network
    with pytest.raises(RuntimeError):
        UpTo(network, "layer1")(torch.zeros(1, 5, 16, 16))
    UpTo(network, "layer1")(torch.zeros(1, 3, 16, 16))
    assert not any(module._forward_hooks for module in network.modules())


def test_gradients_are_those_of_the_whole_network(kind):
    opened = kind("resnet")
    short = UpTo(opened.network, "layer1")
    options = {"l2": 0.01, "seed": 1, "steps": 3}
    own = class_images(short, (3, 16, 16), [0, 1], layer=short.name, **options)
    whole = class_images(opened.network, (3, 16, 16), [0, 1], layer="layer1", **options)
    assert own.images.tobytes() == whole.images.tobytes()


def test_other_errors_go_through():
    class Broken(nn.Module):
        def forward(self, x):
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        UpTo(nn.Sequential(Broken(), nn.ReLU()), "1")(torch.zeros(1, 1, 2, 2))
