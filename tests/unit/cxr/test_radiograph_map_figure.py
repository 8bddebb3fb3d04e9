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
    titles = [panel.get_title() for panel in axes[0]]
    assert titles == ["radiograph", "CAM\n3 × 3", "Grad-CAM\n3 × 3"]
    assert [len(panel.images) for panel in axes[0]] == [1, 2, 2]
    assert axes[0, 1].images[1].get_array().argmax() == 0  # top left
    assert axes[0, 2].images[1].get_array().argmax() == 6  # bottom left


def test_colours_go_from_zero_to_the_maximum_of_each_map():
    figure, axes = drawn()
    for row, highest in enumerate([4, 0.5, 1]):
        over = axes[row, 1].images[1]
        assert over.get_clim() == pytest.approx((0, highest))
        shades = over.cmap(over.norm(np.array([0, highest / 2, highest])))
        assert shades[0, 3] == 0  # the radiograph is seen where a map says nothing
        assert (np.diff(shades[:, 3]) >= 0).all()
        assert shades[2, 3] == pytest.approx(0.65)
    bar = figure.axes[9]
    assert [label.get_text() for label in bar.get_xticklabels()] == ["0", "maximum of each map"]


def test_maps_are_drawn_at_their_own_resolution_over_the_whole_radiograph():
    _, axes = drawn()
    over = axes[2, 1].images[1]
    np.testing.assert_array_equal(over.get_array(), maps()["CAM"][2])
    assert over.get_interpolation() == "nearest"
    assert over.get_extent() == axes[2, 1].images[0].get_extent() == [-0.5, 11.5, 11.5, -0.5]


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
        "truth: bacteria\npredicted: bacteria\nprobability 0.90",
        "truth: normal\npredicted: virus\nprobability 0.50\nWRONG",
        "truth: virus\npredicted: virus\nprobability 0.75",
    ]
    framed = [panel.spines["top"].get_visible() for panel in axes[:, 0]]
    assert framed == [False, True, False]
    assert axes[1, 0].yaxis.label.get_color() == PALETTE[1]
    assert "2 of 3 named right" in figure.get_suptitle()
    assert figure.get_suptitle().startswith("Radiographs of 12 × 12 pixels")


def test_what_the_checks_found_stands_above_the_maps():
    figure = draw_radiograph_maps(
        RADIOGRAPHS,
        maps(),
        LABELS,
        PREDICTED,
        PROBABILITY,
        None,
        told={"CAM": "passed", "Grad-CAM": "failed"},
        simulated=True,
    )
    titles = [panel.get_title().split("\n")[-1] for panel in figure.axes[1:3]]
    assert titles == ["passed", "failed"]
    assert figure.get_suptitle().startswith("Simulated radiographs")


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
    assert "1 of 1 named right" in figure.get_suptitle()
