"""Groups of layers end in the same random network, and compare as single layers do."""

import numpy as np
import pandas as pd
import torch

from neuroloop.explain.attribution.methods import attribution_of
from neuroloop.explain.sanity.layer_groups import group_layers
from neuroloop.explain.sanity.randomisation import CASCADING, Layer, find_layers, randomisation
from tests.unit.explain.explained_models import student

CLASSES = torch.arange(12) % 3


def test_neighbours_are_put_together_evenly():
    layers = [Layer(name, (name, f"{name}.norm")) for name in "abcde"]
    grouped = group_layers(layers, 2)
    assert [one.name for one in grouped] == ["c +2", "e +1"]
    assert grouped[1].modules == ("d", "d.norm", "e", "e.norm")
    assert group_layers(layers, 9) == layers


def compared(model, most, seed=3):
    images = torch.from_numpy(model.images.images)
    saliency = attribution_of(model, "saliency")
    maps = saliency(model.network, images, CLASSES)
    layers = group_layers(find_layers(model.network, images), most)
    return randomisation(
        model.network, saliency, images, CLASSES, seed=seed, layers=layers, maps=maps, batch=5
    )


def test_single_layers_give_what_randomisation_gives():
    model = student()
    images = torch.from_numpy(model.images.images)
    expected = randomisation(
        model.network, attribution_of(model, "saliency"), images, CLASSES, seed=3, batch=5
    )
    pd.testing.assert_frame_equal(compared(model, 99), expected)


def test_the_cascade_ends_alike_whatever_the_groups_and_the_network_stays():
    model = student()
    before = {name: values.clone() for name, values in model.network.state_dict().items()}
    ends = []
    for most in (1, 3, 99):
        table = compared(model, most)
        cascade = table[table["kind"] == CASCADING]
        assert cascade["depth"].max() == min(most, 7)
        ends.append(cascade[cascade["depth"] == cascade["depth"].max()]["spearman"].to_numpy())
    np.testing.assert_array_equal(ends[0], ends[1])
    np.testing.assert_array_equal(ends[0], ends[2])
    after = model.network.state_dict()
    assert all(torch.equal(values, after[name]) for name, values in before.items())
