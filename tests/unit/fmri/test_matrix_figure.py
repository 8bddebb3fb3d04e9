"""Accuracies as matrices: region by subject."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.fmri.matrix_figure import HIGHEST, matrix_figure
from neuroloop.report.figures import save
from tests.unit.distill.compared import REGIONS
from tests.unit.report.overlap import overlapping


def table(subjects, rois, decoders=("ridge",)):
    rows = [
        {"subject": subject, "roi": roi, "decoder": decoder, "chance": 0.1, "n": 100}
        | {"accuracy": 0.1 + 0.01 * number, "q": 0.04 if number % 2 else 0.06}
        for number, (subject, roi, decoder) in enumerate(
            (s, r, d) for s in (*subjects, "mean", "group") for r in rois for d in decoders
        )
    ]
    return pd.DataFrame(rows)


def panel_of(figure, decoder):
    (panel,) = [one for one in figure.axes if one.get_title("left") == decoder]
    return panel


def cells(panel):
    return {text.get_position(): text.get_text() for text in panel.texts}


def test_every_accuracy_stands_at_its_region_and_subject(tmp_path):
    figure = matrix_figure(table(["S1", "S2"], ["V1", "HVC"]), simulated=True)
    panel = panel_of(figure, "ridge")
    assert cells(panel) == {
        **{(0, 0): "10", (0, 1): "11*", (1, 0): "12", (1, 1): "13*", (2, 0): "14", (2, 1): "15*"}
    }
    assert [label.get_text() for label in panel.get_yticklabels()] == ["V1", "HVC"]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["S1", "S2", "mean"]
    assert panel.images[0].get_clim() == pytest.approx((10, 100)), "colours begin at chance"
    (bar,) = [axes for axes in figure.axes if axes.get_xlabel()]
    assert "begin at chance (10 %)" in bar.get_xlabel()
    assert figure.get_suptitle() == (
        "Simulated brains: what each region says about the image (100 samples a subject)"
    )
    save(figure, tmp_path / "matrix.png", tmp_path / "matrix.svg")


def test_the_highest_of_several_decoders_claims_nothing():
    rows = table(["S1"], ["V1"], ["ridge", "svm"])
    rows.loc[rows["subject"] == "S1", "accuracy"] = [0.5, np.nan]
    figure = matrix_figure(rows)
    assert cells(panel_of(figure, "svm"))[0, 0] == ""
    assert cells(panel_of(figure, HIGHEST)) == {(0, 0): "50", (1, 0): "13"}
    assert "Simulated" not in figure.get_suptitle()


def test_chance_that_differs_is_told():
    rows = table(["S1"], ["V1", "V2"])
    rows.loc[rows["roi"] == "V2", "chance"] = 0.25
    figure = matrix_figure(rows)
    assert panel_of(figure, "ridge").images[0].get_clim()[0] == pytest.approx(10)
    assert any("(10 to 25 %)" in axes.get_xlabel() for axes in figure.axes)


def test_no_text_lies_upon_another():
    subjects = [f"sub-{number:02}" for number in range(1, 6)]
    decoders = ["ridge", "svm", "logistic", "resnet1d18"]
    for rows in (table(["S1", "S2"], ["V1", "HVC"]), table(subjects, REGIONS, decoders)):
        assert not overlapping(matrix_figure(rows))
