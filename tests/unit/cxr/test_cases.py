"""Data cases: counts by hand, training radiographs alone, exact balance."""

import re

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.cases import CASES, case_rows, views_needed
from neuroloop.errors import NeuroLoopError

#: Radiographs 0-5 bacteria, 6-9 normal, 10-12 virus; those of other folds after them.
LABELS = np.array(["bacteria"] * 6 + ["normal"] * 4 + ["virus"] * 3 + ["virus"] * 20)
TRAIN = np.arange(13)


def counts(table):
    """Pairs of each class, and of each view."""
    of_class = pd.Series(LABELS[table["row"]]).value_counts()
    return of_class[["bacteria", "normal", "virus"]].tolist(), table["view"].value_counts(
        sort=False
    ).sort_index().to_dict()


@pytest.mark.parametrize(
    ("case", "of_class", "of_view"),
    [
        ("case1", [6, 4, 3], {0: 13}),
        ("case2", [12, 8, 6], {0: 13, 1: 13}),
        ("case3", [18, 12, 9], {0: 13, 1: 13, 2: 13}),
        ("case4", [6, 6, 6], {0: 18}),
        # 12 each: 6 radiographs of 2, 4 radiographs of 3, 3 radiographs of 4.
        ("case5", [12, 12, 12], {0: 13, 1: 13, 2: 7, 3: 3}),
        ("affine", [12, 12, 12], {0: 13, 1: 13, 2: 7, 3: 3}),
        ("undersampled", [3, 3, 3], {0: 9}),
    ],
)
def test_counts_by_hand(case, of_class, of_view):
    table = case_rows(case, LABELS, TRAIN, seed=0, max_view=5)
    assert counts(table) == (of_class, of_view)
    assert table.dtypes.astype(str).tolist() == ["int64", "int64"]
    assert list(table) == ["row", "view"]


def test_balancing_by_copies_uses_every_radiograph_equally():
    copies = case_rows("case4", LABELS, TRAIN, seed=0, max_view=0)["row"].value_counts()
    assert copies[copies.index < 6].tolist() == [1] * 6
    assert sorted(copies[(copies.index >= 6) & (copies.index < 10)]) == [1, 1, 2, 2]
    assert copies[copies.index >= 10].tolist() == [2] * 3


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(5))
def test_only_training_radiographs_are_used_and_only_they_matter(case, seed):
    generator = np.random.default_rng(seed)
    labels = generator.choice(["a", "b", "c"], 60)
    rows = generator.permutation(60)[:40]
    table = case_rows(case, labels, rows, seed, max_view=4)
    assert set(table["row"]) <= set(rows.tolist())
    if case != "undersampled":
        assert set(table.loc[table["view"] == 0, "row"]) == set(rows.tolist())
    other = labels.copy()
    other[np.setdiff1d(np.arange(60), rows)] = "d"
    pd.testing.assert_frame_equal(case_rows(case, other, rows, seed, max_view=4), table)
    pd.testing.assert_frame_equal(case_rows(case, labels, np.sort(rows), seed, max_view=4), table)


@pytest.mark.parametrize("case", ["case4", "case5", "undersampled", "affine"])
def test_balance_is_exact(case):
    labels = np.repeat([2, 0, 1], [31, 17, 9])
    table = case_rows(case, labels, np.arange(57), seed=1, max_view=3)
    assert len(set(pd.Series(labels[table["row"]]).value_counts())) == 1


def test_case5_repeats_no_pair_while_views_suffice():
    table = case_rows("case5", LABELS, TRAIN, seed=0, max_view=3)
    assert not table.duplicated().any()
    of_radiograph = table["row"].value_counts()
    assert of_radiograph[of_radiograph.index >= 10].tolist() == [4] * 3


def test_a_class_without_enough_views_begins_again_with_the_plain_radiographs():
    """12 of 3 images with 1 view each: 6 pairs, each twice. Of 4 images: 8 pairs and 4 plain."""
    table = case_rows("case5", LABELS, TRAIN, seed=0, max_view=1)
    assert counts(table)[0] == [12, 12, 12]
    repeats = table.value_counts(["row", "view"])
    for radiograph in (10, 11, 12):
        assert repeats[radiograph].to_dict() == {0: 2, 1: 2}
    for radiograph in (6, 7, 8, 9):
        assert repeats[radiograph].to_dict() == {0: 2, 1: 1}


def test_the_seed_draws_who_is_repeated():
    drawn = {
        tuple(case_rows("case4", LABELS, TRAIN, seed, max_view=0)["row"]) for seed in range(12)
    }
    assert 3 < len(drawn) <= 6  # 2 of 4 normal radiographs


@pytest.mark.parametrize(
    ("case", "expected"),
    [("case1", 1), ("case2", 2), ("case3", 3), ("case4", 1), ("case5", 6), ("undersampled", 1)],
)
def test_views_needed(case, expected):
    assert views_needed(case, 5) == expected
    assert case_rows(case, LABELS, TRAIN, 0, max_view=5)["view"].max() < expected


@pytest.mark.parametrize(("case", "fewest"), [("case2", 1), ("case3", 2), ("case5", 1)])
def test_too_few_views_are_one_line(case, fewest):
    assert views_needed(case, fewest) == fewest + 1
    with pytest.raises(NeuroLoopError, match=f"{case} needs {fewest} augmentation view"):
        case_rows(case, LABELS, TRAIN, 0, max_view=fewest - 1)


def test_an_unknown_case_is_one_line():
    with pytest.raises(NeuroLoopError, match=r"no data case case6: choose from case1, case2"):
        case_rows("case6", LABELS, TRAIN, 0, max_view=5)


@pytest.mark.parametrize("rows", [[], [0, 0, 1], [-1, 2], [0, len(LABELS)]])
def test_rows_that_are_none_are_refused(rows):
    with pytest.raises(ValueError, match="training rows"):
        case_rows("case1", LABELS, np.array(rows, dtype=int), 0, max_view=0)


def test_cases_are_wildcards():
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) for name in CASES)
