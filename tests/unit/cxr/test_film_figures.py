"""Figures of operating points, differences, sweeps and sites: what stands where."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from neuroloop.cxr.confusion_figure import draw_confusion
from neuroloop.cxr.difference_figure import draw_differences
from neuroloop.cxr.operating_figure import draw_operating_points
from neuroloop.cxr.operating_points import operating_points, roc
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.site_figure import draw_sites, of_new_places
from neuroloop.cxr.sweep_figure import draw_sweep, swept
from neuroloop.report.figures import PALETTE
from tests.unit.cxr.test_operating_points import CLASSES, predicted

TEN = [f"disease{number}" for number in range(10)]


def bars(panel):
    """Points with bars along x: {row: (value, low, high, face)}."""
    found = {}
    for container in panel.containers:
        line, _, (lines,) = container.lines
        (x,), (y,) = line.get_data()
        low, high = lines.get_segments()[0][:, 0]
        found[round(float(y))] = (float(x), low, high, line.get_markerfacecolor())
    return found


def overlapping(figure):
    """Pairs of texts that lie over each other."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [
        text
        for panel in figure.axes
        for text in (*panel.texts, *panel.get_xticklabels(), *panel.get_yticklabels(), panel.title)
        if text.get_text() and text.get_visible()
    ]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts]
    return [
        (one, other)
        for number, (one, box) in enumerate(boxes)
        for other, another in boxes[number + 1 :]
        if min(box.x1, another.x1) - max(box.x0, another.x0) > 1
        and min(box.y1, another.y1) - max(box.y0, another.y0) > 1
    ]


def test_curves_and_points_are_those_of_the_table():
    predictions = {("case1", "plain"): predicted(), ("case5", "plain"): predicted(seed=1)}
    points = operating_points(predictions, CLASSES, None)
    figure = draw_operating_points(predictions, points, CLASSES, None, simulated=True)
    assert figure.get_suptitle().startswith("Simulated radiographs: each class against the rest")
    for panel, (of, table) in zip(figure.axes, predictions.items(), strict=False):
        assert panel.get_title() == f"{of[1]}, {of[0]}"
        curves = [line for line in panel.lines if len(line.get_xdata()) > 10]
        for line, label in zip(curves, range(3), strict=True):
            expected = roc(predictions_table(table, CLASSES), label)
            np.testing.assert_array_equal(line.get_xdata(), expected.false)
            np.testing.assert_array_equal(line.get_ydata(), expected.true)
        rows = points[points["case"] == of[0]].to_dict("records")
        for container, row in zip(panel.containers, rows, strict=True):
            line, _, lines = container.lines
            assert line.get_xdata()[0] == pytest.approx(1 - row["specificity"])
            assert line.get_ydata()[0] == pytest.approx(row["sensitivity"])
            wide, high = (one.get_segments()[0] for one in lines)
            assert wide[:, 0] == pytest.approx(
                [1 - row["specificity_high"], 1 - row["specificity_low"]]
            )
            assert high[:, 1] == pytest.approx([row["sensitivity_low"], row["sensitivity_high"]])


def gaps(*rows):
    columns = ["kind", "case", "classifier", "split", "metric", "difference", "q"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        ci_low=table["difference"] - 0.04, ci_high=table["difference"] + 0.05, against=""
    )


GAPS = gaps(
    ("leak", "case1", "fine", "image", "macro_f1", 0.2, np.nan),
    ("baseline", "case1", "fine", "patient", "macro_f1", 0.1, 0.01),
    ("baseline", "case5", "fine", "patient", "macro_f1", -0.03, 0.4),
    ("site", "case1", "fine", "external other", "macro_f1", -0.3, 0.002),
    ("baseline", "case1", "fine", "patient", "auc", 0.02, 0.3),
)


def test_differences_stand_in_groups_filled_where_they_are_shown():
    figure = draw_differences(GAPS, simulated=False)
    first, second = figure.axes[:2]
    assert figure.get_suptitle() == "Radiographs: differences on the same patients"
    assert [label.get_text() for label in first.get_yticklabels()] == [
        "fine, case1",
        "fine, case5",
        "fine, case1, by image",
        "fine, case1, other",
    ]
    found = bars(first)
    for row, value, face in [
        (0, 0.1, PALETTE[0]),
        (1, -0.03, "white"),
        (2, 0.2, "white"),  # no test
        (3, -0.3, PALETTE[3]),
    ]:
        assert found[row][:3] == pytest.approx((value, value - 0.04, value + 0.05))
        assert found[row][3] == face
    assert list(bars(second)) == [0]


def test_a_single_training_is_told():
    figure = draw_differences(GAPS.iloc[:0])
    assert "nothing is compared" in figure.axes[0].texts[0].get_text()


def scores(*rows):
    columns = ["case", "classifier", "split", "metric", "value"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(
        shown="whole",
        ci_low=table["value"] - 0.1,
        ci_high=table["value"] + 0.1,
        chance=0.33,
        n=100,
        patients=50,
    )


def test_names_of_a_sweep_are_read():
    one = swept("fine--learning_rate-0p001--train_from-block12")
    assert one == ("fine", {"learning_rate": "0.001", "train_from": "block12"})
    assert swept("fine--learning_rate-1e-05").chosen == {"learning_rate": "1e-05"}
    assert swept("logistic") == ("logistic", {})


def test_a_sweep_is_a_grid_and_a_curve_of_paired_differences():
    rates = ("1e-05", "0p001", "0p0001")
    names = [f"fine--learning_rate-{rate}" for rate in rates]
    own = [("case1", name, "patient", "macro_f1", 0.7) for name in ["logistic", *names]]
    table = gaps(
        *(
            ("baseline", "case1", name, "patient", "macro_f1", value, 0.5)
            for name, value in zip(names, (0.01, 0.03, 0.02), strict=True)
        )
    )
    figure = draw_sweep(table, scores(*own), ("case1", "logistic"))
    grid, curve = figure.axes[:2]
    values = np.ma.filled(grid.images[0].get_array(), np.nan)[:, 0]
    np.testing.assert_allclose(values, [np.nan, 0.01, 0.03, 0.02])
    said = [text.get_text() for text in grid.texts]
    assert said[0] == "baseline\n0.70"
    assert said[2] == "+0.03\n[−0.01, 0.08]"
    (container,) = curve.containers
    assert container.lines[0].get_ydata().tolist() == [0.01, 0.02, 0.03]
    assert [label.get_text() for label in curve.get_xticklabels()] == ["1e-05", "0.0001", "0.001"]
    segments = container.lines[2][0].get_segments()
    assert segments[2][:, 1] == pytest.approx([-0.01, 0.08])
    assert figure.get_suptitle().endswith("macro-F1 less logistic, case1, same patients")


def test_new_sites_stand_below_the_classifiers_own():
    table = scores(
        ("case1", "fine", "patient", "macro_f1", 0.8),
        ("case1", "logistic", "patient", "macro_f1", 0.7),
        ("case1", "fine", "site", "macro_f1", 0.6),
        ("case1", "fine", "site A", "macro_f1", 0.65),
        ("case1", "fine", "external other", "macro_f1", 0.5),
        ("case1", "fine", "image", "macro_f1", 0.9),
    )
    table = pd.concat([table, table.assign(metric="auc_ovr")])
    figure = draw_sites(table, None)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "fine, case1: own sites",
        "fine, case1: new sites",
        "fine, case1: A",
        "fine, case1: other",
    ]
    found = bars(figure.axes[0])
    assert [found[row][0] for row in range(4)] == [0.8, 0.6, 0.65, 0.5]
    assert found[3][1:3] == pytest.approx((0.4, 0.6))
    assert of_new_places(table[table["split"] == "patient"]).empty
    nothing = draw_sites(table[table["split"] == "patient"], None)
    assert nothing.texts[0].get_text() == "no new site, and no other set of radiographs"


def test_no_labels_overlap_at_ten_classes():
    predictions = {
        ("case1", f"classifier{number}"): predicted(600, classes=TEN, seed=number)
        for number in range(4)
    }
    titled = {name: table for (_, name), table in predictions.items()}
    assert not overlapping(draw_confusion(titled, TEN))
    points = operating_points(predictions, TEN, None)
    figure = draw_operating_points(predictions, points, TEN, None)
    assert not overlapping(figure)
    assert len(figure.legends[0].get_texts()) == 14


def test_no_labels_overlap_with_many_trainings():
    trained = [(case, f"a_long_name{name}") for name in range(6) for case in ("case1", "case5")]
    rows = [("baseline", *one, "patient", "macro_f1", 0.01, 0.5) for one in trained[1:]]
    assert not overlapping(draw_differences(gaps(*rows)))
    own = scores(*((*one, "patient", "macro_f1", 0.7) for one in trained))
    assert not overlapping(draw_sweep(gaps(*rows), own, trained[0]))


def test_the_same_numbers_make_the_same_files(tmp_path):
    for name in ("one", "two"):
        paths = [tmp_path / f"{name}.{kind}" for kind in ("png", "svg")]
        draw_differences(GAPS, *paths)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
