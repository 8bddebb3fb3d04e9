"""The figure of readers' metrics: what stands where."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.reading_figure import LOOKS, reading_figure
from neuroloop.report.figures import save

MARKERS = {look[2]: measure for measure, look in LOOKS.items()}


def reading(values, control=True):
    """Metrics from {subset: value of any_hit}; others and the control are set off from it."""
    rows = [
        {
            "subset": subset,
            "measure": measure,
            "value": value - less,
            "ci_low": value - less - 0.05,
            "ci_high": value - less + 0.03,
            "chance": value - less - 0.1,
            "uniform": np.nan if measure == "exact_threshold" else 0.02,
            "frames": 100 + number,
            "trials": 20 + number,
            "seeds": 3 if frames_of == "stimulated" else 1,
            "frames_of": frames_of,
        }
        for frames_of, off in [("stimulated", 0), ("control", 0.3)][: 1 + control]
        for number, (subset, value) in enumerate(values.items())
        for measure, less in [
            ("any_hit", off),
            ("exact_top", off + 0.01),
            ("exact_threshold", off + 0.02),
            ("recall", off + 0.03),
        ]
    ]
    return pd.DataFrame(rows)


def recall(values):
    rows = [
        {
            "cell": cell,
            "value": value,
            "ci_low": value - 0.05,
            "ci_high": value + 0.02,
            "chance": 0.11,
            "frames": 0 if np.isnan(value) else 50 * (number + 1),
            "trials": 0 if np.isnan(value) else 10,
        }
        for number, (cell, value) in enumerate(values.items())
    ]
    return pd.DataFrame(rows)


def drawn(panel):
    """Points of a panel as {(marker, nearest tick): (value, low, high)}."""
    ticks = panel.get_xticks()
    points = {}
    for container in panel.containers:
        line, _, (bars,) = container.lines
        for x, y, segment in zip(*line.get_data(), bars.get_segments(), strict=True):
            if np.isfinite(y):
                at = int(np.argmin(np.abs(ticks - x)))
                points[line.get_marker(), at] = (y, *segment[:, 1])
    return points


def chances(panel, colour):
    """Heights of the ticks of a colour by their place at the axis."""
    return {
        x: y
        for line in panel.lines
        if line.get_marker() == "_" and line.get_color() == colour
        for x, y in zip(*line.get_data(), strict=True)
        if np.isfinite(y)
    }


VALUES = {"all": 0.99, "single": 0.6, "pair": 0.8, "none": 0.5, "stimulated": 0.7}
ORDER = ["stimulated", "single", "pair", "none"]


def test_every_metric_stands_at_its_place_with_its_interval():
    figure = reading_figure({"before": reading(VALUES)}, {"before": recall({"c1": 0.5})})
    panel = figure.axes[0]
    points = drawn(panel)
    assert len(points) == 3 * 8  # neither all frames nor exact_threshold
    for marker, measure in MARKERS.items():
        less = {"any_hit": 0, "exact_top": 0.01, "recall": 0.03}[measure]
        for place, subset in enumerate(ORDER):
            for off, shift in [(0, 0), (0.3, 4)]:
                value = 100 * (VALUES[subset] - less - off)
                expected = (value, value - 5, value + 3)
                assert points[marker, place + shift] == pytest.approx(expected)
    names = [label.get_text().split("\n") for label in panel.get_xticklabels()]
    assert [name[0] for name in names] == ["stimulated", "single", "pair", "no stim."] * 2
    assert names[1] == ["single", "n = 101", "21 trials"]
    assert panel.get_title() == "before (stimulated: 3 seeds, control: 1 seed)"
    assert "%" in panel.get_ylabel()
    assert "\n" not in figure.get_suptitle()
    told = reading_figure({"b": reading(VALUES)}, {"b": recall({"c1": 0.5})}, simulated=True)
    assert told.get_suptitle() == f"{figure.get_suptitle()}, simulated"


def test_each_point_has_its_chance_and_a_random_draw_is_told_apart():
    figure = reading_figure({"before": reading(VALUES)}, {"before": recall({"c1": 0.5})})
    panel = figure.axes[0]
    none = panel.get_xticks()[[3, 7]]  # one pattern: nothing to permute
    permuted, uniform = chances(panel, "black"), chances(panel, "#777777")
    points = {
        x: y for box in panel.containers for x, y in zip(*box.lines[0].get_data(), strict=True)
    }
    assert permuted == pytest.approx(
        {x: y - 10 for x, y in points.items() if min(abs(x - none)) > 0.4}
    )
    assert uniform == pytest.approx(dict.fromkeys(points, 2))
    names = [text.get_text() for text in panel.get_legend().get_texts()]
    assert "chance: patterns permuted" in names
    assert "chance: outputs at random" in names


def test_the_control_stands_apart_on_grey():
    figure = reading_figure({"before": reading(VALUES)}, {"before": recall({"c1": 0.5})})
    panel = figure.axes[0]
    (grey,) = panel.patches
    left, right = grey.get_x(), grey.get_x() + grey.get_width()
    ticks = panel.get_xticks()
    assert ticks[3] + 0.3 < left < ticks[4] - 0.3
    assert ticks[7] < right
    assert [text.get_text() for text in panel.texts] == ["control: before the stimulus"]


def test_without_a_control_nothing_is_grey():
    table = reading(VALUES, control=False)
    figure = reading_figure({"before": table}, {"before": recall({"c1": 0.5})})
    panel = figure.axes[0]
    assert not panel.patches
    assert not panel.texts
    assert panel.get_title() == "before (stimulated: 3 seeds)"


def test_recall_of_sessions_stands_side_by_side():
    """A cell that was never stimulated keeps its place, and is drawn by no point."""
    of_cells = {
        "before": recall({"c1": 0.5, "c2": np.nan, "none": 0.9}),
        "after": recall({"c1": 0.7, "c2": 0.2, "none": 0.8}),
    }
    figure = reading_figure({name: reading(VALUES) for name in of_cells}, of_cells)
    first, second, panel = figure.axes
    assert [first.get_title()[:6], second.get_title()[:6]] == ["before", "after "]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["c1", "c2", "no stim."]
    expected = {("o", 0): 50, ("o", 2): 90, ("D", 0): 70, ("D", 1): 20, ("D", 2): 80}
    points = drawn(panel)
    assert {place: point[0] for place, point in points.items()} == pytest.approx(expected)
    assert points["D", 1] == pytest.approx((20, 15, 22))
    assert set(chances(panel, "black").values()) == {11}
    assert len(chances(panel, "black")) == 6
    assert panel.get_title() == "Recall of each cell (50 to 150 frames of 10 trials)"
    names = [text.get_text() for text in panel.get_legend().get_texts()]
    assert names[:2] == ["before", "after"]
    assert names[2].startswith("chance")


def test_the_same_numbers_make_the_same_file(tmp_path):
    for name in ("one", "two"):
        figure = reading_figure({"before": reading(VALUES)}, {"before": recall({"c1": 0.5})})
        save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
