"""Images of a network on disk."""

from dataclasses import replace

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.model_images import ModelImages, load_images, save_images
from neuroloop.files.formats import load_arrays, read_json, save_arrays
from neuroloop.files.intake import Intake

GIVEN = ModelImages(
    np.arange(24, dtype=np.float32).reshape(3, 2, 2, 2),
    np.array(["a", "b", "c"]),
    np.array([1, 0, 3]),
    np.eye(2, dtype=bool)[None].repeat(3, axis=0),
    np.ones((3, 2, 2), dtype=np.float32),
)
HOTS = np.array([[1, 0], [1, 1], [0, 0]])


def test_round_trip(tmp_path):
    save_images(tmp_path / "images.npz", GIVEN, 4, "single")
    found = load_images(tmp_path / "images.npz", 2, 4, "single")
    for name in ("images", "ids", "truth", "mask", "display"):
        np.testing.assert_array_equal(getattr(found, name), getattr(GIVEN, name))
    assert (found.images.dtype, found.truth.dtype, found.mask.dtype) == (np.float32, int, bool)
    assert read_json(tmp_path / "images.json")["arrays"]["images"]["axes"][1] == "channel"


def test_round_trip_of_several_labels_and_little_else(tmp_path):
    given = replace(GIVEN, truth=HOTS, mask=None, display=None)
    save_images(tmp_path / "images.npz", given, 2, "multi")
    found = load_images(tmp_path / "images.npz", 2, 2, "multi")
    assert found.truth.dtype == bool
    assert found.truth.tolist() == HOTS.astype(bool).tolist()
    assert (found.mask, found.display) == (None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"truth": None}, "the array truth is missing"),
        ({"extra": np.zeros(3)}, "the array extra is unknown"),
        ({"images": np.zeros((3, 2, 2, 2), np.uint8)}, r"images are uint8 \(levels of pixels"),
        ({"images": np.zeros((3, 2, 2, 2), np.int32)}, "images are int32 instead of float32"),
        ({"images": np.full((3, 2, 2, 2), 1e300)}, "not finite, in 3 images, row 0 first"),
        ({"images": np.zeros((3, 5, 5, 2), np.float32)}, r"5 channels.* transpose\(0, 3, 1, 2\)"),
        ({"images": np.zeros((3, 2, 2), dtype=np.float32)}, "instead of float32 \\(n, 2, height"),
        ({"images": np.zeros((0, 2, 2, 2), dtype=np.float32)}, "\\(0, 2, 2, 2\\) instead"),
        ({"images": np.zeros((3, 1, 2, 2), dtype=np.float32)}, "1 channels, but the network takes"),
        ({"images": np.full((3, 2, 2, 2), np.nan, dtype=np.float32)}, "not finite"),
        ({"truth": np.array([1, 0])}, r"truth has shape \(2,\) instead of \(3,\)"),
        ({"truth": HOTS}, "truth has shape"),
        ({"truth": np.array([0.0, 1, 1])}, "truth is float64"),
        ({"truth": np.array([0, 4, 1])}, "truth of image b is 4, not within the 4 classes 0 to 3"),
        ({"truth": np.array([0, -1, 1])}, "image b is -1, not within the 4 classes"),
        ({"truth": np.array([1, 4, 2])}, "counted from 0, not from 1"),
        ({"id": np.array(["a", "b", "a"])}, "same id, a"),
        ({"id": np.array([1.0, 2, 3])}, "id is float64 instead of texts"),
        ({"display": np.full((3, 2, 2), np.inf, np.float32)}, "display has values that are not"),
        ({"mask": np.zeros((3, 2, 1), dtype=bool)}, "mask has shape"),
        ({"display": np.zeros((3, 2), dtype=np.float32)}, "display has shape"),
    ],
)
def test_files_that_do_not_fit(tmp_path, change, said):
    save_images(tmp_path / "good.npz", GIVEN, 4, "single")
    arrays = load_arrays(tmp_path / "good.npz") | change
    arrays = {name: array for name, array in arrays.items() if array is not None}
    axes = {name: [f"axis{i}" for i in range(array.ndim)] for name, array in arrays.items()}
    save_arrays(tmp_path / "bad.npz", arrays, axes=axes)
    with pytest.raises(NeuroLoopError, match=said) as caught:
        load_images(tmp_path / "bad.npz", 2, 4, "single")
    assert str(tmp_path / "bad.npz") in str(caught.value)


def test_other_floats_are_converted_and_told(tmp_path):
    arrays = {"images": GIVEN.images.astype(np.float64), "truth": GIVEN.truth, "id": [7, 8, 9]}
    np.savez(tmp_path / "own.npz", **arrays)
    found = load_images(tmp_path / "own.npz", 2, 4, "single", intake := Intake())
    assert found.images.dtype == np.float32
    np.testing.assert_array_equal(found.images, GIVEN.images)
    assert found.ids.tolist() == ["7", "8", "9"]
    (sentence,) = intake.recognised
    assert "images are float64, computed with as float32" in sentence


def test_a_writer_is_held_to_the_same(tmp_path):
    with pytest.raises(ValueError, match="truth is missing"):
        save_images(tmp_path / "images.npz", replace(GIVEN, truth=None), 4, "single")
    with pytest.raises(ValueError, match="not within the 2 classes"):
        save_images(tmp_path / "images.npz", GIVEN, 2, "single")
    assert not list(tmp_path.iterdir())


def test_what_all_images_are_of_is_kept_and_has_their_size(tmp_path):
    images = np.zeros((2, 1, 3, 4), dtype=np.float32)
    context = np.arange(12, dtype=np.float32).reshape(3, 4)
    given = ModelImages(images, np.array(["a", "b"]), np.array([0, 1]), context=context)
    save_images(tmp_path / "images.npz", given, 2, "single")
    read = load_images(tmp_path / "images.npz", 1, 2, "single")
    np.testing.assert_array_equal(read.context, context)
    wrong = replace(given, context=context.T)
    with pytest.raises(ValueError, match=r"context has shape \(4, 3\) instead of \(3, 4\)"):
        save_images(tmp_path / "wrong.npz", wrong, 2, "single")
