"""Matrices: every number at its place, read on its colour."""

import numpy as np
import pytest

from neuroloop.report.figures import grid
from neuroloop.report.matrices import ABSENT, draw_matrix


@pytest.fixture
def panel():
    return grid(1, 1, width=3, height=3)[1][0, 0]


def test_every_cell_has_its_colour_and_its_text(panel):
    values = np.array([[0.0, 50.0, np.nan], [100.0, 120.0, -5.0]])
    image = draw_matrix(
        panel,
        values,
        ["a", "b"],
        ["x", "y", "z"],
        ends=(0, 100),
        texts=[["0", "50", ""], ["100", "120", "-5"]],
    )
    colours = image.to_rgba(np.ma.masked_invalid(values), bytes=True)[..., :3]
    np.testing.assert_array_equal(colours[1, 0], colours[1, 1])
    np.testing.assert_array_equal(colours[0, 0], colours[1, 2])
    assert colours[0, 2].tolist() == [int(ABSENT[at : at + 2], 16) for at in (1, 3, 5)]
    at = {text.get_text(): text.get_position() for text in panel.texts}
    assert at == {"0": (0, 0), "50": (1, 0), "": (2, 0), "100": (0, 1), "120": (1, 1), "-5": (2, 1)}
    assert {text.get_text(): text.get_color() for text in panel.texts} == {
        **dict.fromkeys(["0", "50", "", "-5"], "black"),
        **dict.fromkeys(["100", "120"], "white"),
    }
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["x", "y", "z"]


@pytest.mark.parametrize(("name", "angle"), [("S1", 0), ("sub-01", 90)])
def test_long_names_of_columns_stand_on_end(panel, name, angle):
    draw_matrix(panel, np.zeros((1, 1)), ["a"], [name], ends=(0, 1))
    assert panel.get_xticklabels()[0].get_rotation() == angle
    assert not panel.texts


def test_names_too_long_for_their_place_lose_their_middle(panel):
    long = [f"pneumonia of unknown origin, seen in an adult of kind {n} (12)" for n in range(2)]
    draw_matrix(panel, np.zeros((2, 2)), long, ["x" * 32, "y" * 33], ends=(0, 1))
    assert [label.get_text() for label in panel.get_yticklabels()] == [
        "pneumonia of unk… of kind 0 (12)",
        "pneumonia of unk… of kind 1 (12)",
    ]
    shown = [label.get_text() for label in panel.get_xticklabels()]
    assert shown == ["x" * 32, f"{'y' * 16}…{'y' * 15}"]
