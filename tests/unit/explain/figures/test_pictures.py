"""Images as people see them."""

from dataclasses import replace

import numpy as np
import pytest

from neuroloop.explain.figures.pictures import coloured, image_classes, pictures
from neuroloop.images.preparation import Preparation


def test_grey_goes_from_the_darkest_to_the_brightest(micro):
    ramp = np.linspace(-3, 7, 400).reshape(1, 1, 20, 20)
    made = pictures(micro([1.0], [[1.0]], np.concatenate([ramp, np.full_like(ramp, 2)])))
    assert made.shape == (2, 20, 20)
    assert made.dtype == np.float32
    # Half a per cent at either end, of 400 pixels two, is clipped.
    low, high = np.quantile(ramp, [0.005, 0.995])
    np.testing.assert_allclose(made[0], np.clip((ramp[0, 0] - low) / (high - low), 0, 1), atol=1e-6)
    assert (made[0] == 0).sum() == (made[0] == 1).sum() == 2
    assert (made[1] == 0).all()


def test_what_is_displayed_goes_before_what_the_network_takes(micro):
    images = np.random.default_rng(0).random((2, 1, 8, 8))
    shown = images[::-1, 0].astype(np.float32)
    opened = micro([1.0], [[1.0]], images, display=shown)
    np.testing.assert_array_equal(pictures(opened), pictures(micro([1.0], [[1.0]], shown[:, None])))
    np.testing.assert_array_equal(pictures(opened, np.array([1])), pictures(opened)[1:])


def test_colours_are_what_they_were_before_normalisation(kind):
    opened = kind("resnet")
    pixels = np.random.default_rng(1).random((2, 3, 16, 16)).astype(np.float32)
    mean, std = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    normal = (pixels - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    known = replace(opened, preparation=Preparation(16, 3, mean=mean, std=std))
    np.testing.assert_allclose(coloured(known, normal), pixels.transpose(0, 2, 3, 1), atol=1e-6)
    one = replace(opened, preparation=Preparation(16, 3, mean=(0.5,), std=(2.0,)))
    np.testing.assert_allclose(
        coloured(one, (pixels - 0.5) / 2), pixels.transpose(0, 2, 3, 1), atol=1e-6
    )


def test_colours_of_unknown_normalisation(kind):
    opened = kind("resnet")
    made = pictures(opened)
    assert made.shape == (12, 16, 16, 3)
    np.testing.assert_allclose(made.min(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(made.max(axis=(0, 1, 2)), 1, atol=1e-6)
    inside = replace(opened.images, images=np.full((1, 3, 4, 4), 0.25, dtype=np.float32))
    assert (pictures(replace(opened, images=inside)) == 0.25).all()


def test_classes_of_images(micro, kind):
    images = np.zeros((3, 1, 4, 4))
    assert image_classes(micro([1.0], [[1.0], [2.0]], images)) is None
    single = micro([1.0], [[1.0], [2.0]], images, np.array([1, 0, 1]))
    assert image_classes(single) == ["class 1", "class 0", "class 1"]
    hot = np.array([[True, True], [False, False], [False, True]])
    multi = micro([1.0], [[1.0], [2.0]], images, hot, labels="multi")
    assert image_classes(multi) == ["class 0+class 1", "none of them", "class 1"]


def test_an_batched_network_shows_what_its_first_member_sees(kind):
    opened = kind("batched_networks")
    first = replace(opened.images, display=opened.images.images[:, 0])
    np.testing.assert_array_equal(pictures(opened), pictures(replace(opened, images=first)))
    assert not np.array_equal(opened.images.images[:, 0], opened.images.images[:, 1])
    with pytest.raises(IndexError):
        pictures(opened, np.array([99]))
