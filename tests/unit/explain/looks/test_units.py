"""Which layers and units are looked at."""

import numpy as np
import pytest
import torch
from torch import nn

from neuroloop.explain.attribution.layers import collect
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.units import (
    Answers,
    Layer,
    answers,
    before_rectifier,
    field_size,
    local_layers,
    pick_layers,
    telling_units,
)


def test_one_layer_a_resolution_the_last_rectified(kind):
    assert pick_layers(kind("resnet")) == [Layer("layer1", 4, 16, 16), Layer("layer2", 8, 8, 8)]
    # No ReLU at 16 x 16, where the input, which has no weights, is no layer; at 4 x 4 the whole.
    assert pick_layers(kind("calcium")) == [
        Layer("features.0", 4, 16, 16),
        Layer("features.2", 4, 8, 8),
        Layer("features", 5, 4, 4),
    ]
    found = pick_layers(kind("transfer"))
    assert [(one.height, one.name.rsplit("_", 1)[1]) for one in found] == [
        (16, "relu0"),
        (8, "relu0"),
        (4, "relu0"),
        (2, "relu0"),
    ]


def test_an_batched_network_shows_its_first_member(kind):
    opened = kind("batched_networks")
    assert pick_layers(opened)[0] == Layer("layer1", 4, 16, 16)
    found = answers(opened, pick_layers(opened)[0])
    whole = collect(opened.network, "layer1", opened.images.images)
    assert whole.shape[1] == 8
    np.testing.assert_array_equal(found.highest, whole[:, :4].max(axis=(2, 3)))


def test_of_many_layers_some_are_spread(kind):
    every = pick_layers(kind("calcium"))
    assert pick_layers(kind("calcium"), 2) == [every[0], every[-1]]
    assert pick_layers(kind("calcium"), 1) == every[:1]


def test_a_network_without_places(stack):
    opened = stack(nn.Flatten(), features=144)
    with pytest.raises(NotApplicable, match="more than one place"):
        pick_layers(opened)


def test_field_sizes_by_hand(stack):
    conv = nn.Conv2d(1, 2, 3, padding=1)
    opened = stack(conv, nn.MaxPool2d(2), nn.Conv2d(2, 2, (3, 1), padding=(1, 0)), features=72)
    assert field_size(opened, Layer("layers.0", 2, 12, 12)) == (3, 3)
    # Two more pixels each way by the pool's stride, of rows alone; one more by the pool itself.
    assert field_size(opened, Layer("layers.2", 2, 6, 6)) == (8, 4)
    chosen = local_layers(opened)
    assert [(layer.name, size) for layer, size in chosen] == [
        ("layers.0", (3, 3)),
        ("layers", (8, 4)),
    ]
    assert local_layers(opened, 1) == chosen[1:]


def test_layers_whose_units_see_all_are_left_out(stack):
    conv, wide = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 2, 13, padding=6)
    opened = stack(conv, nn.ReLU(), nn.MaxPool2d(2), wide, nn.ReLU(), features=72)
    assert [layer.name for layer in pick_layers(opened)] == ["layers.1", "layers"]
    assert [layer.name for layer, _ in local_layers(opened)] == ["layers.1"]


def test_layers_that_see_all_of_the_image(stack):
    opened = stack(nn.Conv2d(1, 2, 25, padding=12), nn.ReLU(), features=288)
    ((layer, size),) = local_layers(opened)
    assert (layer.name, size) == ("layers", (12, 12))


def test_answers_by_hand(micro):
    images = np.array([[[[1.0, 2], [0, 0]]], [[[0, 0], [0, 3]]]])
    opened = micro([1.0, -1.0, 2.0], [[1.0, 1, 1]], images)
    found = answers(opened, Layer("relu", 3, 2, 2))
    assert found.highest.tolist() == [[2, 0, 4], [3, 0, 6]]
    assert found.mean.tolist() == [[0.75, 0, 1.5], [0.75, 0, 1.5]]
    assert found.silent.tolist() == [False, True, False]


def test_units_that_differ_most_come_first():
    highest = np.array([[1.0, 0, 5, 0], [2.0, 9, 5, 1]])
    given = Answers(highest, highest, np.zeros(4, dtype=bool))
    assert telling_units(given, 3).tolist() == [1, 0, 3]  # of equals the lower number
    assert telling_units(given, 9).tolist() == [1, 0, 3, 2]


@pytest.mark.parametrize("rectifier", [nn.ReLU(), nn.ReLU6(), nn.ReLU(inplace=True)])
def test_the_layer_before_its_rectifier(stack, rectifier):
    conv = nn.Conv2d(1, 2, 3, padding=1)
    with torch.no_grad():
        conv.weight.mul_(20)  # some beyond 6
    opened = stack(conv, rectifier, features=288)
    assert before_rectifier(opened, Layer("layers.1", 2, 12, 12)).name == "layers.0"
    assert before_rectifier(opened, Layer("layers.0", 2, 12, 12)).name == "layers.0"


def test_a_rectifier_after_a_short_cut_has_no_layer_before_it(kind):
    """The branch beside the short cut has the same shape, but not what is rectified."""
    opened = kind("resnet")
    layer = pick_layers(opened)[0]
    assert before_rectifier(opened, layer) == layer
