"""Radiographs with maps over them: what stands where."""

import numpy as np
import pytest

from neuroloop.cxr.radiograph_map_figure import draw_radiograph_maps
from neuroloop.report.figures import PALETTE

RADIOGRAPHS = np.random.default_rng(0).random((3, 12, 12)).astype(np.float32)
LABELS, PREDICTED = ["bacteria", "normal", "virus"], ["bacteria", "virus", "virus"]
PROBABILITY = np.array([0.9, 0.5, 0.75])


def maps():
    cam = np.zeros((3, 3, 3), dtype=np.float32)
    cam[0, 0, 0], cam[1, 2, 1], cam[2, 1, 1] = 4, 0.5, 1
    grad = cam[:, ::-1] * 10
    grad[2] = 0
    return {"CAM": cam, "Grad-CAM": grad}


def drawn(lesions=None, given=None, *paths):
    figure = draw_radiograph_maps(
        RADIOGRAPHS,
        maps() if given is None else given,
        LABELS,
        PREDICTED,
        PROBABILITY,
        lesions,
        *paths,
    )
    return figure, np.array(figure.axes[:9]).reshape(3, 3)


def test_each_row_is_a_radiograph_under_each_map():
    _, axes = drawn()
    for row in range(3):
        for panel in axes[row]:
            np.testing.assert_array_equal(panel.images[0].get_array(), RADIOGRAPHS[row])
    assert [panel.get_title() for panel in axes[0]] == ["radiograph", "CAM", "Grad-CAM"]
    assert [len(panel.images) for panel in axes[0]] == [1, 2, 2]
    place = np.unravel_index(axes[0, 1].images[1].get_array().argmax(), (12, 12))
    assert max(place) < 4  # top left
    place = np.unravel_index(axes[0, 2].images[1].get_array().argmax(), (12, 12))
    assert place[0] >= 8 > 4 > place[1]  # bottom left


def test_colours_go_from_zero_to_the_maximum_of_each_map():
    figure, axes = drawn()
    # Bilinear: 1/8 and 3/8 of a pixel off the middle one's centre, or at an edge.
    for row, highest in enumerate([4, 0.5 * 7 / 8, (7 / 8) ** 2]):
        over = axes[row, 1].images[1]
        assert over.get_clim() == pytest.approx((0, highest))
        shades = over.cmap(over.norm(np.array([0, highest / 2, highest])))
        assert shades[0, 3] == 0  # the radiograph is seen where a map says nothing
        assert (np.diff(shades[:, 3]) >= 0).all()
        assert shades[2, 3] == pytest.approx(0.65)
    bar = figure.axes[9]
    assert [label.get_text() for label in bar.get_xticklabels()] == ["0", "maximum of each map"]


def test_maps_are_enlarged_bilinearly():
    _, axes = drawn()
    large = axes[2, 1].images[1].get_array()
    # From 3 to 12 pixels: centres of pixels at (i + 0.5) / 4 - 0.5.
    reach = np.maximum(0, 1 - np.abs((np.arange(12) + 0.5) / 4 - 0.5 - 1))
    np.testing.assert_allclose(large, np.outer(reach, reach), atol=1e-6)


def test_a_map_without_values_is_told():
    _, axes = drawn()
    assert len(axes[2, 2].images) == 1
    assert [text.get_text() for text in axes[2, 2].texts] == ["map is 0 all over"]
    lost = {"CAM": np.full((3, 3, 3), np.nan)}
    figure = draw_radiograph_maps(RADIOGRAPHS, lost, LABELS, PREDICTED, PROBABILITY, None)
    assert [text.get_text() for text in figure.axes[1].texts] == ["map has no numbers"]


def test_wrong_ones_are_marked():
    figure, axes = drawn()
    assert [panel.get_ylabel() for panel in axes[:, 0]] == [
        "truth: bacteria\npredicted: bacteria\np = 0.90",
        "truth: normal\npredicted: virus\np = 0.50\nWRONG",
        "truth: virus\npredicted: virus\np = 0.75",
    ]
    framed = [panel.spines["top"].get_visible() for panel in axes[:, 0]]
    assert framed == [False, True, False]
    assert axes[1, 0].yaxis.label.get_color() == PALETTE[1]
    assert "2 of 3 radiographs predicted correctly" in figure.get_suptitle()
    assert "radiographs of 12 × 12 pixels" in figure.get_suptitle()
    assert "CAM 3 × 3; Grad-CAM 3 × 3" in figure.get_suptitle()


def test_lesions_are_outlined():
    lesions = np.zeros((3, 12, 12), dtype=bool)
    lesions[0, 2:5, 6:9] = True
    figure, axes = drawn(lesions)
    assert [len(panel.collections) for panel in axes[:, 0]] == [1, 0, 0]
    assert [len(panel.collections) for panel in axes[0]] == [1, 1, 1]
    (path,) = axes[0, 1].collections[0].get_paths()
    low, high = path.get_extents().get_points()
    assert low.tolist() == [5.5, 1.5]
    assert high.tolist() == [8.5, 4.5]
    assert "outline" in figure.get_suptitle()
    assert "outline" not in drawn()[0].get_suptitle()
    assert "outline" not in drawn(np.zeros_like(lesions))[0].get_suptitle()


def test_one_radiograph_and_the_same_bytes_twice(tmp_path):
    for name in ("one", "two"):
        paths = [tmp_path / f"{name}.{kind}" for kind in ("png", "svg")]
        drawn(None, None, *paths)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    given = {name: values[:1] for name, values in maps().items()}
    figure = draw_radiograph_maps(
        RADIOGRAPHS[:1], given, LABELS[:1], PREDICTED[:1], PROBABILITY[:1], None
    )
    assert "1 of 1 radiographs" in figure.get_suptitle()
