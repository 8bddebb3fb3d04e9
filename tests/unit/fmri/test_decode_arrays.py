"""Soft labels from arrays, and what is said of arrays that do not fit."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.decode_arrays import decode_arrays
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.soft_labels import out_of_fold
from neuroloop.statistics.folds import group_folds, splits

RUNS = np.repeat(np.arange(6), 20)
NAMES = np.array(["cat", "dog", "cow"] * 40)


def activity(signal: float = 1.0) -> np.ndarray:
    generator = np.random.default_rng(0)
    shift = generator.standard_normal((3, 50))[np.unique(NAMES, return_inverse=True)[1]]
    return generator.standard_normal((120, 50)) + signal * shift


def test_names_and_numbers_give_the_same() -> None:
    found = decode_arrays(activity(), NAMES, RUNS, alphas=[100.0])
    assert found.classes == ["cat", "cow", "dog"]
    assert found.rows == [str(row) for row in range(120)]
    assert found.soft_labels.shape == (120, 3)
    np.testing.assert_allclose(found.soft_labels.sum(axis=1), 1, rtol=1e-5)
    named = np.array(found.classes)[found.soft_labels.argmax(axis=1)]
    assert (named == NAMES).mean() == pytest.approx(found.accuracy)
    assert found.accuracy > 0.9
    numbers = np.unique(NAMES, return_inverse=True)[1]
    again = decode_arrays(activity(), numbers.tolist(), RUNS.astype(str), alphas=[100.0])
    np.testing.assert_array_equal(again.logits, found.logits)
    assert decode_arrays(activity(0.0), NAMES, RUNS, alphas=[100.0]).accuracy < 0.5


def test_it_is_what_its_parts_give() -> None:
    x, y = activity().astype(np.float32), np.unique(NAMES, return_inverse=True)[1]
    made = splits(group_folds(RUNS, 6))

    def fit(x, y, groups, splits, n_classes):
        return fit_linear("svm", x, y, groups, splits, n_classes, 20)

    expected = out_of_fold(x, y, RUNS, None, made, 3, fit, 3).logits
    found = decode_arrays(x, NAMES, RUNS, decoder="svm", n_voxels=20)
    np.testing.assert_allclose(found.logits, expected, rtol=1e-6)


def test_rows_of_an_image_are_joined_and_never_on_both_sides() -> None:
    """Activity that tells the image alone: decodable where an image teaches its own test."""
    generator = np.random.default_rng(1)
    images = np.tile(np.arange(20), 6)
    x = generator.standard_normal((20, 50))[images]
    labels = generator.permutation(np.arange(20) % 2)[images]
    leaky = decode_arrays(x, labels, RUNS, alphas=[1.0])
    assert leaky.accuracy == 1
    with pytest.raises(NeuroLoopError, match="its images in other folds are shown in this fold"):
        decode_arrays(x, labels, RUNS, stimuli=images, alphas=[1.0])
    found = decode_arrays(x, labels, np.arange(120) % 20 // 4, stimuli=images, alphas=[1.0])
    assert found.rows == [str(image) for image in range(20)]
    assert found.soft_labels.shape == (20, 2)
    assert found.accuracy < 0.9


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"x": np.zeros(120)}, r"activity of shape \(120,\), classes \(120,\)"),
        ({"runs": RUNS[1:]}, r"runs \(119,\) and stimuli \(120,\) do not match"),
        ({"labels": NAMES[1:]}, r"classes \(119,\)"),
        ({"x": np.full((120, 5), np.nan)}, "activity holds NaN or infinite values"),
        ({"x": activity() * 1e300}, r"activity reaches .*e\+300, whose square"),
        ({"x": activity().astype(object)}, "x holds object, not numbers"),
        ({"x": [[1.0], [1.0, 2.0]] * 60}, "x has rows of different lengths"),
        ({"runs": np.zeros(120)}, "runs has one run, '0.0', and folds are whole runs"),
        ({"labels": ["cat"] * 120}, "labels has one class, 'cat', and a decoder needs 2 classes"),
        ({"stimuli": [float("nan")] * 120}, "stimuli of 120 rows are missing"),
        ({"n_voxels": 0}, "n_voxels is 0: select at least one"),
        (
            {"labels": pd.Series(NAMES), "runs": pd.Series(RUNS).iloc[::-1]},
            "runs and labels have different indices, but rows are joined by position",
        ),
        ({"decoder": "lasso"}, "there is no decoder 'lasso'"),
        ({"decoder": "resnet1d18"}, "decoder 'resnet1d18' is not linear"),
        ({"alpha": 1}, "decoder 'ridge', alpha: there is no such setting"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(changes: dict, said: str) -> None:
    given = {"x": activity(), "labels": NAMES, "runs": RUNS} | changes
    with pytest.raises(NeuroLoopError, match=said) as error:
        decode_arrays(**given)
    assert "\n" not in str(error.value)


def test_names_are_no_indices() -> None:
    made = splits(group_folds(RUNS, 6))

    def fit(x, y, groups, splits, n_classes):
        return fit_linear("ridge", x, y, groups, splits, n_classes)

    with pytest.raises(NeuroLoopError, match="classes are <U3, not indices from 0: make them by"):
        out_of_fold(activity(), NAMES, RUNS, None, made, 3, fit, 3)
    with pytest.raises(NeuroLoopError, match="must be indices from 0 to 2"):
        out_of_fold(activity(), np.arange(120) % 4, RUNS, None, made, 3, fit, 3)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("labels", [None, *["a", "b"] * 19, "a"], "labels of 1 rows are missing, the first"),
        ("labels", [*["a", "b"] * 19, "a", ""], "that of row 39"),
        ("runs", [float("nan"), *[1.0] * 19, *[2.0] * 20], "runs of 1 rows are missing"),
        ("labels", [["a"]] * 40, r"labels must have one value per row, not the shape \(40, 1\)"),
    ],
)
def test_missing_labels_and_runs_are_one_sentence(name: str, values: list[Any], said: str) -> None:
    arrays = {"labels": ["a", "b"] * 20, "runs": [1] * 20 + [2] * 20} | {name: values}
    with pytest.raises(NeuroLoopError, match=said):
        decode_arrays(np.ones((40, 3)), **arrays)


def noise_in_blocks() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two runs of twelve blocks of ten rows that share most of their noise, of three classes."""
    generator = np.random.default_rng(1)
    block = np.repeat(np.arange(24), 10)
    x = generator.standard_normal((24, 60))[block] + 0.3 * generator.standard_normal((240, 60))
    labels = np.concatenate([generator.permutation(3) for _ in range(8)])
    return x, labels[block], np.repeat([1, 2], 120), block


@pytest.mark.parametrize("decoder", ["ridge", "svm"])
def test_rows_of_a_block_are_not_parted_by_the_folds_that_calibrate(decoder: str) -> None:
    """Noise is sure of itself where a temperature is chosen on rows of blocks that were learned."""
    x, labels, runs, block = noise_in_blocks()
    loss = {}
    for name, blocks in {"none": None, "blocks": block, "rows": np.arange(240)}.items():
        found = decode_arrays(x, labels, runs, decoder=decoder, blocks=blocks)
        loss[name] = -np.log(found.soft_labels[np.arange(240), labels]).mean()
    assert loss["rows"] > 2
    assert max(loss["none"], loss["blocks"]) < np.log(3) + 0.1


def test_blocks_that_runs_split_are_refused() -> None:
    x, labels, runs, block = noise_in_blocks()
    runs = np.where(np.arange(240) < 115, 1, 2)
    with pytest.raises(NeuroLoopError, match=r"folds 0 and 1 split block '11'.*give its rows one"):
        decode_arrays(x, labels, runs, blocks=block)
