"""Heat maps of matrices: what is drawn, in which order, on which scale."""

from itertools import pairwise

import numpy as np
import pytest

from neuroloop.calcium.matrix_figure import matrix_figure
from neuroloop.report.figures import save

LABELS = ["c1", "c5", "c2", "c6", "c3"]
GROUPS = ["g1", "g10", "g1", "g10", "g2"]
#: Groups in natural order, their members as given.
ORDER = [0, 2, 4, 1, 3]


def matrix(seed=0):
    return np.random.default_rng(seed).normal(size=(5, 5))


def figure_of(matrices, **options):
    scales = dict.fromkeys(matrices, "ZNCC, no unit")
    return matrix_figure(matrices, LABELS, GROUPS, **{"title": "Alike", "scales": scales} | options)


def panels(figure):
    return {panel.get_title(): panel for panel in figure.axes if panel.get_title()}


def bars(figure):
    """Label of the colour bar of each panel."""
    return {
        name: [child.get_ylabel() for child in panel.child_axes]
        for name, panel in panels(figure).items()
    }


def test_rows_and_columns_come_together_by_group():
    given = matrix()
    figure = figure_of({"raw": given}, axes_names=("stimulated cell", "responding cell"))
    panel = panels(figure)["raw"]
    (image,) = panel.images
    np.testing.assert_array_equal(image.get_array(), given[np.ix_(ORDER, ORDER)])
    assert image.get_interpolation() == "nearest"
    names = ["c1", "c2", "c3", "c5", "c6"]
    assert [label.get_text() for label in panel.get_xticklabels()] == names
    assert [label.get_text() for label in panel.get_yticklabels()] == names
    assert panel.get_ylabel() == "stimulated cell"
    assert panel.get_xlabel() == "responding cell"


def test_groups_are_parted_and_named():
    panel = panels(figure_of({"raw": matrix()}))["raw"]
    across = [line.get_ydata()[0] for line in panel.lines if len(set(line.get_ydata())) == 1]
    down = [line.get_xdata()[0] for line in panel.lines if len(set(line.get_xdata())) == 1]
    assert across == down == [1.5, 2.5]
    assert [(text.get_text(), text.xy[0]) for text in panel.texts] == [
        ("g1", 0.5),
        ("g2", 2),
        ("g10", 3.5),
    ]


def test_matrices_that_hold_the_same_share_a_scale_that_parts_at_zero():
    given = {"before": matrix(1), "after": 2 * matrix(2), "change": matrix(3) / 9}
    scales = {"before": "response", "after": "response", "change": "change of response"}
    figure = figure_of(given, scales=scales)
    limits = {name: panel.images[0].get_clim() for name, panel in panels(figure).items()}
    both = np.abs([given["before"], given["after"]]).max()
    assert limits["before"] == limits["after"] == pytest.approx((-both, both))
    highest = np.abs(given["change"]).max()
    assert limits["change"] == pytest.approx((-highest, highest))
    assert {panel.images[0].get_cmap().name for panel in panels(figure).values()} == {"RdBu_r"}
    assert bars(figure) == {name: [scales[name]] for name in given}


def test_squares_start_at_zero():
    given = {"raw": matrix(), "square": matrix() ** 2}
    scales = {"raw": "ZNCC", "square": "ZNCC²"}
    figure = figure_of(given, scales=scales, sequential={"square"})
    image = panels(figure)["square"].images[0]
    assert image.get_clim() == pytest.approx((0, given["square"].max()))
    assert image.get_cmap().name == "cividis"


def test_one_entry_far_out_does_not_pale_all_others():
    given = np.random.default_rng(0).normal(size=(30, 30))
    given[3, 4] = 1e6
    names = [f"c{number}" for number in range(30)]
    figure = matrix_figure(
        {"ratio": given}, names, ["g1"] * 30, title="Alike", scales={"ratio": "ratio"}
    )
    panel = panels(figure)["ratio"]
    assert 2 < panel.images[0].get_clim()[1] < 4
    assert panel.images[0].colorbar.extend == "both"


def test_undefined_entries_are_hatched_and_explained():
    given = matrix()
    given[1] = np.nan
    figure = figure_of({"raw": given, "other": matrix()}, undefined="the cell itself")
    panel = panels(figure)["raw"]
    mask = np.ma.getmaskarray(panel.images[0].get_array())
    np.testing.assert_array_equal(mask, np.isnan(given[np.ix_(ORDER, ORDER)]))
    (shaded,) = [one for one in panel.patches if one.get_hatch()]
    for row, column in np.ndindex(5, 5):
        assert shaded.get_path().contains_point((column, row)) == mask[row, column]
    assert panel.images[0].get_cmap().get_bad()[3] == 0  # the hatching shows through
    assert np.isfinite(panel.images[0].get_clim()).all()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["the cell itself"]


def test_nothing_is_explained_where_all_is_defined():
    figure = figure_of({"raw": matrix()}, note="2 seeds, 10 trials a pattern")
    assert figure.get_suptitle() == "Alike\n2 seeds, 10 trials a pattern"
    assert not figure.legends


@pytest.mark.parametrize(("size", "named"), [(40, 40), (60, 60), (61, 31), (400, 58)])
def test_names_stand_apart_however_many_rows_there_are(size, named):
    names = [f"c{number}+c{number + 1}" for number in range(size)]
    figure = matrix_figure(
        {"raw": np.eye(size)},
        names,
        ["g1"] * 10 + ["g2"] * (size - 10),
        title="Alike",
        scales={"raw": "ZNCC, no unit"},
    )
    figure.draw_without_rendering()
    panel = panels(figure)["raw"]
    shown = [label.get_text() for label in panel.get_yticklabels()]
    assert shown == names[:: -(-size // 60)]
    assert len(shown) == named
    assert ("one of" in panel.get_ylabel()) == (size > 60)
    for labels in (panel.get_yticklabels(), panel.get_xticklabels()):
        boxes = [label.get_window_extent() for label in labels]
        assert not any(one.overlaps(other) for one, other in pairwise(boxes))


def test_a_matrix_of_zeros_or_of_nothing_is_drawn(tmp_path):
    figure = figure_of({"zero": np.zeros((5, 5)), "nothing": np.full((5, 5), np.nan)})
    save(figure, tmp_path / "one.png")
    assert panels(figure)["zero"].images[0].get_clim() == (-1, 1)


def test_the_same_matrices_make_the_same_file(tmp_path):
    given = matrix()
    given[0, 0] = np.nan
    for name in ("one", "two"):
        figure = figure_of({"raw": given})
        save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
