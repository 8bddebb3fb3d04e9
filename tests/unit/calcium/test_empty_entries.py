"""What a figure says of the empty entries of coupling matrices."""

import numpy as np

from neuroloop.calcium.empty_entries import why_empty
from neuroloop.calcium.influence import ITSELF, NEAR, NEVER, SILENT, UNTAUGHT

NAMES = ["a", "b", "f"]


def reasons(*entries: tuple[tuple[int | slice, int | slice], str]) -> np.ndarray:
    made = np.full((3, 3), "", dtype="<U48")
    for place, reason in entries:
        made[place] = reason
    np.fill_diagonal(made, ITSELF)
    return made


def test_only_reasons_that_hold_are_given():
    assert why_empty({"traces": reasons()}, NAMES, 25) == "the cell itself"
    near = reasons(((0, 1), NEAR), ((1, 0), NEAR))
    assert why_empty({"traces": near}, NAMES, 25) == "the cell itself, or one nearer than 25 px"


def test_rows_and_columns_are_named():
    every = slice(None)
    traces = reasons(((every, 1), SILENT), ((2, every), NEVER))
    maps = reasons(((every, 2), UNTAUGHT), ((2, every), NEVER))
    assert why_empty({"traces": traces, "maps": maps}, NAMES, 5).splitlines() == [
        "the cell itself",
        "row f: never stimulated",
        "traces, column b: own response not clear",
        "maps, column f: never stimulated, so unknown to the networks",
    ]
    two = why_empty({"traces": reasons(((0, 1), SILENT))[:2, :2]}, NAMES[:2], 5)
    assert two.splitlines()[1] == "column b: own response not clear"


def test_a_route_that_failed_stands_with_its_reason():
    said = why_empty({"traces": reasons(), "maps": np.full((3, 3), "nothing learned")}, NAMES, 5)
    assert said.splitlines() == ["the cell itself", "maps, all entries: nothing learned"]
