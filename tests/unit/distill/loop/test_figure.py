"""The picture of the closed loop: the table's numbers, each on its line, none upon another."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.distill.difference_marks import OPEN, UP
from neuroloop.distill.loop.closed import COLUMNS, NO_CEILING
from neuroloop.distill.loop.figure import loop_figure
from neuroloop.report.figures import save
from tests.unit.report.overlap import overlapping

CONTROLS = ["none", "smooth", "classmean", "withinclass"]


def row(subject, roi, kind, value, control="", other="", q=0.01):
    numbers = {"value": value, "ci_low": value - 0.01, "ci_high": value + 0.01, "p": q, "q": q}
    keys = {"subject": subject, "roi": roi, "decoder": "ridge", "teacher": "brain"}
    place = {"predicted": subject, "region": roi, "control": control, "other": other}
    rest = {"n": 300, "seeds": 10, "reason": "", "family": "controls", "smallest_effect": 0.01}
    return {**keys, "student": "small", "kind": kind, **place, **numbers, **rest}


@pytest.fixture
def table():
    rows = []
    for subject, other in (("S1", "S2"), ("S2", "S1")):
        for place, roi in enumerate(["V1", "HVC"]):
            rows.append(row(subject, roi, "score", 0.8 + place / 100))
            rows += [
                row(subject, roi, "control", 0.02 * (number + 1), name)
                for number, name in enumerate(CONTROLS)
            ]
            rows.append(row(subject, roi, "other brain", 0.03, other=other))
            rows.append(row(subject, roi, "specific", 0.005, "none", other, q=0.4))
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def panel_of(figure, name):
    (panel,) = [one for one in figure.axes if one.get_title().startswith(f"{name}: ")]
    return panel


def mark_of(figure, panel, name):
    """The mark on the line of this name, which the first panel of its row has."""
    row = panel.get_subplotspec().rowspan.start
    first = next(one for one in figure.axes if one.get_subplotspec().rowspan.start == row)
    names = [label.get_text() for label in first.get_yticklabels()]
    place = first.get_yticks()[names.index(name)]
    lines = [line for line in panel.lines if set(np.atleast_1d(line.get_ydata())) == {place}]
    (mark,) = [line for line in lines if line.get_marker() != "None"]
    return mark


def test_a_panel_has_the_score_as_its_title_and_differences_on_its_lines(table, tmp_path):
    figure = loop_figure(table, simulated=True)
    assert panel_of(figure, "S1 V1").get_title() == "S1 V1: 0.800 [0.790, 0.810]"
    panel = panel_of(figure, "S2 HVC")
    lines = {
        "less labels alone": 0.02,
        "less smoothed labels": 0.04,
        "less class means": 0.06,
        "less its score of S1": 0.03,
        "that, beyond labels alone": 0.005,
    }
    for name, value in lines.items():
        assert mark_of(figure, panel, name).get_xdata() == [value]
    assert mark_of(figure, panel, "less class means").get_markerfacecolor() == UP
    unsure = mark_of(figure, panel, "that, beyond labels alone")
    assert (unsure.get_color(), unsure.get_markerfacecolor()) == (OPEN, "white")
    save(figure, tmp_path / "loop.png")
    assert not overlapping(figure)


def test_a_region_that_is_not_judged_says_why(table):
    noise = (table["subject"] == "S1") & (table["roi"] == "V1")
    table.loc[noise, ["value", "ci_low", "ci_high", "p", "q", "smallest_effect"]] = np.nan
    table.loc[noise, "reason"] = NO_CEILING.format("S1 V1")
    panel = panel_of(loop_figure(table), "S1 V1")
    assert panel.get_title() == "S1 V1: not judged"
    assert "no voxel of S1 V1" in panel.texts[0].get_text()


def test_without_taught_students_it_says_so(table):
    figure = loop_figure(table[table["teacher"] == "none"])
    assert figure.axes[0].texts[0].get_text() == "no brain taught a student"
