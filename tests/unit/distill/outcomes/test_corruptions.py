"""What each corruption keeps and what it changes, by hand and against SciPy."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from neuroloop.distill.outcomes.corruptions import (
    CORRUPTIONS,
    CorruptedInputs,
    blurring,
    corrupted,
)
from neuroloop.images.preparation import Preparation, Prepared

IDS = [f"i{number}" for number in range(6)]


@pytest.fixture
def images():
    generator = np.random.default_rng(2)
    smooth = gaussian_filter(generator.normal(size=(6, 3, 24, 24)), (0, 0, 2, 2))
    return (127 + 60 * smooth / smooth.std()).clip(20, 235).astype(np.uint8)


def spoilt(image, corruption, strength, seed=0):
    return corrupted(image, corruption, strength, np.random.default_rng(seed))


def test_strengths_grow():
    assert set(CORRUPTIONS) == {"noise", "blur", "contrast"}
    assert all(len(strengths) == 5 for strengths in CORRUPTIONS.values())
    assert list(CORRUPTIONS["noise"]) == sorted(CORRUPTIONS["noise"])
    assert list(CORRUPTIONS["blur"]) == sorted(CORRUPTIONS["blur"])
    assert list(CORRUPTIONS["contrast"]) == sorted(CORRUPTIONS["contrast"], reverse=True)


@pytest.mark.parametrize("strength", CORRUPTIONS["blur"])
def test_blur_is_scipys(images, strength):
    sigma = strength * 24
    wanted = [gaussian_filter(channel / 255, sigma, mode="reflect") for channel in images[0]]
    found = spoilt(images[0], "blur", strength)
    np.testing.assert_array_equal(found, np.rint(np.array(wanted) * 255))


def test_blur_wider_than_the_image_is_scipys():
    line = np.random.default_rng(1).random(5)
    np.testing.assert_allclose(blurring(5, 4.0) @ line, gaussian_filter(line, 4.0), atol=1e-12)


def test_blur_keeps_the_mean_and_takes_detail(images):
    for matrix in (blurring(24, 1.3), blurring(7, 2.5)):
        np.testing.assert_allclose(matrix.sum(axis=0), 1)
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
    blurred = spoilt(images[0], "blur", 0.08)
    assert blurred.mean() == pytest.approx(images[0].mean(), abs=0.5)
    assert blurred.std() < 0.8 * images[0].std()


def test_images_of_another_size_are_blurred_alike():
    """An edge is spread over the same share of the side."""
    widths = []
    for side in (50, 200):
        edge = np.zeros((1, side, side), np.uint8)
        edge[..., side // 2 :] = 250
        blurred = spoilt(edge, "blur", 0.06)[0, 0]
        widths.append(((blurred > 25) & (blurred < 225)).mean())
    assert widths[0] == pytest.approx(widths[1], abs=0.02)


def test_contrast_by_hand():
    image = np.array([[[100, 200], [100, 200]], [[0, 40], [0, 40]]], np.uint8)
    found = spoilt(image, "contrast", 0.1)
    np.testing.assert_array_equal(found, [[[145, 155]] * 2, [[18, 22]] * 2])


def test_contrast_keeps_means_and_order(images):
    found = spoilt(images[1], "contrast", 0.4)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), images[1].mean(axis=(1, 2)), atol=0.5)
    order = np.argsort(images[1][0].ravel(), kind="stable")
    assert (np.diff(found[0].ravel()[order].astype(int)) >= 0).all()
    assert found.std(axis=(1, 2)) == pytest.approx(0.4 * images[1].std(axis=(1, 2)), rel=0.03)


def test_noise_has_its_strength_and_no_mean():
    grey = np.full((3, 80, 80), 128, np.uint8)
    added = spoilt(grey, "noise", 0.08) / 255 - 128 / 255
    assert added.std() == pytest.approx(0.08, rel=0.02)
    assert abs(added.mean()) < 0.002
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.05, "channels apart"
    assert {0, 255} <= set(np.unique(spoilt(grey, "noise", 0.38)))


def inputs(images, corruption="noise", strength=0.1, seed=4, ids=IDS):
    return CorruptedInputs(Preparation(24, 3, crop=20), images, ids, corruption, strength, seed)


def test_every_student_sees_the_same_whatever_the_batch(images):
    whole = inputs(images)[0:6]
    assert whole.shape == inputs(images).shape == (6, 3, 20, 20)
    np.testing.assert_array_equal(np.concatenate([inputs(images)[0:4], inputs(images)[4:6]]), whole)
    assert not np.array_equal(inputs(images, seed=5)[0:6], whole)


def test_the_noise_belongs_to_the_image(images):
    """By its id, not its place; and it is one pattern at all strengths."""
    order = np.array([3, 0, 5, 1, 4, 2])
    moved = inputs(images[order], ids=[IDS[place] for place in order])
    np.testing.assert_array_equal(moved[0:6], inputs(images)[0:6][order])
    grey = np.full_like(images, 128)
    weak, strong = (inputs(grey, strength=by)[0:6] - 128 / 255 for by in (0.02, 0.04))
    np.testing.assert_allclose(strong, 2 * weak, atol=1.6 / 255)


def test_images_are_spoilt_before_they_are_prepared(images):
    preparation = Preparation(24, 3, crop=20, mean=(0.5,), std=(0.25,))
    found = CorruptedInputs(preparation, images, IDS, "contrast", 0.2, 0)[1:3]
    wanted = np.array([spoilt(image, "contrast", 0.2) for image in images[1:3]])
    np.testing.assert_array_equal(found, Prepared(preparation, wanted)[0:2])
