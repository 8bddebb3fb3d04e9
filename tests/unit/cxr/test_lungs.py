"""Where lungs usually are, and radiographs with a part of them hidden."""

import numpy as np
import pytest
from skimage.draw import ellipse

from neuroloop.cxr.lungs import lung_template, shown_radiographs
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings


def test_template_is_two_ellipses():
    """Against scikit-image's, whose places count from the middle of the first pixel."""
    size, expected = 300, np.zeros((300, 300), dtype=bool)
    for column, tilt in ((0.29, -12), (0.71, 12)):
        centre = 0.47 * size - 0.5, column * size - 0.5
        axes = 0.33 * size, 0.17 * size
        expected[ellipse(*centre, *axes, expected.shape, rotation=np.deg2rad(tilt))] = True
    template = lung_template(size)
    assert (template != expected).mean() < 1e-3
    assert template.mean() == pytest.approx(2 * np.pi * 0.33 * 0.17, abs=1e-3)
    assert (template != template[:, ::-1]).mean() < 1e-3


def test_lungs_spread_downwards():
    """Tops stand nearer to the spine than bases do, as in a frontal radiograph."""
    template = lung_template(100)[:, :50]
    columns = np.broadcast_to(np.arange(50), template.shape)
    top, base = (columns[rows][template[rows]].mean() for rows in (slice(0, 35), slice(60, 100)))
    assert top > base + 3


def test_template_lies_on_the_lungs_of_radiographs():
    lungs = simulate_radiographs(1, RadiographSettings(size=64, radiographs_per_class=8)).lungs
    template = lung_template(64)
    covered = (lungs & template).sum((1, 2)) / lungs.sum((1, 2))
    assert covered.mean() > 0.85
    assert covered.min() > 0.6


RADIOGRAPH = np.array([[0.1, 0.2], [0.6, 0.8]], dtype=np.float32)
LEFT = np.array([[True, False], [True, False]])


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("whole", [[0.1, 0.2], [0.6, 0.8]]),
        ("lungs", [[0.1, 0.35], [0.6, 0.35]]),
        ("background", [[0.5, 0.2], [0.5, 0.8]]),
    ],
)
def test_what_is_hidden_gets_the_mean_of_what_is_left(shown, expected):
    made = shown_radiographs(np.stack([RADIOGRAPH, 1 - RADIOGRAPH]), LEFT, shown)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made[0], expected, atol=1e-6)
    np.testing.assert_allclose(made[1], 1 - np.array(expected), atol=1e-6)


def test_each_radiograph_has_its_own_lungs():
    radiographs, lungs = np.stack([RADIOGRAPH, RADIOGRAPH]), np.stack([LEFT, ~LEFT])
    made = shown_radiographs(radiographs, lungs, "background")
    np.testing.assert_array_equal(
        made[0], shown_radiographs(radiographs[:1], LEFT, "background")[0]
    )
    np.testing.assert_array_equal(made[1], shown_radiographs(radiographs[:1], LEFT, "lungs")[0])


@pytest.mark.parametrize("shown", ["lungs", "background"])
def test_what_is_hidden_leaves_no_trace(shown):
    """Two radiographs that differ only where it is hidden are one radiograph then."""
    generator = np.random.default_rng(0)
    radiographs = generator.random((3, 40, 40), dtype=np.float32)
    lungs = generator.random((3, 40, 40)) < 0.3
    hidden = ~lungs if shown == "lungs" else lungs
    other = np.where(hidden, 1 - radiographs, radiographs)
    before = radiographs.copy()
    np.testing.assert_array_equal(
        shown_radiographs(radiographs, lungs, shown), shown_radiographs(other, lungs, shown)
    )
    np.testing.assert_array_equal(radiographs, before)


@pytest.mark.parametrize("shown", ["lungs", "background"])
def test_a_radiograph_of_which_nothing_is_left_is_black(shown):
    lungs = np.full((1, 2, 2), shown == "background")
    assert (shown_radiographs(RADIOGRAPH[None], lungs, shown) == 0).all()
