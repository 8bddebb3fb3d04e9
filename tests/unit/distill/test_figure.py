"""The figure of the ablation: what stands where."""

import numpy as np
import pandas as pd
import pytest

from neuroloop import registry
from neuroloop.distill.ablation import COLUMNS, KEYS, REFERENCE, needs_no_brain
from neuroloop.distill.figure import ablation_figure, teacher_looks
from neuroloop.errors import NeuroLoopError
from neuroloop.report.figures import save


def tables(gains, students=("small",)):
    """Tables of the ablation from gains: values of `KEYS` -> difference."""
    none = [
        dict(zip(KEYS, [REFERENCE] * 3 + ["none", student], strict=True))
        | {"seed": seed, "accuracy": 0.5, "n": 200, "chance": 0.1}
        for student in students
        for seed in range(4)
    ]
    compared = [
        dict(zip(KEYS, keys, strict=True))
        | {"control": "none", "difference": value, "ci_low": value - 0.02, "ci_high": value + 0.01}
        | {"p": 0.1, "q": 0.2, "n": 200, "seeds": 4, "subjects": 1}
        | {"smallest_effect": 0.015 + abs(value) / 10}
        for keys, value in gains.items()
    ]
    return pd.DataFrame(none), pd.DataFrame(compared, columns=COLUMNS)


def drawn(panel):
    """Points of a panel as {(marker, place): (value, low, high)}, in percentage points."""
    points = {}
    for container in panel.containers:
        line, _, (bars,) = container.lines
        segments = bars.get_segments()
        for x, y, segment in zip(*line.get_data(), segments, strict=True):
            if np.isfinite(y):
                low, high = segment[:, 1] if len(segment) else (np.nan, np.nan)
                points[line.get_marker(), round(x)] = (y, low, high)
    return points


def test_every_gain_stands_at_its_place_with_its_interval(tmp_path):
    gains = {
        (REFERENCE, REFERENCE, REFERENCE, "cnn", "small"): 0.03,
        ("S1", "V1", "ridge", "brain", "small"): 0.05,
        ("S1", "V2", "ridge", "brain", "small"): -0.04,
        ("S1", "V1", "ridge", "smooth", "small"): 0.01,
        ("S2", "V2", "ridge", "brain", "small"): 0.02,
    }
    figure = ablation_figure(*tables(gains))
    first, second = figure.axes
    markers = {name: look[1] for name, look in teacher_looks(["brain", "smooth", "cnn"]).items()}
    expected = {
        (markers["cnn"], 0): 0.03,
        (markers["brain"], 1): 0.05,
        (markers["brain"], 2): -0.04,
        (markers["smooth"], 1): 0.01,
    }
    points = drawn(first)
    assert set(points) == set(expected)
    for place, value in expected.items():
        assert points[place] == pytest.approx((100 * value, 100 * value - 2, 100 * value + 1))
    assert set(drawn(second)) == {(markers["cnn"], 0), (markers["brain"], 2)}
    assert [label.get_text() for label in first.get_xticklabels()] == ["no brain", "V1", "V2"]
    assert [panel.get_title() for panel in figure.axes] == ["S1", "S2"]
    title = figure.get_suptitle()
    assert "4 seeds, 200 test images, chance 10 %" in title
    assert "gains below 1.6 to 2.0 points could not be seen" in title
    assert "50 %" in first.get_ylabel()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "brain",
        "smoothed labels",
        "a CNN's soft labels",
    ]
    save(figure, tmp_path / "figure.png")


def test_no_teacher_is_left_out():
    """One that is unknown has no look, and is refused; there is none without."""
    named = registry.names("teacher")
    shown = teacher_looks(reversed(named))
    assert list(shown) == list(named)
    assert len(set(shown.values())) == len(named)
    gains = {("S1", "V1", "ridge", "halfbrain", "small"): 0.01}
    with pytest.raises(NeuroLoopError, match="no teacher 'halfbrain'"):
        ablation_figure(*tables(gains))


def test_a_gain_without_an_interval_is_a_mark_without_a_bar(tmp_path):
    gains = {
        ("S1", "V1", "ridge", "brain", "small"): 0.4,
        ("S1", "V1", "ridge", "smooth", "small"): 0.01,
    }
    table, compared = tables(gains)
    for rows in (slice(0, 1), slice(None)):  # the first, then all
        compared.loc[compared.index[rows], ["ci_low", "ci_high", "smallest_effect"]] = np.nan
        figure = ablation_figure(table, compared)
        (panel,) = figure.axes
        (value, *bar) = drawn(panel)[teacher_looks(["brain"])["brain"][1], 1]
        assert value == pytest.approx(40)
        assert np.isnan(bar).all()
        assert panel.get_ylim()[1] > 40
        assert "comparisons.tsv says why" in figure.get_suptitle()
        assert ("could not be seen" in figure.get_suptitle()) == (rows.stop == 1)
        save(figure, tmp_path / "figure.png", tmp_path / "figure.svg")


def test_comparisons_with_other_controls_and_of_the_group_are_left_out():
    table, compared = tables({("S1", "V1", "ridge", "brain", "small"): 0.05})
    more = [
        compared.assign(control="smooth", difference=0.5),
        compared.assign(subject="group", difference=0.6, ci_low=np.nan, ci_high=np.nan),
    ]
    figure = ablation_figure(table, pd.concat([compared, *more], ignore_index=True))
    (panel,) = figure.axes
    assert len(drawn(panel)) == 1


def test_a_row_of_panels_for_each_decoder_and_student():
    gains = {
        ("S1", "V1", decoder, "brain", student): value
        for decoder, student, value in [
            ("ridge", "small", 0.01),
            ("svm", "small", 0.02),
            ("svm", "large", 0.03),
        ]
    }
    gains[REFERENCE, REFERENCE, REFERENCE, "random", "large"] = -0.09
    figure = ablation_figure(*tables(gains, ["small", "large"]))
    titles = [panel.get_title() for panel in figure.axes]
    assert titles == ["S1, ridge, small", "S1, svm, small", "S1, svm, large"]
    values = [sorted(value for value, *_ in drawn(panel).values()) for panel in figure.axes]
    np.testing.assert_allclose(values[0], [1])
    np.testing.assert_allclose(values[1], [2])
    np.testing.assert_allclose(values[2], [-9, 3])


def test_what_misleads_on_purpose_does_not_squeeze_the_others():
    """It is told as a number at the edge; each row of panels has a range of its own."""
    gains = {
        ("S1", "V1", "ridge", "brain", "small"): 0.3,
        ("S1", "V1", "svm", "brain", "large"): 0.03,
        ("S1", "V1", "svm", "smooth", "large"): -0.01,
        ("S1", "V1", "svm", "rowshuffled", "large"): -0.41,
    }
    figure = ablation_figure(*tables(gains, ["small", "large"]))
    ranges = [panel.get_ylim() for panel in figure.axes]
    assert ranges[0][1] > 31 > 10 > ranges[1][1] > 4
    assert ranges[1][0] < -3
    texts = [[text.get_text() for text in panel.texts] for panel in figure.axes]
    assert texts == [[], ["−41"]]
    assert figure.axes[1].texts[0].xy[1] == pytest.approx(ranges[1][0])


def test_teachers_that_need_no_brain_are_drawn_without_one(tmp_path):
    gains = {
        (REFERENCE, REFERENCE, REFERENCE, "cnn", "small"): 0.03,
        (REFERENCE, REFERENCE, REFERENCE, "random", "small"): -0.2,
    }
    figure = ablation_figure(*tables(gains))
    (panel,) = figure.axes
    assert len(drawn(panel)) == 2
    save(figure, tmp_path / "figure.png")


def test_labels_alone_make_an_empty_figure_and_no_error(tmp_path):
    figure = ablation_figure(*tables({}))
    save(figure, tmp_path / "figure.png", tmp_path / "figure.svg")
    assert (tmp_path / "figure.png").stat().st_size > 0


def test_all_teachers_of_the_registry_are_told_apart(tmp_path):
    brains = [name for name in registry.names("teacher") if not needs_no_brain(name)]
    others = [name for name in registry.names("teacher") if needs_no_brain(name) and name != "none"]
    few = {("S1", "V1", "ridge", name, "small"): 0.01 for name in brains[:3]}
    gains = {("S1", roi, "ridge", name, "small"): 0.01 for name in brains for roi in ("V1", "V2")}
    gains |= {(REFERENCE, REFERENCE, REFERENCE, name, "small"): 0.02 for name in others}
    figure = ablation_figure(*tables(gains))
    (legend,) = figure.legends
    assert len(legend.get_texts()) == len(brains) + len(others)
    points = drawn(figure.axes[0])
    assert len({marker for marker, place in points if place == 1}) >= 8
    xs = [
        x
        for container in figure.axes[0].containers
        for x in container.lines[0].get_xdata()
        if 0.5 < x < 1.5
    ]
    inches = figure.get_figwidth() / 3 * np.diff(np.sort(xs)).min()
    assert inches > 0.07, "marks of 4.5 points do not hide each other"
    assert figure.get_figwidth() >= ablation_figure(*tables(few)).get_figwidth()
    save(figure, tmp_path / "figure.png")
