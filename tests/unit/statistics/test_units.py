"""Units say in words what varies, and are not split by folds."""

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.units import check_whole, scope, varied


def test_what_varies_is_named():
    assert varied(["seed", "image"]) == "seeds x images"


def test_scope_says_what_is_fixed_too():
    assert scope(["run"]) == "other runs"
    assert scope(["seed", "image"], ["brain"]) == (
        "other seeds and other images of these classes; these brains alone"
    )
    assert scope([], ["run", "subject"]) == "these runs and these people alone"


def test_a_unit_in_two_folds_is_refused():
    folds = np.array([0, 0, 1, 1])
    check_whole(folds, ["a", "a", "b", "c"], "block", "deal blocks")
    check_whole(folds, ["", "a", "", "b"], "stimulus", "deal stimuli")
    with pytest.raises(NeuroLoopError, match=r"folds 0 and 1 split block 'a'.*: deal blocks"):
        check_whole(folds, ["b", "a", "a", "c"], "block", "deal blocks")
