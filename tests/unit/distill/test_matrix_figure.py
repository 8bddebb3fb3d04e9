"""The ablation as matrices: region by subject, less each control."""

import pytest

from neuroloop import registry
from neuroloop.distill.matrix_figure import MOST_STUDENTS, matrix_figure
from neuroloop.report.figures import save
from tests.unit.distill.compared import REGIONS, comparisons
from tests.unit.report.overlap import overlapping


def cells(panel):
    return {text.get_position(): text.get_text() for text in panel.texts}


def test_every_difference_stands_at_its_region_and_subject(tmp_path):
    table = comparisons(["S1", "S2"], ["V1", "HVC"])
    table["q"] = 0.06
    first = table["control"] == "none"
    table.loc[first, "difference"] = [0.0173, -0.002, 0.0004, -0.0002, 0.1, 0.2, 0.3, 0.4]
    table.loc[table.index[first][0], "q"] = 0.05
    figure = matrix_figure(table, simulated=True)
    panel, other, *_ = figure.axes
    assert panel.get_title("left") == "less labels alone"
    assert cells(panel) == {
        **{(0, 0): "1.7*", (0, 1): "−0.2", (1, 0): "0.0", (1, 1): "0.0"},
        **{(2, 0): "10.0", (2, 1): "20.0", (3, 0): "30.0", (3, 1): "40.0"},
    }
    assert [label.get_text() for label in panel.get_yticklabels()] == ["V1", "HVC"]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["S1", "S2", "mean", "people"]
    low, high = panel.images[0].get_clim()
    assert (low, high) == pytest.approx((-40, 40)), "no difference is the colours' middle"
    assert other.images[0].get_clim() == (low, high)
    assert figure.get_suptitle().startswith("Simulated brains")
    assert matrix_figure(table).get_suptitle().startswith("Brains")
    save(figure, tmp_path / "matrix.png", tmp_path / "matrix.svg")


def test_a_row_of_panels_a_decoder_and_no_more_than_can_be_read():
    many = [f"decoder{number}" for number in range(MOST_STUDENTS + 2)]
    figure = matrix_figure(comparisons(["S1"], ["V1"], many, ["none", "smooth"]))
    titles = [panel.get_title("left") for panel in figure.axes if panel.get_title("left")]
    assert len(titles) == 2 * MOST_STUDENTS
    assert titles[2] == "less labels alone\ndecoder1, small"
    assert f"the first {MOST_STUDENTS} of {len(many)}" in figure.get_suptitle()


def test_no_text_lies_upon_another():
    subjects = [f"sub-{number:02}" for number in range(1, 6)]
    for table in (comparisons(["S1", "S2"], ["V1", "HVC"]), comparisons(subjects, REGIONS)):
        assert not overlapping(matrix_figure(table))


def test_without_a_brain_there_is_a_sentence():
    figure = matrix_figure(comparisons(["S1"], ["V1"]).iloc[:0])
    assert [text.get_text() for text in figure.axes[0].texts] == ["no brain taught a student"]


def test_more_controls_than_fit_beside_each_other_stand_in_rows():
    controls = [name for name in registry.names("teacher") if name != "brain"]
    table = comparisons(["S1", "S2"], ["V1", "HVC"], ["ridge", "svm"], controls=controls)
    figure = matrix_figure(table)
    panels = [panel for panel in figure.axes if panel.get_title("left")]
    fair = [name for name in controls if not registry.entry("teacher", name).MISLEADS]
    assert len(panels) == 2 * len(fair)
    places = [
        (panel.get_subplotspec().rowspan.start, panel.get_subplotspec().colspan.start)
        for panel in panels
    ]
    assert len(set(places)) == len(places)
    of_svm = {
        row
        for panel, (row, _) in zip(panels, places, strict=True)
        if "svm" in panel.get_title("left")
    }
    assert of_svm == {2, 3}
    assert not overlapping(figure)
