"""Responses belong to trials and cells by what these are called."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.response_matrix import response_matrix
from neuroloop.errors import NeuroLoopError

CELLS = pd.DataFrame({"cell": ["a", "b", "c"], "row": [0.0, 9, 18], "column": [0.0, 9, 18]})
PATTERNS = ["a", "b", "c"] * 4
VALUES = np.arange(36.0).reshape(12, 3)


def estimate(responses=VALUES, patterns=PATTERNS, cells=CELLS, generator=None, **options):
    generator = np.random.default_rng(0) if generator is None else generator
    return estimate_influence(responses, patterns, cells, generator, **{"n_boot": 5} | options)


def test_named_columns_are_matched_by_name_in_any_order():
    named = pd.DataFrame(VALUES, columns=["a", "b", "c"])
    expected = estimate().matrix
    np.testing.assert_array_equal(estimate(named[["c", "b", "a"]]).matrix, expected)
    made, _ = response_matrix(named[["c", "a", "b"]], PATTERNS, CELLS)
    np.testing.assert_array_equal(made, VALUES[None])
    made, _ = response_matrix(named[["c", "a", "b"]], PATTERNS, CELLS[::-1])
    np.testing.assert_array_equal(made, VALUES[None, :, ::-1])
    turned = estimate(named, cells=CELLS[::-1]).matrix
    np.testing.assert_array_equal(turned[::-1, ::-1], expected)
    series = pd.Series(PATTERNS)
    np.testing.assert_array_equal(estimate(named, series).matrix, expected)
    with pytest.raises(NeuroLoopError, match="have different indices"):
        estimate(named, series[::-1])


def test_arrays_of_whole_numbers_and_several_seeds_are_taken():
    made, labels = response_matrix(VALUES.astype(int), np.array(PATTERNS), CELLS)
    assert made.shape == (1, 12, 3)
    assert made.dtype == np.float64
    assert labels == PATTERNS
    assert response_matrix(np.stack([VALUES] * 2), PATTERNS, CELLS)[0].shape == (2, 12, 3)
    assert response_matrix(np.hstack([VALUES] * 2), PATTERNS, CELLS)[0].shape == (1, 12, 6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"patterns": PATTERNS[:-1]}, "responses of 12 trials and 11 patterns"),
        ({"patterns": "abcabcabcabc"}, "patterns are no sequence of texts"),
        ({"patterns": [0, 1, 2] * 4}, "patterns are no sequence of texts"),
        ({"patterns": ["a", "b", "d"] * 4}, "cell d is not in the table"),
        ({"responses": VALUES[:, :2]}, "2 columns, and the table 3 cells"),
        ({"responses": VALUES[0]}, r"float64 of shape \(3,\)"),
        ({"responses": VALUES.astype(str)}, "give numbers of shape"),
        ({"responses": [[1.0, 2], [3]]}, "rows of responses differ in length"),
        ({"responses": np.where(VALUES == 5, np.nan, VALUES)}, "hold NaN or infinity"),
        ({"responses": pd.DataFrame(VALUES, columns=["a", "b", "d"])}, r"\(c, d\): name each"),
        ({"responses": pd.DataFrame(VALUES, columns=["a", "b", "b"])}, r"\(c\): name each"),
        ({"cells": ["a", "b", "c"]}, "cells is no DataFrame"),
        ({"cells": CELLS[["cell", "row"]]}, "cells is no DataFrame with the columns"),
        ({"cells": CELLS.assign(cell=["a", "a", "b"])}, "one stands twice"),
        ({"generator": 3}, "generator is int: give"),
        ({"distance": -1.0}, "distance is -1.0"),
        ({"distance": np.nan}, "distance is nan"),
        ({"n_boot": 0}, "n_boot is 0"),
        ({"n_boot": 2.5}, "n_boot is 2.5"),
        ({"level": 95}, "level is 95"),
        ({"level": 0.0}, "level is 0.0"),
        ({"level": 1.0}, "level is 1.0"),
    ],
)
def test_what_does_not_belong_together_is_refused_in_a_line(given, message):
    with pytest.raises(NeuroLoopError, match=message) as it:
        estimate(**given)
    assert "\n" not in str(it.value)
