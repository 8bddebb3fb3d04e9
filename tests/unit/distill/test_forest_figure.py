"""The forest plot of the ablation: the table's numbers, in order, none upon another."""

import numpy as np
import pytest

from neuroloop import registry
from neuroloop.distill.difference_marks import DOWN, OPEN, UP
from neuroloop.distill.forest_figure import BRAIN, MOST_ROWS, brain_rows, forest_figure
from neuroloop.report.figures import save
from neuroloop.report.names import teacher_name
from tests.unit.distill.compared import REGIONS, comparisons
from tests.unit.report.overlap import overlapping

#: Controls from left to right: what has to be beaten, labels alone first, then the others.
SHOWN = ["none", "classmean", "smooth", "withinclass", "cnn"]


def panel_of(figure, control):
    title = f"less {teacher_name(control)}"
    (panel,) = [one for one in figure.axes if one.get_title("left") == title]
    return panel


def row_of(figure, control, name):
    """What is drawn at a row of a panel: its mark's place and look, its bar, its texts."""
    panel = panel_of(figure, control)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    place = figure.axes[0].get_yticks()[names.index(name)]
    lines = [line for line in panel.lines if set(np.atleast_1d(line.get_ydata())) == {place}]
    marks = [line for line in lines if line.get_marker() != "None"]
    bars = [tuple(line.get_xdata()) for line in lines if line.get_marker() == "None"]
    of_row = [
        text
        for text in panel.texts
        if text.get_position()[1] == place and not hasattr(text, "xyann")
    ]
    texts = [text.get_text() for text in of_row if text.get_text() != "q"]  # of the head
    (mark,) = marks
    return mark, bars, texts


@pytest.fixture
def table():
    rows = comparisons(["S1", "S2"], ["V1", "HVC"])
    rows["q"] = 0.4
    return rows


def of(table, subject, roi, control):
    return (table[["subject", "roi", "control"]] == [subject, roi, control]).all(axis=1)


def test_rows_are_brains_and_columns_the_controls_that_they_must_beat_first(table, tmp_path):
    figure = forest_figure(table, simulated=True)
    assert [panel.get_title("left") for panel in figure.axes] == [
        *["less labels alone", "less class means", "less smoothed labels"],
        *["less shuffled within class", "less a CNN's soft labels"],
    ]
    groups = [
        text.get_text() for panel in figure.axes for text in panel.texts if hasattr(text, "xyann")
    ]
    assert groups == ["has to be beaten"] * 3 + ["for comparison"] * 2
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        *["S1 V1", "S1 HVC", "S2 V1", "S2 HVC"],
        *["mean V1", "mean HVC", "people V1", "people HVC"],
    ]
    places = figure.axes[0].get_yticks()
    assert (np.diff(places) > 0).all()
    assert figure.axes[0].get_ylim()[0] > figure.axes[0].get_ylim()[1], "the first row is on top"
    for control, panel in zip(SHOWN, figure.axes, strict=True):
        defined = panel.get_xlabel().replace("\n", " ")
        assert f"{control}: {registry.entry('teacher', control).LEGEND}" in defined
    title = figure.get_suptitle()
    assert "simulated brains" in title
    assert "2 subjects, up to 10 seeds, 1,000 test images" in title
    assert "simulated" not in forest_figure(table).get_suptitle()
    save(figure, tmp_path / "forest.png", tmp_path / "forest.svg")


def test_every_number_of_the_table_stands_in_its_row(table):
    figure = forest_figure(table)
    shown = table[table["control"].isin(SHOWN)]
    for row in shown.itertuples():
        name = f"{ {'group': 'people'}.get(row.subject, row.subject) } {row.roi}"
        mark, bars, texts = row_of(figure, row.control, name)
        assert mark.get_xdata()[0] == pytest.approx(100 * row.difference)
        assert bars == [pytest.approx((100 * row.ci_low, 100 * row.ci_high))]
        assert texts == ["0.4"]
    bands = {round(bar.get_x() + bar.get_width(), 9) for bar in panel_of(figure, "smooth").patches}
    unseen = 100 * shown.loc[shown["control"] == "smooth", "smallest_effect"]
    assert bands == set(unseen.round(9))
    assert all(bar.get_x() == 0 for bar in panel_of(figure, "withinclass").patches), "one-sided"


def test_a_brain_that_beats_every_control_is_marked_and_no_other(table):
    for roi, controls in {"V1": ["none", "classmean", "smooth"], "HVC": ["none", "smooth"]}.items():
        for control in controls:
            chosen = of(table, "S1", roi, control)
            table.loc[chosen, ["q", "difference"]] = [0.0004, 0.02]
    for control in ("classmean", "smooth"):  # worse than labels alone, and better than the others
        table.loc[of(table, "S2", "V1", control), ["q", "difference"]] = [0.01, 0.02]
    table.loc[of(table, "S2", "V1", "none"), ["q", "difference"]] = [0.03, -0.02]
    figure = forest_figure(table)
    mark, _, texts = row_of(figure, "smooth", "S1 V1")
    assert (mark.get_color(), mark.get_markerfacecolor()) == (UP, UP)
    assert texts == ["< 0.001", "beats all"]
    mark, _, texts = row_of(figure, "none", "S2 V1")
    assert (mark.get_color(), texts) == (DOWN, ["0.03"])
    mark, *_ = row_of(figure, "classmean", "S1 HVC")
    assert (mark.get_color(), mark.get_markerfacecolor()) == (OPEN, "white")
    marked = [text.get_text() for panel in figure.axes for text in panel.texts]
    assert marked.count("beats all") == 1


def test_a_row_without_a_test_is_a_cross_without_a_bar(table):
    chosen = of(table, "S1", "V1", "withinclass")
    table.loc[chosen, ["ci_low", "ci_high", "p", "q", "smallest_effect"]] = np.nan
    mark, bars, texts = row_of(forest_figure(table), "withinclass", "S1 V1")
    assert (mark.get_marker(), bars, texts) == ("x", [], [])


def test_no_text_lies_upon_another():
    subjects = [f"sub-{number:02}" for number in range(1, 6)]
    for table in (
        comparisons(["S1", "S2"], ["V1", "HVC", "Noise"]),
        comparisons(subjects, REGIONS),
    ):
        table["q"] = table["q"].where(table.index % 3 > 0, 0.0004)
        assert not overlapping(forest_figure(table))


def test_more_brains_than_can_be_read_leave_their_means():
    subjects = [f"sub-{number:02}" for number in range(1, 6)]
    table = comparisons(subjects, REGIONS[:10], ["ridge", "svm", "logistic", "network"])
    assert len(table[BRAIN].drop_duplicates()) == 280 > MOST_ROWS
    rows = brain_rows(table)
    assert set(rows["subject"]) == {"mean", "group"}
    names = forest_figure(table).axes[0].get_yticklabels()
    assert len(names) == 80
    assert names[0].get_text() == "mean V1 ridge"
    alone = comparisons(["S1"], [f"r{n}" for n in range(120)], controls=("none",))
    assert len(brain_rows(alone)) == MOST_ROWS


def test_without_a_brain_there_is_a_sentence(table, tmp_path):
    figure = forest_figure(table.iloc[:0])
    assert [text.get_text() for text in figure.axes[0].texts] == ["no brain taught a student"]
    save(figure, tmp_path / "forest.png", tmp_path / "forest.svg")


def test_every_control_of_the_registry_has_a_panel_in_its_group(tmp_path):
    controls = [name for name in registry.names("teacher") if name != "brain"]
    figure = forest_figure(comparisons(["S1", "S2"], ["V1", "HVC"], controls=controls))
    fair = [name for name in controls if not registry.entry("teacher", name).MISLEADS]
    shown = [panel.get_title("left") for panel in figure.axes]
    assert sorted(shown) == sorted(f"less {teacher_name(name)}" for name in fair)
    assert shown[0] == "less labels alone"
    for name in fair:
        (group,) = [
            text.get_text() for text in panel_of(figure, name).texts if hasattr(text, "xyann")
        ]
        beaten = registry.entry("teacher", name).TO_BEAT
        assert group == ("has to be beaten" if beaten else "for comparison"), name
    rows = {panel.get_subplotspec().rowspan.start for panel in figure.axes}
    assert rows == {0, 1}, "two rows of panels"
    assert not overlapping(figure)
    save(figure, tmp_path / "forest.svg")
    # No title ends beyond the figure.
    renderer = figure._get_renderer()
    ends = [panel._left_title.get_window_extent(renderer).x1 for panel in figure.axes]
    assert max(ends) <= figure.bbox.x1
