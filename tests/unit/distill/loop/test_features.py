"""Features of students: what the head reads, and maps of stages."""

import numpy as np
import pytest
import torch

from neuroloop.distill.loop.features import layer_features
from neuroloop.images.preparation import Preparation, Prepared
from neuroloop.networks.resnet import initialise, resnet


@pytest.fixture(scope="module")
def network():
    made = resnet(18, in_channels=1, classes=3, width=2, stem="small")
    initialise(made, [0])
    return made.eval()


@pytest.fixture(scope="module")
def inputs():
    pixels = np.random.default_rng(0).integers(256, size=(300, 1, 16, 16), dtype=np.uint8)
    return Prepared(Preparation(16, 1), pixels)


def test_the_head_makes_logits_of_penultimate_features(network, inputs):
    features = layer_features(network, inputs, "penultimate")
    assert features.shape == (300, 16)
    with torch.inference_mode():
        logits = network(torch.from_numpy(inputs[0:300]))[:, 0]
        made = features @ network.fc.weight.reshape(3, 16).T + network.fc.bias.reshape(3)
    torch.testing.assert_close(made, logits)


@pytest.mark.parametrize(
    ("layer", "count"), [("layer1", 2 * 16), ("layer2", 4 * 16), ("layer4", 16 * 4)]
)
def test_maps_of_a_stage_are_averaged_over_squares(network, inputs, layer, count):
    features = layer_features(network, inputs, layer)
    assert features.shape == (300, count)
    (hooks,) = {len(network.get_submodule(layer)._forward_hooks)}
    assert hooks == 0


def test_a_square_is_the_mean_of_its_places(network, inputs):
    maps = []
    hook = network.layer1.register_forward_hook(lambda *given: maps.append(given[2]))
    with torch.inference_mode():
        network(torch.from_numpy(inputs[0:1]))
    hook.remove()
    expected = maps[0][0, 1, :4, 4:8].mean()
    found = layer_features(network, inputs, "layer1")[0].reshape(2, 4, 4)[1, 0, 1]
    torch.testing.assert_close(found, expected)
