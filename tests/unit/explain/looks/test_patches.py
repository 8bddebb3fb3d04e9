"""Maximally activating patches: planted ones, and all against a search through everything."""

import numpy as np
import pytest
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.layers import collect
from neuroloop.explain.looks.patches import crop, top_patches
from neuroloop.networks import calcium_network

NAMES = ("units", "rows", "activations", "places", "boxes")


def images(n=7, side=16, seed=3):
    drawn = np.random.default_rng(seed).standard_normal((n, 1, side, side))
    return drawn.astype(np.float32)


def calcium():
    made = calcium_network.calcium_network(
        classes=3, shape=(16, 16), head="gap", widths=(4, 5), hidden=7
    )
    calcium_network.initialise(made, [1])
    return made


def sums_of_nine():
    """Channel 0 sums 3 x 3 pixels, channel 1 is less than that."""
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, bias=False), nn.ReLU(inplace=True))
    with torch.no_grad():
        network[0].weight[0] = 1
        network[0].weight[1] = -1
    return network


def test_a_planted_patch():
    given = np.zeros((4, 1, 8, 9), dtype=np.float32)
    given[1, 0, 2:5, 5:8] = 1
    given[2, 0, 0, 0] = 5
    given[3, 0, 7, 8] = 9.5
    made = top_patches(sums_of_nine(), "0", given, [0], 3)
    assert made.rows.tolist() == [[3, 1, 2]]
    assert made.activations.tolist() == [[9.5, 9, 5]]
    assert made.places[0, 1].tolist() == [3, 6]
    assert made.boxes[0].tolist() == [[5, 6, 8, 9], [2, 5, 5, 8], [0, 0, 2, 2]]
    assert crop(given[1], made.boxes[0, 1]).tolist() == [np.ones((3, 3)).tolist()]
    assert crop(given[3], made.boxes[0, 0]).max() == 9.5
    assert made.units.tolist() == [0]


def test_equal_activations():
    given = np.ones((5, 1, 4, 4), dtype=np.float32)
    for batch in (1, 2, 5):
        made = top_patches(sums_of_nine(), "1", given, [0, 1], 3, batch)
        assert made.rows.tolist() == [[0, 1, 2]] * 2
        assert made.places[0].tolist() == [[1, 1]] * 3
        assert made.activations[1].tolist() == [0] * 3, "a silent unit"


@pytest.mark.parametrize("batch", [2, 3, 7])
@pytest.mark.parametrize("k", [1, 3, 100])
def test_against_a_search_through_everything(batch, k):
    network, given, units = calcium(), images(), [4, 0, 2]
    made = top_patches(network, "features.3", given, units, k, batch)
    maps = collect(network, "features.3", given)
    most = min(k, 7)
    assert [getattr(made, name).shape[:2] for name in NAMES[1:]] == [(3, most)] * 4
    for number, unit in enumerate(units):
        largest = maps[:, unit].max(axis=(1, 2))
        np.testing.assert_array_equal(made.rows[number], np.argsort(-largest)[:most])
        np.testing.assert_allclose(made.activations[number], -np.sort(-largest)[:most], rtol=1e-5)
        for row, place in zip(made.rows[number], made.places[number], strict=True):
            assert maps[row, unit, place[0], place[1]] == largest[row]
    whole = top_patches(network, "features.3", given, units, k)
    for name in ("rows", "places", "boxes"):
        np.testing.assert_array_equal(getattr(made, name), getattr(whole, name))


def test_a_patch_alone_makes_the_activation():
    """All around the patch may be anything: the unit does not see it."""
    network, given = calcium(), images()
    made = top_patches(network, "features.3", given, range(5), 2)
    for place in np.ndindex(5, 2):
        only = images(1, seed=8)
        top, left, bottom, right = box = made.boxes[place]
        assert (box[2] - box[0]) * (box[3] - box[1]) < 256
        only[0, :, top:bottom, left:right] = crop(given[made.rows[place]], box)
        again = collect(network, "features.3", only)[0, place[0]]
        row, column = made.places[place]
        np.testing.assert_allclose(again[row, column], made.activations[place], rtol=1e-5)


def test_what_cannot_be_searched():
    with pytest.raises(NeuroLoopError, match=r"units 0 to 4: .*, not 1, 5$"):
        top_patches(calcium(), "features.3", images(), [1, 5], 2)
    with pytest.raises(NeuroLoopError, match="units 0 to 4"):
        top_patches(calcium(), "features.3", images(), [-1], 2)
    broken = images()
    broken[5, 0, 3, 3] = np.nan
    with pytest.raises(NeuroLoopError, match="not finite for image 5"):
        top_patches(calcium(), "features.3", broken, [1], 2, batch=2)


def test_memory_does_not_grow_with_the_number_of_images(live_values):
    network, alive = calcium(), []

    class Rows(np.ndarray):
        def __getitem__(self, key):
            if isinstance(key, slice):
                alive.append(live_values())
            return np.asarray(self)[key]

    top_patches(network, "features.3", images(8).view(Rows), [0, 1], 2, batch=2)
    assert len(alive) == 4
    assert len(set(alive[1:])) == 1
