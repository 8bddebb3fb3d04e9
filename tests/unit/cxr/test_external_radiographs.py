"""Radiographs of another set that the classifier may have learned from are no test of it."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr import external_radiographs
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Dropped, Intake

OWN = pd.DataFrame({"radiograph": ["a", "b", "c"], "patient": ["P1", "P2", "P3"]})
OWN_CONTENT = [["one"], ["2", "two"], ["three"]]


def others(*rows):
    table = pd.DataFrame(rows, columns=["radiograph", "label", "patient", "content"])
    return table.drop(columns="content"), table["content"].str.split().tolist()


def learned_from(radiographs, content, one_numbering=True, intake=None):
    return external_radiographs.learned_from(
        radiographs,
        content,
        OWN,
        OWN_CONTENT,
        one_numbering,
        "radiographs.tsv",
        intake or Intake(),
    )


def test_copies_and_patients_are_left_out_with_the_reason():
    radiographs, content = others(
        ("u", "sick", "Q1", "II two"),  # b, under another name and patient
        ("v", "normal", "Q1", "four"),  # so Q1 is P2
        ("w", "sick", "P3", "five"),  # P3 by name
        ("x", "sick", "Q2", "six"),
    )
    intake = Intake()
    left_out = learned_from(radiographs, content, intake=intake)
    assert left_out.fillna("").to_numpy().tolist() == [
        ["u", "sick", "Q1", "copy", "b"],
        ["v", "normal", "Q1", "known patient", ""],
        ["w", "sick", "P3", "known patient", ""],
    ]
    assert list(left_out) == ["radiograph", "label", "patient", "reason", "same_as"]
    assert left_out.index.tolist() == [0, 1, 2]
    what, whose = "radiographs of radiographs.tsv", "that the classifier learns from"
    assert intake.dropped == [
        Dropped(what, 1, f"they are copies of radiographs {whose}"),
        Dropped(what, 2, "they show patients whom the classifier learns from"),
    ]


def test_patients_of_two_sets_are_two_unless_the_sets_number_them_alike():
    """P3 of the other set is another person; Q1 shares a radiograph with P1."""
    radiographs, content = others(
        ("w", "sick", "P3", "five"),
        ("x", "sick", "P2", "two"),
        ("y", "sick", "P2", "six"),
        ("z", "sick", "Q4", "seven"),
    )
    intake = Intake()
    left_out = learned_from(radiographs, content, one_numbering=False, intake=intake)
    assert left_out["radiograph"].tolist() == ["x", "y"]
    (warning,) = intake.warnings
    assert warning.startswith("1 patients of radiographs.tsv are called as patients whom")
    assert "(P3 is one)" in warning
    assert "`patients_of`" in warning
    assert learned_from(radiographs, content)["radiograph"].tolist() == ["w", "x", "y"]


def test_other_radiographs_stay():
    intake = Intake()
    left_out = learned_from(*others(("x", "sick", "Q2", "six")), intake=intake)
    assert left_out.empty
    assert intake == Intake()


def test_without_a_new_radiograph_there_is_no_test():
    radiographs = others(("x", "sick", "Q1", "one"), ("y", "normal", "Q2", "three"))
    with pytest.raises(
        NeuroLoopError, match=r"radiographs\.tsv has no radiograph left to test: of 2, 2 are"
    ):
        learned_from(*radiographs)


def test_sets_are_fitted_alike():
    for fit, own in (("pad", "pad"), (None, "pad"), ("crop", None)):
        external_radiographs.check_fits(fit, own, "radiographs.tsv")
    with pytest.raises(
        NeuroLoopError, match="by `fit: pad`, but the classifier learns from others"
    ):
        external_radiographs.check_fits("pad", "crop", "radiographs.tsv")


def test_what_looks_like_a_radiograph_learned_from_is_warned_of():
    pixels = np.random.default_rng(0).integers(0, 200, (4, 64, 64), dtype=np.uint8)
    own = pixels[[3, 1, 0]] + np.uint8(1)
    table = pd.DataFrame({"radiograph": ["u", "v", "w", "x"]})
    intake = Intake()
    tested = table.drop(index=[0])
    external_radiographs.tell_near_copies(tested, pixels, OWN, own, "other", intake)
    (warning,) = intake.warnings
    assert warning.startswith("2 radiographs of other look like ones that the classifier learns")
    assert "(v like b, ...)" in warning
