"""What a teacher says of each image, by its id."""

import numpy as np
import pytest

from neuroloop.distill.image_set import load_image_set
from neuroloop.distill.teacher_logits import teacher_logits
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_array, read_table, save_array
from tests.unit.distill.taught_images import CLASSES, expected, images, save_images, save_logits

__all__ = ["images"]


def test_images_get_the_soft_label_of_their_stimulus_by_id(images, tmp_path):
    """Turns red where soft labels are taken in the order in which they are stored."""
    shown = load_image_set(*images)
    assert shown.classes == ["cat", "cow", "dog"]
    rows = [f"s{number}" for number in range(18)]
    taught = [
        teacher_logits(shown, save_logits(tmp_path / name, rows, order=order), "brain", 4.0, [0], 1)
        for name, order in [
            ("straight.npy", None),
            ("turned.npy", range(17, -1, -1)),
            ("mixed.npy", np.random.default_rng(3).permutation(18)),
        ]
    ]
    train = shown.table["stimulus_id"].iloc[shown.train]
    for one in taught:
        assert one.shape == (1, 12, 3)
        np.testing.assert_allclose(one[0], expected(train), rtol=1e-6)


def test_images_that_test_need_no_soft_label(images, tmp_path):
    shown = load_image_set(*images)
    train = shown.table["stimulus_id"].iloc[shown.train].tolist()
    path = save_logits(tmp_path / "logits.npy", sorted(train))
    taught = teacher_logits(shown, path, "brain", 4.0, [0], 1)
    np.testing.assert_allclose(taught[0], expected(train), rtol=1e-6)
    few = save_logits(tmp_path / "few.npy", train[:-1])
    with pytest.raises(NeuroLoopError, match="no soft label for 1 of 12 images"):
        teacher_logits(shown, few, "brain", 4.0, [0], 1)


def test_the_network_that_teaches_is_joined_by_image(images, tmp_path):
    shown = load_image_set(*images)
    rows = [f"i{number}" for number in range(12)]
    path = save_logits(tmp_path / "logits.npy", rows, ("image", "class"))
    taught = teacher_logits(shown, path, "cnn", 4.0, [0], 1)
    np.testing.assert_allclose(
        taught[0], expected(shown.table["image_id"].iloc[shown.train]), rtol=1e-6
    )


def test_images_that_were_not_shown_get_the_soft_label_of_their_category(images, tmp_path):
    pixels, _ = load_array(images[0])
    table = read_table(images[1], {})
    save_images(tmp_path, pixels, table.assign(stimulus_id=""))
    shown = load_image_set(*images)
    axes, rows = ("stimulus", "class"), ["dog", "cat", "cow"]
    values = np.arange(9, dtype=np.float32).reshape(3, 3)
    ids = {"stimulus": rows, "class": CLASSES}
    save_array(tmp_path / "logits.npy", values, axes=axes, units="nat", ids=ids)
    taught = teacher_logits(shown, tmp_path / "logits.npy", "brain", 4.0, [0], 1)
    for row, category in zip(taught[0], shown.table["category"].iloc[shown.train], strict=True):
        np.testing.assert_array_equal(row, values[rows.index(category), [0, 2, 1]])


def test_shuffles_differ_from_seed_to_seed_and_what_is_fixed_does_not(images, tmp_path):
    shown = load_image_set(*images)
    path = save_logits(tmp_path / "logits.npy", [f"s{number}" for number in range(18)])
    for teacher in ("brain", "smooth", "classmean"):
        taught = teacher_logits(shown, path, teacher, 4.0, [0, 1], 1)
        np.testing.assert_array_equal(taught[0], taught[1])
    for teacher in ("rowshuffled", "withinclass"):
        taught = teacher_logits(shown, path, teacher, 4.0, [0, 1, 2], 1)
        assert (taught[0] != taught[1]).any()
        alone = teacher_logits(shown, path, teacher, 4.0, [2], 1)
        np.testing.assert_array_equal(taught[2], alone[0])
    random = teacher_logits(shown, None, "random", 4.0, [0, 1], 1)
    assert random.shape == (2, 12, 3)
    assert (random[0] != random[1]).any()
    assert teacher_logits(shown, None, "none", 4.0, [0, 1], 1) is None
