"""The edge detector: by hand, by scikit-image, and blind to the network."""

import numpy as np
import torch
from skimage.filters import sobel
from torch import nn

from neuroloop.explain.attribution.edges import edges

NOTHING = torch.zeros(2, dtype=torch.int64)


def test_by_hand():
    """A ramp of 3 a column and 4 a row has the slope 5; on the border half of a side is missing."""
    rows, columns = torch.meshgrid(torch.arange(5.0), torch.arange(6.0), indexing="ij")
    made = edges(nn.Identity(), (4 * rows + 3 * columns)[None, None], NOTHING[:1])
    assert (made[0, 1:-1, 1:-1] == 5).all()
    assert made[0, 0, 0] == 2.5
    np.testing.assert_allclose(made[0, 0, 2], np.hypot(2, 3), rtol=1e-6)


def test_equals_skimage():
    images = torch.rand(2, 3, 9, 7, generator=torch.Generator().manual_seed(0))
    # It gives differences over two pixels, and the root of the mean of both squares, not the sum.
    expected = [sobel(one.double().mean(0).numpy(), mode="nearest") for one in images]
    made = edges(nn.Identity(), images, NOTHING)
    np.testing.assert_allclose(made, np.array(expected) / 2 * 2**0.5, rtol=1e-5)


def test_neither_network_nor_class_nor_neighbours_matter():
    images = torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    made = edges(nn.Identity(), images, NOTHING)
    assert made.dtype == np.float32
    assert np.array_equal(made, edges(nn.Conv2d(1, 1, 1), images, NOTHING + 1))
    assert np.array_equal(made[1:], edges(nn.Identity(), images[1:], NOTHING[1:]))
    flat = edges(nn.Identity(), torch.full((2, 1, 6, 6), 3.3), NOTHING)
    assert not flat.any()
