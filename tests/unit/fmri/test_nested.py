"""Folds inside a training set."""

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.nested import inner_folds, inner_groups
from neuroloop.statistics.folds import Split


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


def test_groups_of_one_class_are_whole_and_spread_by_class() -> None:
    blocks = np.repeat(np.arange(12), 3)
    labels = blocks % 2
    folds = inner_folds(blocks.astype(str), labels, 3)
    for fold in range(3):
        assert np.bincount(labels[folds == fold]).tolist() == [6, 6]
        assert not set(blocks[folds == fold]) & set(blocks[folds != fold])


def test_a_class_of_one_block_is_refused_but_not_where_a_penalty_is_chosen() -> None:
    blocks, labels = np.repeat([*"abc"], 3), [0] * 6 + [1] * 3
    with pytest.raises(NeuroLoopError, match="learns class '1' from one block"):
        inner_folds(blocks, labels, 5)
    assert len(set(inner_folds(blocks, labels, 5, strict=False))) == 3


RUNS = np.repeat([*"123"], 4)
BLOCKS = np.repeat([*"abcdef"], 2)
Y = np.repeat([0, 1] * 3, 2)


@pytest.mark.parametrize(
    ("train", "test", "same"),
    [
        (range(4, 12), range(4), RUNS),  # two runs are left
        (range(4), range(4, 8), BLOCKS),  # one
        ([0, 1, 4, 5, 2, 3, 6, 7], [8, 9, 10, 11], RUNS),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [10, 11], BLOCKS),  # the outer folds cut through run 3
    ],
)
def test_inner_groups_are_runs_where_the_outer_folds_keep_them_whole(train, test, same) -> None:
    split = Split(np.array(train), np.array(test))
    y = Y if len(train) > 4 else np.zeros(12, int)
    groups = inner_groups(split, y, RUNS, BLOCKS)[split.train]
    pairs = set(zip(groups.tolist(), same[split.train].tolist(), strict=True))
    assert len(pairs) == len(set(groups.tolist())) == len(set(same[split.train].tolist()))


def test_inner_groups_join_blocks_of_one_image() -> None:
    split, runs = Split(np.arange(8), np.arange(8, 12)), np.repeat("1", 12)
    blocks, y = np.arange(12).astype(str), np.arange(12) % 2
    images = np.array([*"abcdabcdefef"])
    groups = inner_groups(split, y, runs, blocks, images)
    assert groups[:4].tolist() == groups[4:8].tolist()
    one = np.array([*"ababababefef"])
    assert len(set(inner_groups(split, y, runs, blocks, one)[:8])) == 2
    # Folds that leave out the images that they test may part them, so that all classes are learned.
    assert len(set(inner_groups(split, y, runs, blocks, one, apart=True)[:8])) == 8


def test_runs_that_share_images_are_one_group_unless_images_are_kept_apart() -> None:
    split, y = Split(np.arange(8), np.arange(8, 10)), np.arange(10) % 2
    runs, blocks = np.repeat([*"12345"], 2), np.arange(10).astype(str)
    images = np.array([*"ababcdefgh"])
    groups = inner_groups(split, y, runs, blocks, images)[:8]
    assert groups.tolist() == [*"0000", *"1122"]
    assert inner_groups(split, y, runs, blocks, images, apart=True).tolist() == runs.tolist()
    # If all runs are joined so, what is left is images.
    chain = np.array([*"abbccddagh"])
    y = np.array([0, 1, 1, 0, 0, 1, 1, 0, 0, 1])
    groups = inner_groups(split, y, runs, blocks, chain)[:8]
    assert groups.tolist() == [*"01122330"]


@pytest.mark.parametrize(("images", "what"), [(None, "block 'c'"), ([*"uvwxyzxx"], "image 'x'")])
def test_what_is_tested_is_not_learned(images, what) -> None:
    blocks = np.array([*"abccddce"]) if images is None else np.arange(8).astype(str)
    split = Split(np.arange(4), np.arange(4, 8))
    given = None if images is None else np.array(images)
    with pytest.raises(NeuroLoopError, match=f"rows of {what} are both learned and tested"):
        inner_groups(split, np.arange(8) % 2, np.repeat("1", 8), blocks, given)
