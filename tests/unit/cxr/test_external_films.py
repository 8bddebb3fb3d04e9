"""Films of another set that the classifier may have learned from are no test of it."""

import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.cxr.external_films import learned_from

OWN = pd.DataFrame({"film": ["a", "b", "c"], "person": ["P1", "P2", "P3"]})
OWN_CONTENT = [["one"], ["2", "two"], ["three"]]


def others(*rows):
    table = pd.DataFrame(rows, columns=["film", "label", "person", "content"])
    return table.drop(columns="content"), table["content"].str.split().tolist()


def test_copies_and_persons_are_left_out_with_the_reason(caplog):
    films, content = others(
        ("u", "sick", "Q1", "II two"),  # b, under another name and person
        ("v", "normal", "Q1", "four"),  # so Q1 is P2
        ("w", "sick", "P3", "five"),  # P3 by name
        ("x", "sick", "Q2", "six"),
    )
    left_out = learned_from(films, content, OWN, OWN_CONTENT, "films.tsv")
    assert left_out.fillna("").to_numpy().tolist() == [
        ["u", "sick", "Q1", "copy", "b"],
        ["v", "normal", "Q1", "known person", ""],
        ["w", "sick", "P3", "known person", ""],
    ]
    assert list(left_out) == ["film", "label", "person", "reason", "same_as"]
    assert left_out.index.tolist() == [0, 1, 2]
    assert (
        "3 of 4 films are left out: 1 are copies of films that the classifier learned from, and 2 "
        "show persons whom it knows"
    ) in caplog.text


def test_other_films_stay(caplog):
    left_out = learned_from(*others(("x", "sick", "Q2", "six")), OWN, OWN_CONTENT, "films.tsv")
    assert left_out.empty
    assert not caplog.text


def test_without_a_new_film_there_is_no_test():
    films = others(("x", "sick", "Q1", "one"), ("y", "normal", "Q2", "three"))
    with pytest.raises(NeuroLoopError, match=r"films\.tsv has no film left to test: of 2, 2 are"):
        learned_from(*films, OWN, OWN_CONTENT, "films.tsv")
