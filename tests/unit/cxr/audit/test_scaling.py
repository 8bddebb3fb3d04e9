"""Radiographs that were scaled to one mean, in one class alone."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit.scaling import scaling_check

CLASSES = ["a"] * 8 + ["b"] * 8


def means(a, b):
    return pd.DataFrame({"mean": [*a, *b]})


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (np.full(8, 120.0), np.linspace(90, 150, 8), True),  # one class is scaled
        (np.full(8, 120.0) + np.tile([-0.3, 0.3], 4), np.linspace(90, 150, 8), True),  # rounded
        (np.full(8, 120.0), np.full(8, 110.0), True),  # both, each otherwise
        (np.full(8, 120.0), np.full(8, 120.0), False),  # all alike: tells nothing
        (np.linspace(80, 140, 8), np.linspace(90, 150, 8), False),
        (np.full(8, 120.0) + np.tile([-2.0, 2.0], 4), np.linspace(90, 150, 8), False),
    ],
)
def test_a_class_of_one_mean_is_found_where_others_differ(a, b, found):
    check = scaling_check("mine", means(a, b), {"class": CLASSES})
    assert check.found is found
    assert bool(check.remedy) is found
    if found:
        assert "the 8 radiographs of class a have one mean (120.0" in check.told


def test_few_radiographs_say_nothing():
    check = scaling_check(
        "mine", means([1.0] * 5, range(40, 90)), {"class": ["a"] * 5 + ["b"] * 50}
    )
    assert not check.found
