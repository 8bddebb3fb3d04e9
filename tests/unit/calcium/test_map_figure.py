"""Maps over the mean image: what is drawn, and where."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from neuroloop.calcium.map_figure import OTHER, STIMULATED, map_figure
from neuroloop.report.figures import PAGE, save

CELLS = pd.DataFrame(
    {
        "cell": ["c1", "c2", "c3"],
        "row": [3.0, 10.0, 15.0],
        "column": [4.0, 20.0, 8.0],
        "radius": [2.0, 2.5, 2.0],
    }
)
IMAGE = np.arange(18 * 26, dtype=float).reshape(18, 26)
PATTERNS = ["c1+c2", "c1", "c3", "c1+c3"]
SAID = {"session": "before", "method": "Grad-CAM", "trials": 10, "seeds": 2}


def maps(seed=0):
    return np.random.default_rng(seed).random((4, 4, 6))


def panels(figure):
    """Panels with a map by their titles."""
    return {panel.get_title(): panel for panel in figure.axes if panel.get_title()}


def test_each_map_lies_over_the_image_not_smoothed():
    """18 x 26 pixels pooled twice leave 4 x 6, and the last two pixels have no map."""
    given = maps()
    figure = map_figure(given, PATTERNS, IMAGE, CELLS, **SAID)
    assert list(panels(figure)) == ["c1", "c3", "c1+c2", "c1+c3"]  # singles first
    for name, panel in panels(figure).items():
        image, drawn = panel.images
        np.testing.assert_array_equal(image.get_array(), IMAGE)
        assert image.get_cmap().name == "gray"
        np.testing.assert_array_equal(drawn.get_array(), given[PATTERNS.index(name)])
        assert drawn.get_interpolation() == image.get_interpolation() == "nearest"
        assert drawn.get_extent() == [-0.5, 23.5, 15.5, -0.5]
        assert panel.get_xlim() == (-0.5, 25.5)
        assert panel.get_ylim() == (17.5, -0.5)
    title = figure.get_suptitle()
    assert "6 × 4 pixels" in title
    assert "4 × 4 pixels of the frame" in title
    assert "10 held-out trials each, 2 seeds" in title
    assert "all 4 patterns" in title


def test_panels_share_one_scale_that_is_told():
    given = maps()
    given[2] *= 10
    figure = map_figure(given, PATTERNS, IMAGE, CELLS, **SAID)
    drawn = [panel.images[1] for panel in panels(figure).values()]
    limits = {one.get_clim() for one in drawn}
    assert len(limits) == 1
    assert drawn[0].get_clim() == pytest.approx((0, np.quantile(given, 0.995)))
    bar = figure.axes[-1]
    assert bar.get_xlim() == pytest.approx(limits.pop())
    assert "Grad-CAM, arbitrary unit" in bar.get_xlabel()
    assert "99.5th percentile" in bar.get_xlabel()
    opacity = drawn[0].get_cmap()(np.linspace(0, 1, 11))[:, 3]
    assert opacity[0] == 0
    assert (np.diff(opacity) >= 0).all()
    assert opacity[-1] < 1


def test_maps_with_a_sign_part_at_zero():
    given = maps() - 0.5
    figure = map_figure(given, PATTERNS, IMAGE, CELLS, **SAID)
    low, high = panels(figure)["c1"].images[1].get_clim()
    assert low == -high
    colours = panels(figure)["c1"].images[1].get_cmap()
    assert colours(0.5)[3] == pytest.approx(0, abs=0.01)
    assert colours(0.0)[3] == colours(1.0)[3] > 0.5


def test_the_cells_of_the_pattern_are_circled():
    figure = map_figure(maps(), PATTERNS, IMAGE, CELLS, **SAID)
    panel = panels(figure)["c1+c3"]
    circles = {circle.center: circle for circle in panel.patches}
    assert list(circles) == [(4.0, 3.0), (20.0, 10.0), (8.0, 15.0)]  # column, row
    looks = [(to_hex(circle.get_edgecolor()), circle.radius) for circle in circles.values()]
    assert looks == [(STIMULATED, 2.0), (OTHER, 2.5), (STIMULATED, 2.0)]
    thick, thin, _ = (circle.get_linewidth() for circle in circles.values())
    assert thick > 2 * thin


def test_a_thick_circle_leaves_a_small_cell_to_be_seen():
    figure = map_figure(maps(), PATTERNS, IMAGE, CELLS.assign(radius=0.1), **SAID)
    first, second, _ = panels(figure)["c1"].patches
    assert first.radius > 1
    assert second.radius == 0.1


@pytest.mark.parametrize("count", [1, 3, 36, 100])
def test_no_pattern_is_left_out(count):
    names = [f"c{number + 1}" for number in range(count)]
    cells = pd.DataFrame({"cell": names, "row": 5.0, "column": 5.0, "radius": 2.0})
    given = np.random.default_rng(0).random((count, 4, 6))
    figure = map_figure(given, names, IMAGE, cells, **SAID, simulated=True)
    assert list(panels(figure)) == names
    assert f"all {count} patterns" in figure.get_suptitle()
    assert "simulated" in figure.get_suptitle()
    circles = {len(panel.patches) for panel in panels(figure).values()}
    assert circles == {count if count <= 60 else 1}  # of many only those of the pattern


def test_the_axes_are_in_pixels():
    figure = map_figure(maps(), PATTERNS, IMAGE, CELLS, **SAID)
    named = [panel for panel in panels(figure).values() if panel.get_xlabel()]
    assert len(named) == 1
    assert (named[0].get_xlabel(), named[0].get_ylabel()) == ("column, pixels", "row, pixels")
    assert named[0].get_xticks().tolist() == [0, 25]
    assert named[0].get_yticks().tolist() == [0, 17]


@pytest.mark.parametrize("level", [0.0, np.nan])
def test_maps_that_say_nothing_are_drawn(level, tmp_path):
    figure = map_figure(np.full((4, 4, 6), level), PATTERNS, IMAGE, CELLS, **SAID)
    save(figure, tmp_path / "one.png")
    assert (tmp_path / "one.png").stat().st_size > 0


def test_the_same_maps_make_the_same_file_at_least_a_page_wide(tmp_path):
    for name in ("one", "two"):
        figure = map_figure(maps(), PATTERNS, IMAGE, CELLS, **SAID)
        assert figure.get_figwidth() >= PAGE
        save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
