"""Views: each radiograph's own, repeatable, inside [0, 1], and with masks that follow."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.ndimage import center_of_mass, gaussian_filter, map_coordinates

from neuroloop.cxr import augment
from neuroloop.cxr.augment import KINDS, Ranges, view

CHANCES = [field.name for field in dataclasses.fields(Ranges) if field.name.endswith("_chance")]


def radiographs(count, height=48, width=48):
    """Smooth random radiographs from 0 to 1."""
    noise = np.random.default_rng(3).random((count, height, width))
    smooth = gaussian_filter(noise, (0, height / 16, width / 16))
    low, high = smooth.min((1, 2), keepdims=True), smooth.max((1, 2), keepdims=True)
    return ((smooth - low) / (high - low)).astype(np.float32)


def only(monkeypatch, *transforms, **ranges):
    """Give the kind "test" these transforms, always."""
    chances = {name: float(name.removesuffix("_chance") in transforms) for name in CHANCES}
    monkeypatch.setattr(augment, "KINDS", {"test": Ranges(**chances, **ranges)})


def test_view_0_is_the_radiograph_itself_in_a_copy():
    images = radiographs(2)
    made = view(images, ["a", "b"], 0, seed=0)
    assert made.tobytes() == images.tobytes()
    made[:] = 0
    assert images.max() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_depends_on_seed_radiograph_and_number_alone(kind):
    images, names = radiographs(8), [f"radiograph{place}" for place in range(8)]
    together = view(images, names, 2, seed=5, kind=kind)
    backwards = view(images[::-1], names[::-1], 2, seed=5, kind=kind)[::-1]
    view(images, names, 1, seed=6, kind=kind)
    alone = np.concatenate(
        [view(images[[place]], [names[place]], 2, seed=5, kind=kind) for place in range(8)]
    )
    assert together.tobytes() == backwards.tobytes() == alone.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_views_differ_from_the_radiograph_and_from_each_other(kind):
    image = radiographs(1)
    made = [view(image, ["a"], number, seed=0, kind=kind) for number in range(6)]
    made += [view(image, ["b"], 1, seed=0, kind=kind), view(image, ["a"], 1, seed=1, kind=kind)]
    for place, one in enumerate(made):
        for other in made[:place]:
            assert np.abs(one - other).mean() > 0.01


def test_global_random_streams_are_neither_used_nor_changed():
    state, numbers = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    names = [f"radiograph{place}" for place in range(12)]
    first = view(radiographs(12), names, 1, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numbers)  # noqa: NPY002
    with torch.random.fork_rng():
        torch.manual_seed(123)
        assert view(radiographs(12), names, 1, seed=0).tobytes() == first.tobytes()


@pytest.mark.parametrize("shape", [(16, 16), (48, 48), (40, 72), (224, 224)])
def test_views_keep_shape_type_and_range(shape):
    images = radiographs(6, *shape)
    made = view(images, list("abcdef"), 1, seed=0)
    assert (made.shape, made.dtype) == (images.shape, np.float32)
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert made.max() <= 1


def test_a_view_has_no_wedges_beside_its_radiograph():
    white = np.ones((10, 48, 48), dtype=np.float32)
    for number in (1, 2, 3):
        np.testing.assert_allclose(view(white, list("abcdefghij"), number, seed=0), 1, atol=1e-5)


@pytest.mark.parametrize("transform", [name.removesuffix("_chance") for name in CHANCES])
def test_each_transform_alone_changes_the_radiograph_within_its_range(monkeypatch, transform):
    image = radiographs(1, 224, 224)
    only(monkeypatch)
    np.testing.assert_allclose(view(image, ["a"], 1, 0, "test"), image, atol=1e-4)
    only(monkeypatch, transform)
    made = view(image, ["a"], 1, 0, "test")
    assert np.abs(made - image).max() > 3e-4
    assert made.min() >= 0
    assert made.max() <= 1


def test_flip_by_hand(monkeypatch):
    only(monkeypatch, "flip")
    image = radiographs(1)
    np.testing.assert_allclose(view(image, ["a"], 1, 0, "test"), image[:, :, ::-1], atol=1e-4)


def test_gamma_by_hand(monkeypatch):
    only(monkeypatch, "gamma", gamma=0.7)
    image = np.full((1, 16, 16), 0.5, dtype=np.float32)
    powers = [
        np.log(view(image, ["a"], number, 0, "test")[0, 0, 0]) / np.log(0.5)
        for number in range(1, 30)
    ]
    assert np.exp(-0.7) <= min(powers) < 0.7
    assert 1.4 < max(powers) <= np.exp(0.7)


@pytest.mark.parametrize("side", [40, 80])
def test_gaussian_blur_is_scipys_and_scales_with_the_radiograph(monkeypatch, side):
    only(monkeypatch, "blur", blur=(0.05, 0.05))
    image = radiographs(1, side, side)
    expected = gaussian_filter(image[0], side / 20, mode="mirror", truncate=3)
    np.testing.assert_allclose(view(image, ["a"], 1, 0, "test")[0], expected, atol=1e-4)


def test_motion_blur_draws_a_point_into_a_line(monkeypatch):
    """0.2 of 45 pixels: 9 pixels, in a direction of the view's own."""
    only(monkeypatch, "motion", motion=(0.2, 0.2))
    image = np.zeros((1, 45, 61), dtype=np.float32)
    image[0, 20, 30] = 1
    for number in range(1, 6):
        made = view(image, ["a"], number, 0, "test")[0]
        assert made.sum() == pytest.approx(1, abs=1e-3)
        np.testing.assert_allclose(center_of_mass(made), [20, 30], atol=0.01)
        along = np.argwhere(made > 0.02) - [20, 30]
        assert 3.4 < np.linalg.norm(along, axis=1).max() < 5.1
        across = np.linalg.svd(along, compute_uv=False)[1] / np.sqrt(len(along))
        assert across < 0.6


@pytest.mark.parametrize("scale", [0.8, 1.2])
def test_geometry_reads_the_radiograph_as_scipy_does(monkeypatch, scale):
    """The middle of the radiograph enlarged, and a radiograph that is mirrored at its edges."""
    only(monkeypatch, "affine", scale=(scale, scale), shift=0.0, rotation=0.0)
    image = radiographs(1, 40, 60)
    rows, columns = (
        scale * (np.arange(side) - middle) + middle for side, middle in ((40, 19.5), (60, 29.5))
    )
    expected = map_coordinates(
        image[0], np.meshgrid(rows, columns, indexing="ij"), order=1, mode="mirror"
    )
    np.testing.assert_allclose(view(image, ["a"], 1, 0, "test")[0], expected, atol=1e-4)


def test_the_coarse_grid_is_fine_enough(monkeypatch):
    images, names = radiographs(6, 224, 224), list("abcdef")
    only(monkeypatch, "affine", "spline", "optics", "flip")
    coarse = view(images, names, 1, 0, "test")
    monkeypatch.setattr(augment, "NODES", 224)
    assert np.abs(coarse - view(images, names, 1, 0, "test")).max() < 2e-3


def test_a_radiograph_of_another_size_has_the_same_view():
    large = radiographs(8, 193, 193)
    small = np.ascontiguousarray(large[:, ::2, ::2])
    names = list("abcdefgh")
    halved = view(large, names, 1, seed=0)[:, ::2, ::2]
    assert np.abs(halved - view(small, names, 1, seed=0)).mean() < 3e-3
    assert np.abs(halved - view(small, names, 2, seed=0)).mean() > 0.03


def test_the_affine_kind_leaves_grey_values_alone():
    grey = np.full((12, 48, 48), 0.5, dtype=np.float32)
    names = [f"radiograph{place}" for place in range(12)]
    np.testing.assert_allclose(view(grey, names, 1, seed=0, kind="affine"), 0.5, atol=1e-6)
    assert np.ptp(view(grey, names, 1, seed=0)) > 0.05


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": radiographs(2).astype(np.float64)}, "float32"),
        ({"images": radiographs(2) * 2}, "float32"),
        ({"images": np.full((2, 48, 48), np.nan, dtype=np.float32)}, "without NaN"),
        ({"radiograph_ids": ["a"]}, "1 radiographs"),
        ({"images": radiographs(2, 8, 48)}, "16 pixels"),
        ({"number": -1}, "no view -1"),
        ({"kind": "colour"}, "'colour'"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, message):
    given = {
        "images": radiographs(2),
        "radiograph_ids": ["a", "b"],
        "number": 1,
        "seed": 0,
    } | change
    with pytest.raises(ValueError, match=message):
        view(**given)
