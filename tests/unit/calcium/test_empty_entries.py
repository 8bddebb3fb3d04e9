"""What a figure says of the empty entries of coupling matrices."""

import numpy as np
import pytest
from matplotlib.patches import PathPatch

from neuroloop.calcium.empty_entries import kinds_of, told_empty
from neuroloop.calcium.entry_textures import OF_ROUTES, TEXTURES, empty_entries
from neuroloop.calcium.influence import (
    ITSELF,
    NEAR,
    NEVER,
    SILENT,
    TOGETHER,
    TWO_SCALES,
    UNSCALED,
    UNTAUGHT,
)
from neuroloop.calcium.matrix_figure import matrix_figure

NAMES = ["a", "b", "f"]
ALL = (ITSELF, NEAR, SILENT, UNSCALED, TWO_SCALES, NEVER, TOGETHER, UNTAUGHT)


def reasons(*entries: tuple[tuple[int | slice, int | slice], str]) -> np.ndarray:
    made = np.full((3, 3), "", dtype="<U48")
    for place, reason in entries:
        made[place] = reason
    np.fill_diagonal(made, ITSELF)
    return made


def test_only_reasons_that_hold_are_given():
    assert told_empty({"traces": reasons()}, NAMES, 25) == {ITSELF: "the cell itself"}
    near = reasons(((0, 1), NEAR), ((1, 0), NEAR))
    assert told_empty({"traces": near}, NAMES, 25) == {
        ITSELF: "the cell itself",
        NEAR: "nearer than 25 px, the exclusion radius",
    }


def test_rows_and_columns_are_named():
    every = slice(None)
    traces = reasons(((every, 1), SILENT), ((2, every), NEVER))
    maps = reasons(((every, 2), UNTAUGHT), ((2, every), NEVER))
    assert list(told_empty({"traces": traces, "maps": maps}, NAMES, 5).values()) == [
        "the cell itself",
        "traces, column b: own response not clear",
        "row f: never stimulated",
        "maps, column f: never stimulated, so unknown to the networks",
    ]
    two = told_empty({"traces": reasons(((0, 1), SILENT))[:2, :2]}, NAMES[:2], 5)
    assert two[SILENT] == "column b: own response not clear"


def test_routes_that_lack_different_cells_are_told_apart_in_one_line():
    traces, maps = reasons(((0, 1), SILENT)), reasons(((0, 2), SILENT))
    said = told_empty({"traces": traces, "maps": maps}, NAMES, 5)[SILENT]
    assert said == "traces, column b; maps, column f: own response not clear"


def test_a_route_that_failed_stands_with_its_reason():
    said = told_empty({"traces": reasons(), "maps": np.full((3, 3), "nothing learned")}, NAMES, 5)
    assert said == {
        ITSELF: "the cell itself",
        "nothing learned": "maps, all entries: nothing learned",
    }


def test_each_reason_has_a_texture_of_its_own():
    """Hatching alone tells them apart: colours may be lost."""
    assert set(TEXTURES) == set(ALL)
    hatches = [hatch for _, hatch in [*TEXTURES.values(), *OF_ROUTES]]
    assert len(set(hatches)) == len(hatches)


def test_a_figure_shades_each_entry_for_its_reason_and_no_other():
    every = slice(None)
    given = {
        "traces": reasons(((0, 1), NEAR), ((1, 0), NEAR)),
        "maps": reasons(((every, 2), SILENT), ((0, 1), NEAR), ((1, 0), NEAR)),
    }
    matrices = {name: np.where(why == "", 0.5, np.nan) for name, why in given.items()}
    figure = matrix_figure(
        matrices,
        NAMES,
        ["g"] * 3,
        title="Coupling",
        scales=dict.fromkeys(matrices, "ratio"),
        empty=empty_entries(given, NAMES, 10),
    )
    for panel in figure.axes[:2]:
        why = given[panel.get_title()]
        patches = [one for one in panel.patches if isinstance(one, PathPatch)]
        for row, column in np.ndindex(3, 3):
            over = [one for one in patches if one.get_path().contains_point((column, row))]
            kind = why[row, column]
            expected = [TEXTURES[kind][1]] if kind else []
            assert [one.get_hatch() or "" for one in over] == expected
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "the cell itself",
        "nearer than 10 px, the exclusion radius",
        "maps, column f: own response not clear",
    ]


@pytest.mark.parametrize("kind", ALL)
def test_every_reason_has_words(kind):
    given = np.full((3, 3), "", dtype="<U48")
    given[0, 1] = kind
    assert kinds_of({"traces": given}) == [kind]
    (said,) = told_empty({"traces": given}, NAMES, 5).values()
    assert said
