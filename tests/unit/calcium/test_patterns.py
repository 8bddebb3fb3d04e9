"""Names of patterns."""

import pytest

from neuroloop.calcium.patterns import check_cell_id, pattern_cells, pattern_name
from neuroloop.errors import NeuroLoopError


def test_a_pattern_is_a_set_with_one_name():
    assert pattern_name(["c10", "c2"]) == "c2+c10"
    assert pattern_name({"c2", "c10"}) == pattern_name(["c2", "c10", "c2"])
    assert pattern_name([]) == "none"


def test_names_are_taken_apart():
    assert pattern_cells("c10+c2") == ("c2", "c10")
    assert pattern_cells("none") == pattern_cells("") == ()
    assert pattern_name(pattern_cells("c2+c10")) == "c2+c10"


@pytest.mark.parametrize("cell", ["", "none", "n/a", "a+b", "a;b", "a b", "a\t"])
def test_ids_that_cannot_be_told_apart_are_refused(cell):
    with pytest.raises(NeuroLoopError, match="cannot be the id of a cell"):
        check_cell_id(cell, "cells.tsv")
    check_cell_id("c1", "cells.tsv")


def test_blanks_around_ids_are_no_part_of_them():
    assert pattern_cells(" c2 + c1 ") == ("c1", "c2")
    assert pattern_cells(" ") == ()
