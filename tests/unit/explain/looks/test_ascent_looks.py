"""Images by gradient ascent: their optimum by hand, and what is told of them."""

import numpy as np
import pytest

from neuroloop.explain.attribution.layers import collect
from neuroloop.explain.looks import ascent_looks
from neuroloop.explain.looks.ascent_looks import look_for_classes, look_for_units
from neuroloop.training.loop import predict


@pytest.fixture
def sharp(monkeypatch):
    """Neither blur nor jitter: what is sought has a closed form."""
    monkeypatch.setattr(ascent_looks, "BLUR", 0.0)
    monkeypatch.setattr(ascent_looks, "ROLLED", 0.0)


def test_the_optimum_of_a_linear_class_by_hand(micro, sharp, monkeypatch):
    """f = mean of the positive parts of I: the best pixel is (1 / places) / (2 lambda)."""
    monkeypatch.setattr(ascent_looks, "PENALTY", 1.0)
    images = np.linspace(0, 4, 2 * 16).reshape(2, 1, 4, 4)
    look = look_for_classes(micro([1.0], [[1.0]], images), 400, seed=1)
    power = np.square(images).sum(axis=(1, 2, 3)).mean()
    real = images.mean(axis=(1, 2, 3))
    l2 = (real.max() - real.min()) / power
    assert look.numbers["l2"] == pytest.approx(l2, rel=1e-5)
    best = 1 / 16 / (2 * l2)
    assert 0 < best < 4
    np.testing.assert_allclose(look.arrays["images"], best, rtol=1e-3)
    np.testing.assert_allclose(look.arrays["answer"], best, rtol=1e-3)
    np.testing.assert_allclose(look.arrays["end"], best - l2 * 16 * best**2, rtol=1e-3)
    np.testing.assert_allclose(look.arrays["real"][:, 0], real, rtol=1e-5)
    (told,) = look.numbers["targets"]
    assert told["real_highest"] == pytest.approx(real.max(), rel=1e-5)
    assert look.counts == {"not_finite": 0, "stuck": 0}


def test_images_stay_within_the_range_of_real_ones(kind):
    opened = kind("calcium")
    look = look_for_classes(opened, 20, 0)
    made, real = look.arrays["images"], opened.images.images
    assert made.shape == (3, 1, 16, 16)
    assert real.min() <= made.min() < made.max() <= real.max()
    logits = predict(opened.network, made)[:, 0]
    np.testing.assert_allclose(look.arrays["answer"], np.diag(logits), rtol=1e-4, atol=1e-5)
    assert (look.arrays["end"] > look.arrays["start"]).all()
    assert look.arrays["name"].tolist() == ["class 0", "class 1", "class 2"]


def test_the_same_seed_makes_the_same_bytes(kind):
    one, two, other = (look_for_classes(kind("resnet"), 5, seed) for seed in (1, 1, 2))
    assert one.arrays["images"].tobytes() == two.arrays["images"].tobytes()
    assert one.arrays["images"].tobytes() != other.arrays["images"].tobytes()


def test_of_many_classes_some_are_shown(micro):
    images = np.random.default_rng(0).random((2, 1, 4, 4))
    opened = micro([1.0], [[float(number)] for number in range(40)], images)
    look = look_for_classes(opened, 1, 0)
    targets = look.arrays["target"].tolist()
    assert (targets[0], targets[-1], len(targets)) == (0, 39, ascent_looks.MOST_CLASSES)
    assert look.arrays["real"].shape == (2, 12)


def test_units_are_sought_before_their_rectifier(micro, sharp):
    """Unit 1 is silent: after its ReLU no gradient would reach it."""
    images = np.random.default_rng(0).random((4, 1, 6, 6))
    opened = micro([1.0, 0.5], [[1.0, 1]], images, bias=[0.0, -50])
    look = look_for_units(opened, 2, 60, seed=0)
    assert look.numbers["layer"]["name"] == "conv"
    assert look.numbers["steps"] == 30
    assert look.counts["stuck"] == 0
    made, real = (
        collect(opened.network, "conv", images).mean(axis=(2, 3))
        for images in (look.arrays["images"], opened.images.images)
    )
    chosen = look.arrays["target"]
    np.testing.assert_allclose(look.arrays["real"], real[:, chosen], rtol=1e-5)
    np.testing.assert_allclose(
        look.arrays["answer"], made[np.arange(2), chosen], rtol=1e-4, atol=1e-4
    )


def test_what_no_gradient_reaches_is_counted(micro):
    images = np.random.default_rng(0).random((4, 1, 6, 6))
    dead = micro([1.0], [[1.0], [2.0]], images, bias=[-50.0])
    assert look_for_classes(dead, 5, 0).counts["stuck"] == 2


def test_the_units_are_those_of_patches(kind):
    from neuroloop.explain.looks.unit_looks import look_at_patches

    opened = kind("calcium")
    patches = look_at_patches(opened, 3, 2)
    last = len(patches.numbers["layers"]) - 1
    look = look_for_units(opened, 3, 2, 0)
    np.testing.assert_array_equal(look.arrays["target"], patches.arrays[f"units{last}"])
    assert look.arrays["name"][0] == f"unit {look.arrays['target'][0]}"
