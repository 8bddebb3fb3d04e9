"""Radiographs of another set that the classifier may have learned from are no test of it."""

import pandas as pd
import pytest

from neuroloop.cxr.external_radiographs import learned_from
from neuroloop.errors import NeuroLoopError

OWN = pd.DataFrame({"radiograph": ["a", "b", "c"], "patient": ["P1", "P2", "P3"]})
OWN_CONTENT = [["one"], ["2", "two"], ["three"]]


def others(*rows):
    table = pd.DataFrame(rows, columns=["radiograph", "label", "patient", "content"])
    return table.drop(columns="content"), table["content"].str.split().tolist()


def test_copies_and_patients_are_left_out_with_the_reason(caplog):
    radiographs, content = others(
        ("u", "sick", "Q1", "II two"),  # b, under another name and patient
        ("v", "normal", "Q1", "four"),  # so Q1 is P2
        ("w", "sick", "P3", "five"),  # P3 by name
        ("x", "sick", "Q2", "six"),
    )
    left_out = learned_from(radiographs, content, OWN, OWN_CONTENT, "radiographs.tsv")
    assert left_out.fillna("").to_numpy().tolist() == [
        ["u", "sick", "Q1", "copy", "b"],
        ["v", "normal", "Q1", "known patient", ""],
        ["w", "sick", "P3", "known patient", ""],
    ]
    assert list(left_out) == ["radiograph", "label", "patient", "reason", "same_as"]
    assert left_out.index.tolist() == [0, 1, 2]
    assert (
        "3 of 4 radiographs are left out: 1 are copies of radiographs that the classifier learned "
        "from, and 2 "
        "show patients whom it knows"
    ) in caplog.text


def test_other_radiographs_stay(caplog):
    left_out = learned_from(
        *others(("x", "sick", "Q2", "six")), OWN, OWN_CONTENT, "radiographs.tsv"
    )
    assert left_out.empty
    assert not caplog.text


def test_without_a_new_radiograph_there_is_no_test():
    radiographs = others(("x", "sick", "Q1", "one"), ("y", "normal", "Q2", "three"))
    with pytest.raises(
        NeuroLoopError, match=r"radiographs\.tsv has no radiograph left to test: of 2, 2 are"
    ):
        learned_from(*radiographs, OWN, OWN_CONTENT, "radiographs.tsv")
