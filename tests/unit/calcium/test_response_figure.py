"""Cells on the mean image and their responses: which are chosen, and what is drawn of them."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.cell_responses import chosen_cells, response_table
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.response_figure import COLOURS, response_figure
from neuroloop.calcium.traces import Courses
from neuroloop.report.figures import save

OFFSETS = np.array([-5, -4, 0, 1, 2])


def session(count, each=6, never=()):
    """Cell number n responds with (n + 1) / 10 to its own stimulation."""
    names = [f"c{number}" for number in range(count)]
    patterns = [name for name in names if name not in never] * each + ["none"]
    stimulated = stimulated_cells(patterns, names)
    noise = 1e-4 * np.random.default_rng(0).standard_normal((len(patterns), 5, count))
    dff = noise + (stimulated * (np.arange(count) + 1) / 10)[:, None] * (OFFSETS >= 0)[:, None]
    courses = Courses(dff, OFFSETS, pd.DataFrame({"pattern": patterns}))
    places = np.random.default_rng(1).uniform(5, 45, (count, 2))
    cells = pd.DataFrame({"cell": names, "row": places[:, 0], "column": places[:, 1]})
    return courses, stimulated, dff[:, 2:].mean(axis=1), cells.assign(radius=2.0)


def drawn(count, **options):
    courses, stimulated, responses, cells = session(count, **options)
    table = response_table(responses, stimulated, cells["cell"].tolist())
    image = np.random.default_rng(2).random((50, 50))
    figure = response_figure(courses, stimulated, table, image, cells, title="Session after")
    return courses, stimulated, table, figure


def test_the_table_averages_trials_that_stimulate_a_cell():
    responses = np.array([[1.0, 5.0], [3.0, 7.0], [9.0, 2.0]])
    stimulated = np.array([[True, False], [True, False], [False, True]])
    table = response_table(responses, stimulated, ["a", "b"]).set_index("cell")
    assert table["response"].tolist() == [2.0, 2.0]
    assert table["others"].tolist() == [9.0, 6.0]
    assert table.loc["a", "ci_high"] - 2 == pytest.approx(12.706, abs=0.001)  # t of 1 times 1
    assert np.isnan(table.loc["b", "ci_high"])
    assert table["unit"].tolist() == ["trials"] * 2


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([0.3, 0.1, 0.2], {"strongest": "c0", "median": "c2", "weakest": "c1"}),
        ([0.3, np.nan, 0.2], {"strongest": "c0", "weakest": "c2"}),
        ([np.nan, 0.4], {"strongest": "c1"}),
        ([0.4, 0.3, 0.2, 0.1], {"strongest": "c0", "median": "c2", "weakest": "c3"}),
        ([0.1, 0.1, 0.1], {"strongest": "c0", "median": "c1", "weakest": "c2"}),
        ([np.nan], {}),
    ],
)
def test_the_rule_chooses_strongest_median_and_weakest(responses, expected):
    names = [f"c{number}" for number in range(len(responses))]
    assert chosen_cells(pd.DataFrame({"cell": names, "response": responses})) == expected


def test_names_of_cells_are_white_on_the_image_whatever_colour_their_circles_have():
    *_, table, figure = drawn(5)
    (image,) = [panel for panel in figure.axes if panel.images]
    assert {text.get_text() for text in image.texts} == set(table["cell"])
    assert {text.get_color() for text in image.texts} == {"white"}
    assert all(text.get_path_effects() for text in image.texts), "a rim, for bright pixels"
    bold = {text.get_text() for text in image.texts if text.get_fontweight() == "bold"}
    assert bold == set(chosen_cells(table).values())


def test_plotted_averages_are_those_of_the_traces_and_no_line_crosses_the_baseline():
    courses, stimulated, table, figure = drawn(5)
    panels = [panel for panel in figure.axes if panel.get_ylabel() == "dF/F"]
    titles = [panel.get_title() for panel in panels]
    assert titles == [
        "c4, strongest: 0.5 dF/F in 6 trials",
        "c2, median: 0.3 dF/F in 6 trials",
        "c0, weakest: 0.1 dF/F in 6 trials",
    ]
    for panel, number, colour in zip(panels, (4, 2, 0), COLOURS.values(), strict=True):
        lines = {line.get_marker(): line for line in panel.lines if line.get_linewidth() == 2}
        own = courses.dff[stimulated[:, number], :, number]
        rest = courses.dff[~stimulated[:, number], :, number]
        for marker, values in (("o", own), ("s", rest)):
            made = lines[marker].get_ydata()
            np.testing.assert_allclose(made[np.isfinite(made)], values.mean(axis=0))
            assert np.isnan(made[2])
            assert len(made) == 6
        assert lines["o"].get_color() == colour
        single = [line for line in panel.lines if line.get_linewidth() == 0.5]
        assert len(single) == 6
    assert len({panel.get_ylim() for panel in panels}) == 1
    assert table["chosen"].tolist() == ["weakest", "", "median", "", "strongest"]


def test_all_cells_are_circled_and_named_those_never_stimulated_apart():
    *_, figure = drawn(5, never=("c3",))
    image = next(panel for panel in figure.axes if panel.images)
    assert len(image.patches) == 5
    assert {text.get_text() for text in image.texts} == {f"c{number}" for number in range(5)}
    (legend,) = figure.legends
    said = [text.get_text() for text in legend.get_texts()]
    assert said[:2] == ["stimulated cells (4)", "never stimulated (1)"]


@pytest.mark.parametrize(("count", "named"), [(1, 1), (2, 2), (60, 60), (200, 3)])
def test_few_and_many_cells_are_drawn(count, named, tmp_path):
    *_, figure = drawn(count, each=2)
    image = next(panel for panel in figure.axes if panel.images)
    assert len(image.texts) == named
    save(figure, tmp_path / "one.svg")


def test_the_same_session_makes_the_same_file(tmp_path):
    for name in ("one", "two"):
        save(drawn(3)[-1], tmp_path / f"{name}.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
