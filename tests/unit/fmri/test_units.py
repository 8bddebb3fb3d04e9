"""What must stay together, and whose labels may change places."""

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.permutation import label_null, permutations
from neuroloop.fmri.units import joined, named_images, permutation_units


def test_rows_are_joined_by_block_and_by_image() -> None:
    blocks = np.array(["a", "a", "b", "c", "c", "d", "e"])
    images = np.array(["1", "2", "2", "3", "4", "4", ""])
    # a-b share image 2, c-d share image 4; e names none.
    assert joined(blocks, images).tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert joined(blocks).tolist() == [0, 0, 1, 2, 2, 3, 4]
    unknown = np.full(7, "")
    assert joined(blocks, unknown).tolist() == joined(blocks).tolist()


def test_a_name_that_repeats_its_category_is_no_image() -> None:
    assert named_images(["cat", "cat7", "dog"], ["cat", "cat", "dog"]).tolist() == ["", "cat7", ""]


def design(images: list[str], runs: str, y: list[int], folds: list[int] | None = None):
    blocks = np.array([f"b{row}" for row in range(len(y))])
    fold = None if folds is None else np.array(folds)
    return permutation_units(np.array(y), blocks, np.array([*runs]), np.array(images), fold)


def test_blocks_are_exchanged_within_runs() -> None:
    found = design([""] * 6, "111222", [0, 1, 1, 0, 0, 1], [0, 0, 0, 1, 1, 1])
    assert found.stratum.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.what == "labels of blocks within each run"


def test_images_shown_once_are_exchanged_as_blocks() -> None:
    found = design([*"abcdef"], "111222", [0, 1, 1, 0, 0, 1])
    assert found.stratum.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.what == "labels of blocks within each run"


def test_images_of_the_same_runs_change_places() -> None:
    found = design([*"abcabcde"], "11122233", [0, 1, 0, 0, 1, 0, 0, 1])
    assert found.label.tolist() == [0, 1, 0, 0, 1]
    assert found.stratum.tolist() == [0, 0, 0, 1, 1]
    assert found.what == "labels of images, with the blocks that show them, within each set of runs"
    moved = permutations(
        np.array([0, 1, 0, 0, 1, 0, 0, 1]),
        np.arange(8).astype(str),
        np.array([*"11122233"]),
        np.random.default_rng(0),
        200,
        np.array([*"abcabcde"]),
    )
    np.testing.assert_array_equal(moved[:, :3], moved[:, 3:6])
    assert len(np.unique(moved, axis=0)) == 3 * 2


def test_images_of_runs_of_their_own_change_places_with_all() -> None:
    found = design([*"abcdbcda"], "11223344", [0, 1, 0, 1, 1, 0, 1, 0])
    assert set(found.stratum.tolist()) == {0}
    assert found.what == "labels of images, with the blocks that show them,"


@pytest.mark.parametrize(
    ("runs", "where", "strata"),
    [("1" * 8, "fold", 2), ("11112222", "run and fold", 4), ("11223344", "fold", 2)],
)
def test_labels_stay_in_their_fold_where_folds_cut_through_runs(runs, where, strata) -> None:
    y = [0, 1, 0, 1, 0, 1, 0, 1]
    fold = [0, 0, 1, 1, 0, 0, 1, 1] if runs != "11223344" else [0, 1, 0, 1, 1, 0, 1, 0]
    found = design([""] * 8, runs, y, fold)
    assert found.what == f"labels of blocks within each {where}"
    assert len(set(found.stratum.tolist())) == strata
    # Every stratum lies in one fold.
    assert len(set(zip(found.stratum.tolist(), fold, strict=True))) == strata


def blocks_of(sizes: str, y: list[int], runs: str):
    rows = np.repeat(np.arange(len(y)), [int(size) for size in sizes])
    return permutation_units(np.array(y)[rows], rows.astype(str), np.array([*runs])[rows])


def test_blocks_of_like_size_are_exchanged() -> None:
    # 2 stays among 2, and 8 among 8 and 9, in each run.
    found = blocks_of("22892898", [0, 1, 0, 1, 0, 0, 1, 1], "11112222")
    assert found.stratum[0] == found.stratum[1] != found.stratum[2] == found.stratum[3]
    assert len(set(found.stratum[:4]) & set(found.stratum[4:])) == 0
    assert found.what == "labels of blocks of like size, within each run"
    assert not found.impossible
    assert blocks_of("4545", [0, 1, 0, 1], "1122").what == "labels of blocks within each run"


def test_sizes_that_have_nothing_to_do_with_the_category_are_overlooked() -> None:
    found = blocks_of("2552", [0, 1, 0, 1], "1122")
    assert found.what == "labels of blocks within each run"
    assert found.stratum.tolist() == [0, 0, 1, 1]
    assert not found.impossible


def test_categories_of_unlike_blocks_have_no_null() -> None:
    found = blocks_of("2828", [0, 1, 0, 1], "1122")
    assert "have 8 samples on average and those of another 2" in found.impossible
    assert "set unit: block" in found.impossible
    found = design([*"aaaaddddbc"], "1" * 10, [0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    assert "images of one category have 4 samples" in found.impossible


def test_categories_that_are_a_single_image_each_have_no_null() -> None:
    found = design([*"abab"], "1122", [0, 1, 0, 1])
    assert "single image or chain" in found.impossible
    args = (np.array([0, 1, 0, 1]), np.array([*"pqrs"]), np.array([*"1122"]))
    with pytest.raises(NeuroLoopError, match="nothing to permute: every category"):
        permutations(*args, np.random.default_rng(0), 5, np.array([*"abab"]))
    none = label_null(args[0], *args, np.random.default_rng(0), 0, np.array([*"abab"]))
    assert none.shape == (0,)


def test_an_image_of_two_categories_is_refused() -> None:
    with pytest.raises(NeuroLoopError, match=r"image 'a'.* more than one category"):
        design([*"aab"], "111", [0, 1, 1])
