"""Folds hold whole groups, and no fold learns from what it predicts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.folds import (
    Split,
    check_training,
    group_folds,
    splits,
    stratified_folds,
)


def test_runs_are_dealt_in_natural_order():
    runs = ["10", "2", "1", "2", "10", "3"]
    assert group_folds(runs, 2).tolist() == [1, 0, 0, 0, 1, 1]


def test_as_many_folds_as_groups_leaves_one_group_out():
    runs = np.repeat([str(run) for run in range(1, 13)], 3)
    made = splits(group_folds(runs, 12))
    expected = list(LeaveOneGroupOut().split(runs, groups=np.repeat(np.arange(12), 3)))
    assert len(made) == len(expected) == 12
    for split, (train, test) in zip(made, expected, strict=True):
        np.testing.assert_array_equal(split.train, train)
        np.testing.assert_array_equal(split.test, test)


@given(st.integers(2, 30), st.data())
def test_group_folds_are_even_whole_and_contiguous(n_groups, data):
    n_folds = data.draw(st.integers(2, n_groups))
    rows = data.draw(st.lists(st.integers(0, n_groups - 1), max_size=60))
    groups = [f"run{row}" for row in [*range(n_groups), *rows]]
    folds = group_folds(groups, n_folds)
    of_group = folds[:n_groups]
    sizes = np.bincount(of_group, minlength=n_folds)
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(of_group) >= 0).all()
    np.testing.assert_array_equal(folds[n_groups:], of_group[rows])


@pytest.mark.parametrize("n_folds", [0, 1, 4])
def test_folds_that_the_groups_do_not_allow_are_refused_in_one_line(n_folds):
    with pytest.raises(NeuroLoopError, match=rf"^{n_folds} folds .* 3 groups: .*$") as caught:
        group_folds(["a", "b", "c", "a"], n_folds)
    assert "\n" not in str(caught.value)


def test_no_rows_are_refused():
    with pytest.raises(NeuroLoopError, match="0 groups"):
        group_folds([], 2)
    with pytest.raises(NeuroLoopError, match="0 rows"):
        stratified_folds([], 2, np.random.default_rng(0))


@given(st.lists(st.integers(2, 12), min_size=1, max_size=5), st.integers(0, 99))
def test_stratified_folds_are_even_in_every_class_and_in_all(class_sizes, seed):
    labels = np.repeat([f"class{i}" for i in range(len(class_sizes))], class_sizes)
    labels = np.random.default_rng(seed).permutation(labels)
    n_folds = min(class_sizes)
    folds = stratified_folds(labels, n_folds, numpy_generator(seed, "folds"))
    for rows in [np.ones(len(labels), dtype=bool), *(labels == name for name in set(labels))]:
        sizes = np.bincount(folds[rows], minlength=n_folds)
        assert sizes.max() - sizes.min() <= 1


def test_stratified_folds_hold_as_many_of_each_class_as_those_of_scikit_learn():
    labels = np.array(["six"] * 35 + ["nine"] * 34)
    folds = stratified_folds(labels, 10, np.random.default_rng(0))
    theirs = [test for _, test in StratifiedKFold(10).split(labels, labels)]
    for name in ("six", "nine"):
        ours = np.bincount(folds[labels == name], minlength=10)
        assert sorted(ours) == sorted((labels[test] == name).sum() for test in theirs)


def test_stratified_folds_follow_the_seed():
    labels = ["a", "b"] * 20
    first, again, other = (
        stratified_folds(labels, 5, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_stratified_folds_name_the_class_that_is_too_small():
    with pytest.raises(NeuroLoopError, match=r"3 folds .* 2 rows of class 'b'"):
        stratified_folds(["a"] * 9 + ["b"] * 2, 3, np.random.default_rng(0))


def test_stratified_folds_keep_units_whole_and_spread_them():
    units = np.repeat(np.arange(24), 3)
    labels = np.where(units % 2, "a", "b")
    folds = stratified_folds(labels, 4, np.random.default_rng(0), units.tolist())
    np.testing.assert_array_equal(folds.reshape(24, 3).min(axis=1), folds[::3])
    np.testing.assert_array_equal(folds.reshape(24, 3).max(axis=1), folds[::3])
    alone = stratified_folds(labels[::3], 4, np.random.default_rng(0))
    np.testing.assert_array_equal(folds[::3], alone)
    with pytest.raises(NeuroLoopError, match=r"13 folds .* 12 blocks or images of class 'a'"):
        stratified_folds(labels, 13, np.random.default_rng(0), units.tolist())


@pytest.mark.parametrize(
    ("labels", "keep", "images", "advice"),
    [
        ("cat cat cat dog", None, None, "no other fold shows that class: use more folds"),
        ("cat dog cat dog", [1, 1, 1, 0], None, "held out: hold out fewer images"),
        ("cat dog cat dog", None, ["", "x", "", "x"], "one image, 'x', so that the class cannot"),
        ("dog dog dog dog cat cat", None, [*"xyxy", "", ""], "fold too: set fold_by: stimulus, .*"),
        (
            "dog dog dog dog cat cat",
            [1, 1, 1, 0, 1, 1],
            [*"xyxz", "", ""],
            "fold too: .*, and hold out fewer images",
        ),
    ],
)
def test_a_class_that_a_fold_lacks_is_explained_by_its_cause(labels, keep, images, advice):
    allowed = None if keep is None else np.array(keep, bool)
    made = splits(np.array([0, 0, 1, 1, 0, 1])[: len(labels.split())], allowed, images)
    with pytest.raises(NeuroLoopError, match=rf"none of 1 of 2 classes \(dog\): .*{advice}"):
        check_training(made, labels.split(), allowed, images)


def test_a_split_by_hand():
    folds = np.array([0, 0, 1, 1, 2, 2])
    keep = np.array([True, False, True, True, True, True])
    stimuli = ["x", "y", "x", "z", "z", ""]
    made = splits(folds, keep, stimuli)
    # Fold 0 predicts x and y, so row 2 (x again) goes; row 1 is never learned from.
    assert [split.test.tolist() for split in made] == [[0, 1], [2, 3], [4, 5]]
    assert [split.train.tolist() for split in made] == [[3, 4, 5], [5], [0, 2]]


def test_unknown_stimuli_match_nothing():
    made = splits(np.array([0, 1]), stimuli=["", ""])
    assert [split.train.tolist() for split in made] == [[1], [0]]


@given(st.data(), st.integers(1, 40))
def test_no_fold_learns_from_held_out_rows_or_from_stimuli_that_it_predicts(data, n):
    folds = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    stimuli = np.array(data.draw(st.lists(st.sampled_from("abcdefgh"), min_size=n, max_size=n)))
    made = splits(folds, keep, stimuli)
    np.testing.assert_array_equal(np.sort(np.concatenate([s.test for s in made])), np.arange(n))
    for split in made:
        assert keep[split.train].all()
        assert not set(stimuli[split.train]) & set(stimuli[split.test])
        assert not set(folds[split.train]) & set(folds[split.test])
        # And nothing else is lost.
        dropped = np.setdiff1d(np.arange(n), np.concatenate([split.train, split.test]))
        assert all(not keep[row] or stimuli[row] in stimuli[split.test] for row in dropped)


def test_rows_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        splits(np.array([0, 1]), keep=np.array([True]))
    with pytest.raises(ValueError, match="differ in shape"):
        splits(np.array([0, 1]), stimuli=["a", "b", "c"])


def test_check_training_names_the_fold_and_the_classes_that_it_lacks():
    labels = ["cat", "dog", "cat", "dog"]
    check_training(splits(np.array([0, 0, 1, 1])), labels)
    with pytest.raises(NeuroLoopError, match=r"^fold 1 has 1 training rows .* 1 of 2 .* \(dog\)"):
        check_training(
            [Split(np.array([0, 1]), np.array([2])), Split(np.array([0]), np.array([3]))], labels
        )
    with pytest.raises(NeuroLoopError, match=r"0 training rows .* \(1, 2, 3, \.\.\.\)"):
        check_training([Split(np.array([], dtype=int), np.arange(4))], ["1", "2", "3", "10"])
