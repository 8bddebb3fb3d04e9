"""Images by rows: what is asked for is read, in batches, and made smaller by means over areas."""

import numpy as np
import pytest

from neuroloop.explain.models.image_rows import (
    RowsOnDemand,
    channel_ends,
    row_batches,
    small_copies,
)

IMAGES = np.random.default_rng(0).standard_normal((70, 3, 8, 4)).astype(np.float32)


def lazy(images=IMAGES):
    """The same images one by one, and the rows that were read."""
    read = []

    def one(row):
        read.append(row)
        return images[row]

    return RowsOnDemand(images.shape, one), read


def test_what_is_asked_for_is_read():
    images, read = lazy()
    assert (len(images), images.shape) == (70, (70, 3, 8, 4))
    assert read == []
    np.testing.assert_array_equal(images[np.array([5, 2])], IMAGES[[5, 2]])
    np.testing.assert_array_equal(images[-2:], IMAGES[-2:])
    assert read == [5, 2, 68, 69]
    assert images[70:].shape == (0, 3, 8, 4)
    with pytest.raises(IndexError, match="by a slice or an array of rows"):
        images[3]


def test_batches_are_all_of_it_in_order():
    parts = list(row_batches(lazy()[0], 32))
    assert [len(part) for part in parts] == [32, 32, 6]
    np.testing.assert_array_equal(np.concatenate(parts), IMAGES)


def test_ends_of_channels():
    low, high = channel_ends(lazy()[0])
    np.testing.assert_array_equal(low, IMAGES.min(axis=(0, 2, 3)))
    np.testing.assert_array_equal(high, IMAGES.max(axis=(0, 2, 3)))


def test_small_images_stay_and_large_ones_become_means_over_areas():
    np.testing.assert_array_equal(small_copies(IMAGES, 96), IMAGES.reshape(70, 96))
    made = small_copies(lazy()[0], 24)  # half of either side
    expected = IMAGES.reshape(70, 3, 4, 2, 2, 2).mean(axis=(3, 5)).reshape(70, 24)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-6)
    assert small_copies(IMAGES, 1).shape == (70, 3), "a pixel of each channel at least"
