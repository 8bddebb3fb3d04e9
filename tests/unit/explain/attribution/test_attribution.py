"""Enlarging maps, and explaining many images some at a time."""

import numpy as np
import pytest
import torch
from skimage.transform import resize
from torch import nn

from neuroloop.explain.attribution.attribution import in_batches, to_input


def test_by_hand():
    # Centres of the four lie at -0.25, 0.25, 0.75 and 1.25 of the two.
    made = to_input(np.array([[[0.0, 4]]]), (1, 4))
    assert made.tolist() == [[[0, 1, 3, 4]]]


@pytest.mark.parametrize("shape", [(12, 9), (5, 7), (4, 3)])
def test_equals_skimage(shape):
    maps = np.random.default_rng(0).random((3, 4, 3)).astype(np.float32)
    expected = [resize(one, shape, order=1, mode="edge", anti_aliasing=False) for one in maps]
    np.testing.assert_allclose(to_input(maps, shape), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-30, 7e20])
def test_a_constant_map_stays_constant(value):
    """Rounding of the weights must not give an order to pixels that have none."""
    made = to_input(np.full((2, 7, 5), value), (61, 47))
    assert (made == np.float32(value)).all()


def test_what_is_not_finite_stays_so():
    maps = np.ones((2, 2, 2))
    maps[0, 0, 0] = np.nan
    made = to_input(maps, (4, 4))
    assert np.isnan(made[0]).any()
    assert (made[1] == 1).all()


def test_batches():
    images = torch.arange(5.0)[:, None, None, None].expand(5, 1, 2, 3)
    sizes = []

    def attribution(network, part, classes):
        sizes.append(len(part))
        return (part[:, 0] * 10 + classes[:, None, None]).numpy()

    maps = in_batches(attribution, nn.Identity(), images, torch.arange(5) + 1, 2)
    assert sizes == [2, 2, 1]
    assert maps[:, 1, 2].tolist() == [1, 12, 23, 34, 45]
    assert maps.shape == (5, 2, 3)


@pytest.mark.parametrize(
    ("classes", "shape", "said"),
    [((4,), (1, 2, 2), "5 images"), ((5, 1), (1, 2, 2), "5 images"), ((5,), (2, 2), "maps of")],
)
def test_what_does_not_go_together(classes, shape, said):
    with pytest.raises(ValueError, match=said):
        in_batches(
            lambda *_: np.zeros(shape),
            nn.Identity(),
            torch.zeros(5, 1, 2, 2),
            torch.zeros(classes, dtype=torch.int64),
            8,
        )
