"""Outcomes as matrices: what stands in a cell, and what colours it."""

import numpy as np
import pytest

from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.outcomes.comparisons import compare_outcomes
from neuroloop.distill.outcomes.figure import MOST_PANELS, outcomes_figure
from neuroloop.report.figures import save
from tests.unit.distill.outcomes.simulated import OUTCOMES, World
from tests.unit.report.overlap import overlapping


@pytest.fixture(scope="module")
def compared():
    world = World(np.random.default_rng(0), 4, 60)
    made = [world.students(REFERENCE, "none"), world.students("S1", "brain", gain=0.8)]
    made += [world.students("S1", name) for name in ("smooth", "rowshuffled")]
    return compare_outcomes(made, OUTCOMES)


def cells(panel):
    return {text.get_position(): text.get_text() for text in panel.texts}


def test_every_difference_stands_at_its_outcome_and_control(compared, tmp_path):
    table = compared.copy()
    at = table["control"].eq("none") & table["teacher"].eq("brain")
    table.loc[at & table["outcome"].eq("brier"), ["difference", "smallest_effect", "q"]] = [
        -0.0431,
        0.0431,
        0.05,
    ]
    table.loc[at & table["outcome"].eq("noise"), ["difference", "smallest_effect", "q"]] = [
        -0.025,
        0.05,
        0.06,
    ]
    figure = outcomes_figure(table, simulated=True)
    panel = figure.axes[0]
    assert panel.get_title("left") == "V1, S1"
    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels[1] == "Brier score ↓"
    assert len(labels) == 6
    assert [label.get_text() for label in panel.get_xticklabels()] == [
        "labels alone",
        "smoothed labels",
    ]
    assert cells(panel)[0, 1] == "−0.043*"
    assert cells(panel)[0, 3] == "−2.5"
    drawn = panel.images[0].get_array()
    assert drawn[1, 0] == pytest.approx(1), "less of the Brier score is better"
    assert drawn[3, 0] == pytest.approx(-0.5), "less accuracy is worse"
    assert figure.get_suptitle().startswith("Simulated brains")
    save(figure, tmp_path / "outcomes.png", tmp_path / "outcomes.svg")


def test_a_row_without_a_difference_says_so(compared):
    table = compared.copy()
    table.loc[table["outcome"] == "error_consistency", ["difference", "smallest_effect"]] = np.nan
    assert cells(outcomes_figure(table).axes[0])[0, 5] == "–"


def test_no_more_regions_than_can_be_read_and_no_text_upon_another(compared):
    import pandas as pd

    many = pd.concat([compared.assign(roi=f"R{number}") for number in range(MOST_PANELS + 1)])
    figure = outcomes_figure(many)
    titles = [panel.get_title("left") for panel in figure.axes if panel.get_title("left")]
    assert len(titles) == MOST_PANELS
    assert f"the first {MOST_PANELS} of {MOST_PANELS + 1}" in figure.get_suptitle()
    assert not overlapping(figure)
    assert not overlapping(outcomes_figure(compared))


def test_the_mean_stands_for_subjects_where_there_are_several(compared):
    import pandas as pd

    several = [compared.assign(subject=name) for name in ("S1", "S2", "mean", "group")]
    figure = outcomes_figure(pd.concat(several))
    titles = [panel.get_title("left") for panel in figure.axes if panel.get_title("left")]
    assert titles == ["V1, mean of subjects"]


def test_without_a_brain_there_is_a_sentence(compared):
    figure = outcomes_figure(compared.iloc[:0])
    assert [text.get_text() for text in figure.axes[0].texts] == ["no brain taught a student"]
