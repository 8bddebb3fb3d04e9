"""Looks at units: activations and patches are those of the network."""

import numpy as np
import torch

from neuroloop.explain.attribution.layers import collect
from neuroloop.explain.looks.patches import crop
from neuroloop.explain.looks.unit_looks import look_at_activations, look_at_patches
from neuroloop.explain.models.explained import even_order


def test_activations_are_those_of_the_layers(kind):
    opened = kind("calcium")
    look = look_at_activations(opened, 5, 3, seed=1)
    names = [layer["name"] for layer in look.numbers["layers"]]
    assert names == ["features.0", "features.2", "features"]
    rows = look.arrays["row"]
    np.testing.assert_array_equal(rows, even_order(opened.images, 1)[:5])
    assert look.arrays["image"].tolist() == opened.images.ids[rows].tolist()
    for number, name in enumerate(names):
        whole = collect(opened.network, name, opened.images.images)
        units = look.arrays[f"units{number}"]
        spread = whole.max(axis=(2, 3)).std(axis=0)
        assert set(units.tolist()) == set(np.argsort(-spread)[:3].tolist())
        np.testing.assert_array_equal(look.arrays[f"maps{number}"], whole[rows][:, units])
        silent = (whole == 0).all(axis=(0, 2, 3)).sum()
        assert look.numbers["layers"][number]["silent"] == silent
    assert look.n == 5


def test_silent_channels_are_counted(micro):
    images = np.random.default_rng(0).random((3, 1, 4, 4))
    look = look_at_activations(micro([1.0, -1.0, -2.0], [[1.0, 1, 1]], images), 3, 2, 0)
    assert look.counts == {"silent_channels": 2}
    assert look.arrays["units0"].tolist() == [0, 1]
    assert "relu 2 of 3" in look.summary


def test_patches_show_what_excites_a_unit(stack):
    """A kernel that is a corner finds the images that hold it, best match first."""
    pattern = torch.tensor([[1.0, 1, 0], [1, 0, 0], [0, 0, 0]])
    images = np.zeros((4, 1, 10, 10), dtype=np.float32)
    places = {0: (2, 3), 2: (6, 1), 3: (4, 4)}
    for row, (top, left) in places.items():
        images[row, 0, top : top + 3, left : left + 3] = (1 + row) * pattern.numpy()
    conv = torch.nn.Conv2d(1, 1, 3, padding=1)
    with torch.no_grad():
        conv.weight.copy_(pattern[None, None])
        conv.bias.zero_()
    opened = stack(conv, torch.nn.ReLU(), features=100, images=images)
    look = look_at_patches(opened, units=4, top=3)
    (layer,) = look.numbers["layers"]
    assert layer["receptive_field"] == [3, 3]
    assert look.arrays["units0"].tolist() == [0]
    assert look.arrays["row0"].tolist() == [[3, 2, 0]]
    assert look.arrays["activation0"].tolist() == [[12, 9, 3]]
    for row, box in zip(look.arrays["row0"][0], look.arrays["box0"][0], strict=True):
        np.testing.assert_array_equal(crop(images[row, 0], box), (1 + row) * pattern.numpy())


def test_units_of_patches_are_those_of_activations(kind):
    opened = kind("calcium")
    patches = look_at_patches(opened, 3, 2)
    activations = look_at_activations(opened, 2, 3, 0)
    by_name = {
        layer["name"]: activations.arrays[f"units{number}"].tolist()
        for number, layer in enumerate(activations.numbers["layers"])
    }
    for number, layer in enumerate(patches.numbers["layers"]):
        assert patches.arrays[f"units{number}"].tolist() == by_name[layer["name"]]
        assert patches.arrays[f"row{number}"].shape == (3, 2)
