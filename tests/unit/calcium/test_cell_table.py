"""Cells on their frame: each has pixels of its own."""

import pandas as pd
import pytest

from neuroloop.calcium.cell_table import check_cells
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake


def cells(*rows):
    made = pd.DataFrame(rows, columns=["cell", "row", "column", "radius"])
    return made.assign(group="g1")


SOUND = [("c2", 3.5, 4, 2.0), ("c10", 8, 9, 2.0)]


def refused(*rows, shape=(12, 14)):
    with pytest.raises(NeuroLoopError) as error:
        check_cells(cells(*rows), shape, "cells.tsv")
    assert "\n" not in str(error.value)
    return str(error.value)


def test_cells_lie_inside_the_frame():
    intake = Intake()
    check_cells(cells(*SOUND), (12, 14), "cells.tsv", intake)
    assert not intake.warnings
    # A pixel reaches half its width around its centre.
    check_cells(cells(("c2", -0.4, 13.4, 2.0)), (12, 14), "cells.tsv")
    assert "c10 at row 8, column 9 lies outside the frame of 8" in refused(*SOUND, shape=(8, 10))
    assert "c2 at row -1, column 4" in refused(("c2", -1, 4, 2.0))


def test_cells_that_reach_out_are_told_by_how_much():
    intake = Intake()
    check_cells(cells(*SOUND), (9, 10), "cells.tsv", intake)
    # 7 of 13 pixels: rows 9 and 10, and what lies right of column 9.
    assert intake.warnings == [
        "cells.tsv: cells reach out of the frame: c10 by 54 % of their pixels"
    ]


def test_a_cell_without_a_pixel_is_refused():
    said = refused(("c1", 5.5, 5.5, 0.1), ("c2", 3, 3, 2.0))
    assert "cells.tsv: cell c1 covers no pixel: " in said
    assert "cells c1, c3 cover no pixel" in refused(("c1", 5.5, 5.5, 0.1), ("c3", 1.5, 1, 0.4))


@pytest.mark.parametrize("other", [("c7", 3.5, 4, 2.0), ("c7", 4, 4.2, 1.0), ("c7", 4.5, 4, 2.0)])
def test_two_cells_at_one_place_are_refused(other):
    said = refused(*SOUND, other)
    assert "cells c2 and c7 lie at one place" in said
    assert "drop one" in said


def test_cells_that_share_some_pixels_are_told():
    intake = Intake()
    check_cells(cells(*SOUND, ("c7", 3.5, 6, 2.0)), (12, 14), "cells.tsv", intake)
    (said,) = intake.warnings
    assert "1 pairs of cells overlap (c2 and c7 " in said
