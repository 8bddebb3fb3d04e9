"""Discs of cells."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.masks import Outside, area_mask, cell_masks, disc, distances


def test_a_disc_by_hand():
    found = disc((5, 6), 2, 3, 1.5).astype(int)
    expected = np.zeros((5, 6), dtype=int)
    expected[1:4, 2:5] = 1
    np.testing.assert_array_equal(found, expected)
    assert disc((5, 6), 2, 3, 1).sum() == 5
    assert disc((5, 6), 0, 0, 1).sum() == 3


def test_distances_are_between_centres():
    assert distances((4, 5), 1, 1)[3, 4] == np.hypot(2, 3)


def test_the_area_mask_is_the_union_of_all_cells():
    cells = pd.DataFrame({"row": [2.0, 2.0], "column": [2.0, 3.0], "radius": [1.0, 1.0]})
    masks = cell_masks(cells, (6, 7))
    assert masks.shape == (2, 6, 7)
    mask = area_mask(cells, (6, 7))
    np.testing.assert_array_equal(mask, masks[0] | masks[1])
    assert mask.sum() == 8


def test_a_disc_is_all_that_lies_within_its_radius_wherever_it_is():
    generator = np.random.default_rng(0)
    for _ in range(500):
        shape = tuple(generator.integers(1, 30, 2).tolist())
        row, column = np.round(generator.uniform(-15, 45, 2) * 2) / 2
        radius = float(generator.choice([generator.integers(1, 40), 1e12]))
        expected = distances(shape, row, column) <= radius
        np.testing.assert_array_equal(disc(shape, row, column, radius), expected)


def test_pixels_of_no_cell_have_their_own_mean_by_hand():
    masks = np.zeros((2, 2, 3), dtype=bool)
    masks[0, 0, 0] = masks[1, 0, :2] = True  # cells may share a pixel
    outside = Outside(masks)
    assert outside.count == 4
    assert outside.mean(np.array([[100, 200, 1], [2, 3, 8]], dtype=np.uint16)) == 3.5
    assert np.isnan(Outside(np.ones((1, 2, 2), dtype=bool)).mean(np.ones((2, 2))))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "uint32", "float32", "f8"])
def test_pixels_of_no_cell_have_the_mean_of_numpy_to_the_bit(dtype):
    generator = np.random.default_rng(0)
    masks = generator.random((3, 40, 50)) < 0.1
    for _ in range(20):
        if np.dtype(dtype).kind == "f":
            frame = generator.random((40, 50)).astype(dtype)
        else:
            ends = np.iinfo(dtype)
            frame = generator.integers(ends.min, ends.max, (40, 50), dtype, endpoint=True)
        assert Outside(masks).mean(frame) == frame[~masks.any(axis=0)].mean()
