"""Folds inside a training set."""

import numpy as np
import pytest

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.fmri.nested import inner_folds


def test_groups_stay_whole_and_cut_the_number_of_folds() -> None:
    groups = np.repeat(["1", "2", "10"], 4)
    folds = inner_folds(groups, [0, 1] * 6, 5)
    assert folds.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_one_group_is_stratified() -> None:
    labels = [0] * 10 + [1] * 20
    folds = inner_folds(np.repeat(["1"], 30), labels, 5)
    for fold in range(5):
        assert np.bincount(np.array(labels)[folds == fold]).tolist() == [2, 4]
    np.testing.assert_array_equal(folds, inner_folds(np.repeat(["1"], 30), labels, 5))


def test_one_group_with_few_rows_of_a_class() -> None:
    assert set(inner_folds(np.repeat(["1"], 8), [0] * 6 + [1] * 2, 5)) == {0, 1}
    with pytest.raises(NeuroLoopError, match="class '1'"):
        inner_folds(np.repeat(["1"], 7), [0] * 6 + [1], 5)
