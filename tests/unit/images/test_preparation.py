"""One way from an image file to what a network takes."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import interpolate

from neuroloop.distill.images import read_images
from neuroloop.explain.models.image_folder import open_folder
from neuroloop.images.preparation import Preparation
from neuroloop.images.square import centre_square, padded_square


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)


def saved(path, pixels):
    Image.fromarray(pixels).save(path)
    return path


# ------------------------------------------------------------------------------ the square


@pytest.mark.parametrize(("width", "height"), [(9, 5), (5, 9), (7, 7), (100, 3), (31, 20), (1, 1)])
@pytest.mark.parametrize("size", [1, 5, 8])
def test_any_shape_becomes_a_square_of_the_size(width, height, size):
    image = Image.fromarray(noise(height, width, 3))
    assert centre_square(image, size).size == (size, size)


def test_the_middle_of_the_longer_side_is_kept():
    pixels = noise(4, 10)
    np.testing.assert_array_equal(centre_square(Image.fromarray(pixels), 4), pixels[:, 3:7])
    np.testing.assert_array_equal(centre_square(Image.fromarray(pixels.T), 4), pixels[:, 3:7].T)
    whole = noise(4, 4)
    np.testing.assert_array_equal(centre_square(Image.fromarray(whole), 4), whole)


def test_an_odd_difference_of_sides_begins_at_half_a_pixel():
    line = np.array([[0, 100, 50, 200]] * 3, dtype=np.uint8)
    made = np.asarray(centre_square(Image.fromarray(line), 3))
    np.testing.assert_array_equal(made[1], [50, 75, 125])  # means of neighbours


@pytest.mark.parametrize("size", [7, 24, 40, 90])
def test_the_square_is_that_of_an_independent_library(size):
    pixels = noise(40, 60, seed=2).astype(np.float32)
    made = np.asarray(centre_square(Image.fromarray(pixels), size))
    square = torch.from_numpy(pixels[None, None, :, 10:50])
    there = interpolate(square, (size, size), mode="bilinear", antialias=True)
    # At its border a triangle reaches beyond the square, into the image.
    inner = slice(2 + size // 40, -2 - size // 40)
    np.testing.assert_allclose(made[inner, inner], there[0, 0][inner, inner], atol=1e-3)


def test_all_of_a_wide_image_stands_between_black_bars(tmp_path):
    """By hand: 4 x 8 pixels in a square of 8 lie in rows 2 to 5."""
    pixels = 1 + noise(4, 8) // 2
    made = np.asarray(padded_square(Image.fromarray(pixels), 8))
    np.testing.assert_array_equal(made[2:6], pixels)
    assert not made[:2].any()
    assert not made[6:].any()
    turned = np.asarray(padded_square(Image.fromarray(pixels.T), 8))
    np.testing.assert_array_equal(turned, made.T)
    path = saved(tmp_path / "wide.png", pixels)
    for levels in ("photograph", "radiograph"):
        padded = Preparation(8, 1, levels, fit="pad")
        np.testing.assert_array_equal(padded.read(path)[0], made)
        assert Preparation(8, 1, levels).read(path).min() > 0
    np.testing.assert_array_equal(
        Preparation(8, 1, fit="pad").squares(pixels[None, None])[0, 0], made
    )
    assert Preparation.from_json(padded.as_json()) == padded


# ----------------------------------------------------- one image, wherever a network meets it


@pytest.fixture
def photograph(tmp_path):
    """An odd difference of sides, and edges that half a pixel moves by many grey levels."""
    rows, columns = np.mgrid[:480, :641]
    stripes = np.where((columns // 5 + rows // 7) % 2, 230, 20)
    return saved(tmp_path / "photograph.png", (stripes + noise(480, 641) // 16).astype(np.uint8))


@pytest.mark.parametrize("size", [64, 224, 480])
def test_students_explain_and_radiographs_see_the_same_square(photograph, size):
    learned = read_images([photograph], size)[0]
    shown = open_folder(photograph.parent, Preparation(size, channels=3), []).images[:][0]
    np.testing.assert_array_equal(np.rint(shown * 255), learned)
    radiograph = Preparation(size, channels=1, levels="radiograph").read(photograph)
    # Of a radiograph fractions of a grey level are kept until the end.
    assert np.abs(radiograph[0].astype(int) - learned[0]).max() <= 1


def test_what_is_applied_is_what_a_student_learned_from(photograph):
    """By hand: less the mean, by the deviation, and the middle of the square."""
    preparation = Preparation(32, channels=1, crop=28, mean=(0.25,), std=(0.5,))
    square = preparation.read(photograph)
    (made,) = preparation.apply(square[None])
    expected = (square[:, 2:30, 2:30] / 255 - 0.25) / 0.5
    np.testing.assert_array_equal(made, expected.astype(np.float32))
    assert made.shape == (1, preparation.side, preparation.side)
    np.testing.assert_allclose(preparation.undo(made) * 255, square[:, 2:30, 2:30], atol=1e-4)


def test_a_crop_beyond_the_square_is_filled_with_the_mean():
    preparation = Preparation(4, channels=3, crop=7, mean=(0.1, 0.2, 0.3), std=(1.0, 2.0, 4.0))
    pixels = noise(2, 3, 4, 4)
    made = preparation.apply(pixels)
    mean, std = (np.reshape(v, (3, 1, 1)) for v in (preparation.mean, preparation.std))
    inner = ((pixels / 255 - mean) / std).astype(np.float32)
    np.testing.assert_array_equal(made[:, :, 2:6, 2:6], inner)
    assert not made[:, :, :2].any()
    assert not made[:, :, 6:].any()


def test_images_of_another_size_are_brought_to_that_of_the_network():
    pixels = noise(3, 3, 20, 26)
    made = Preparation(8, channels=3).apply(pixels)
    for one, image in zip(made, pixels, strict=True):
        colour = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
        expected = np.asarray(centre_square(colour, 8)).transpose(2, 0, 1)
        np.testing.assert_array_equal(one * 255, expected)


def test_values_come_back_from_json():
    preparation = Preparation(8, 3, "radiograph", 4095, 6, (0.1, 0.2, 0.3), (1 / 3,))
    assert Preparation.from_json(preparation.as_json()) == preparation
    assert Preparation.from_json({"size": 8, "channels": 1}) == Preparation(8, 1)
