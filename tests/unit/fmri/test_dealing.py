"""Folds of samples: what stays whole, and what is refused with the key that helps."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.dealing import deal, repeated
from neuroloop.fmri.god import unique_blocks
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.folds import stratified_folds

CATEGORIES = ["cat", "dog", "cow"]


def blocks_of_volumes(runs: int, blocks: int = 8, volumes: int = 4) -> pd.DataFrame:
    """In every run `blocks` blocks a category, of some volumes each, no image named."""
    rows = [
        (f"training-{run}", f"training-{run}-{category}{block}", category, category)
        for run in range(1, runs + 1)
        for block in range(blocks)
        for category in CATEGORIES
        for _ in range(volumes)
    ]
    return pd.DataFrame(rows, columns=["run", "block", "category", "stimulus_id"])


def trials(runs: int, images: int, repeats: int) -> pd.DataFrame:
    """Every image of every category `repeats` times, in turn; a trial is a block."""
    rows = [
        (category, f"{category}-{image}")
        for _ in range(repeats)
        for image in range(images)
        for category in CATEGORIES
    ]
    table = pd.DataFrame(rows, columns=["category", "stimulus_id"])
    run = np.arange(len(table)) * runs // len(table) + 1
    return table.assign(
        run=[f"training-{number}" for number in run], block=[f"b{row}" for row in range(len(rows))]
    )


def dealt(rows: pd.DataFrame, unit: str, folds: int = 4, by: str = "trial") -> np.ndarray:
    return deal(rows, unit, folds, by, numpy_generator(0, "folds"))


def test_trials_that_are_their_own_blocks_are_dealt_as_ever() -> None:
    rows = trials(1, 12, 1)
    expected = stratified_folds(rows["category"], 4, numpy_generator(0, "folds"))
    np.testing.assert_array_equal(dealt(rows, "trial"), expected)


@pytest.mark.parametrize(
    ("runs", "unit", "folds", "remedy"),
    [
        (1, "volume", 4, "set unit: block, which"),
        (3, "volume", 3, "set fold_by: run$"),
        (3, "block", 4, "set fold_by: run with at most 3 folds$"),
    ],
)
def test_trials_of_one_block_are_not_parted(runs, unit, folds, remedy) -> None:
    rows = blocks_of_volumes(runs)
    with pytest.raises(NeuroLoopError, match=f"the 4 samples of block .*: {remedy}") as error:
        dealt(rows, unit, folds)
    assert "\n" not in str(error.value)


def test_the_remedies_help() -> None:
    rows = blocks_of_volumes(3)
    assert dealt(rows, "volume", 3, "run").tolist() == [0] * 96 + [1] * 96 + [2] * 96
    means = blocks_of_volumes(1, volumes=1)
    assert np.bincount(dealt(means, "block")).tolist() == [6] * 4


def test_blocks_of_several_samples_are_dealt_whole_where_nothing_else_helps() -> None:
    rows = blocks_of_volumes(1)
    fold = dealt(rows, "block")
    assert pd.Series(fold).groupby(rows["block"]).nunique().max() == 1
    assert pd.Series(fold).groupby([fold, rows["category"]]).size().tolist() == [8] * 12


@pytest.mark.parametrize("runs", [1, 4])
def test_samples_of_one_image_go_to_one_fold(runs: int) -> None:
    rows = trials(runs, 8, 4)
    fold = dealt(rows, "trial")
    assert pd.Series(fold).groupby(rows["stimulus_id"]).nunique().max() == 1
    assert pd.Series(fold).groupby([fold, rows["category"]]).size().tolist() == [8] * 12


@pytest.mark.parametrize("runs", [1, 4])
def test_images_are_dealt_whole_and_evenly(runs: int) -> None:
    """Images that are shown in every run: each in one fold, as many of each category."""
    rows = trials(runs, 8, 4)
    fold = dealt(rows, "trial", by="stimulus")
    assert pd.Series(fold).groupby(rows["stimulus_id"]).nunique().max() == 1
    assert pd.Series(fold).groupby([fold, rows["category"]]).size().tolist() == [8] * 12
    assert repeated(rows, fold) == 0
    assert repeated(rows, np.arange(len(rows)) % 2) == 0
    assert repeated(rows, np.arange(len(rows)) // 24 % 2) == 24


def test_images_of_blocks_of_volumes_are_not_parted() -> None:
    rows = trials(1, 8, 4)
    with pytest.raises(NeuroLoopError, match="set unit: block, which averages"):
        dealt(rows, "volume", by="stimulus")


def test_images_of_every_run_cannot_be_folded_by_run() -> None:
    with pytest.raises(NeuroLoopError, match="shown in this fold too: set fold_by: stimulus"):
        dealt(trials(4, 8, 4), "trial", 4, "run")


def test_a_category_of_one_run_cannot_be_learned() -> None:
    rows = blocks_of_volumes(3)
    rows = rows[(rows["category"] != "cow") | (rows["run"] == "training-2")]
    with pytest.raises(NeuroLoopError, match=r"fold 1 has .* \(cow\): no other fold shows"):
        dealt(rows, "volume", 3, "run")


def runs_of_one_category(*shown: str) -> pd.DataFrame:
    """A run of eight trials of each category named."""
    rows = [
        (f"training-{run}", f"b{run}-{row}", name, f"{name}-{run}-{row}")
        for run, name in enumerate(shown)
        for row in range(8)
    ]
    return pd.DataFrame(rows, columns=["run", "block", "category", "stimulus_id"])


@pytest.mark.parametrize("by", ["trial", "stimulus"])
def test_folds_do_not_cut_runs_that_tell_the_category(by: str) -> None:
    remedy = "every run shows one category alone, .* by the run, whatever brains do: "
    with pytest.raises(NeuroLoopError, match=f"fold_by: {by}, but {remedy}set fold_by: run$"):
        dealt(runs_of_one_category(*"abab"), "trial", by=by)
    with pytest.raises(NeuroLoopError, match=f"{remedy}runs are needed that show several$"):
        dealt(runs_of_one_category(*"abc"), "trial", by=by)
    dealt(runs_of_one_category(*"abab"), "trial", 2, "run")


def test_stretches_of_one_category_are_too_few_for_many_folds() -> None:
    """Eight stretches of six rows in one run: each a block, not 48 trials."""
    category = np.repeat([*"abcdabcd"], 6)
    stimuli = [f"{name}-{row}" for row, name in enumerate(category)]
    blocks = unique_blocks(["training"] * 48, ["r"] * 48, None, stimuli, category.tolist())
    rows = pd.DataFrame({"run": "r", "block": blocks, "category": category, "stimulus_id": stimuli})
    with pytest.raises(NeuroLoopError, match="4 folds cannot be made of the 2 trials, blocks or"):
        dealt(rows, "trial", 4)
    fold = dealt(rows, "trial", 2)
    assert pd.Series(fold).groupby(rows["block"]).nunique().max() == 1


@pytest.mark.parametrize(
    ("rows", "folds", "by", "message"),
    [
        (blocks_of_volumes(1), 2, "run", "all samples belong to one run, training-1: set fold_by"),
        (blocks_of_volumes(3), 4, "run", "4 folds cannot be made of 3 runs: set at most 3"),
        (
            trials(1, 3, 2),
            4,
            "trial",
            "4 folds .* the 3 trials, blocks or images of category 'cat'",
        ),
        (trials(1, 1, 9), 2, "trial", "every category has one stimulus_id, e.g. 'cat-0' for"),
        (trials(3, 1, 9), 3, "run", "all its samples show one image, 'cat-0', so that the class"),
        (trials(1, 3, 2), 4, "stimulus", "the 3 trials, blocks or images of category 'cat'"),
        (blocks_of_volumes(3), 3, "stimulus", "the image of 288 of 288 samples is not known"),
        (trials(2, 1, 1)[:1], 2, "trial", "category 'cat' is a single image"),
    ],
)
def test_too_little_to_fold_is_one_line_with_its_cause(rows, folds, by, message) -> None:
    with pytest.raises(NeuroLoopError, match=message) as error:
        dealt(rows, "trial", folds, by)
    assert "\n" not in str(error.value)
    assert "hold out fewer" not in str(error.value)
