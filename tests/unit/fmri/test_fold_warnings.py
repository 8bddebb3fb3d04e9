"""What folds cannot tell of the runs that they cut."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.fmri.alike import cut_runs
from neuroloop.fmri.fold_warnings import fold_warnings, share_told_by_run


def folds(categories: str, runs: int, fold: np.ndarray | None = None) -> pd.DataFrame:
    """Trials in runs of equal length, two folds in turn unless others are given."""
    n = len(categories)
    return pd.DataFrame(
        {
            "run": np.repeat([f"training-{run}" for run in range(runs)], n // runs),
            "block": [f"b{row}" for row in range(n)],
            "category": [*categories],
            "fold": np.arange(n) % 2 if fold is None else fold,
        }
    )


def test_folds_that_cut_through_runs_are_told() -> None:
    (told,) = fold_warnings(folds("abba" * 8, 4))
    assert told.startswith("folds cut through 4 of 4 runs: what is tested shares its run with what")


@pytest.mark.parametrize(
    "table", [folds("abba" * 8, 1), folds("abba" * 8, 4, np.repeat([0, 0, 1, 1], 8))]
)
def test_whole_runs_and_a_single_run_are_not_told(table: pd.DataFrame) -> None:
    assert fold_warnings(table) == []


def test_runs_that_tell_the_category_are_told() -> None:
    mostly = "aaaaaaab" * 2 + "bbbbbbba" * 2
    told = fold_warnings(folds(mostly, 4))
    assert len(told) == 2
    assert "tells the category of 88 % of blocks (the largest has 50 %)" in told[1]
    assert share_told_by_run(folds("aabb" * 8, 4)) is None


def test_random_orders_do_not_tell_the_category() -> None:
    found = [
        share_told_by_run(folds("".join(np.random.default_rng(seed).permutation([*"ab" * 24])), 4))
        for seed in range(200)
    ]
    assert sum(one is not None for one in found) <= 2


def test_runs_in_several_folds() -> None:
    table = folds("abab", 2, np.array([0, 1, 1, 1]))
    assert cut_runs(table["run"].to_numpy(str), table["fold"].to_numpy()) == ["training-0"]
