"""Pixels and table of one dataset's images: they belong together, and to their soft labels."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.distill.image_set import load_image_set, soft_label_ids
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_array, save_table

TABLE = pd.DataFrame(
    {
        "image_id": ["i1", "i2", "i3", "i4"],
        "category": ["n10", "n2", "n2", "n10"],
        "split": ["train", "test", "train", "test"],
        "stimulus_id": ["s7", "", "", "s8"],
    }
)


def write(folder, ids=None, table=TABLE):
    pixels = np.arange(4 * 3 * 2 * 2, dtype=np.uint8).reshape(4, 3, 2, 2)
    names = table["image_id"].tolist() if ids is None else ids
    save_array(
        folder / "images.npy",
        pixels,
        axes=("image", "channel", "row", "column"),
        units="1",
        ids={"image": names},
    )
    save_table(folder / "images.tsv", table)
    return folder / "images.npy", folder / "images.tsv", pixels


def test_classes_are_counted_in_natural_order(tmp_path):
    *paths, pixels = write(tmp_path)
    shown = load_image_set(*paths)
    assert shown.classes == ["n2", "n10"]
    assert shown.labels.tolist() == [1, 0, 0, 1]
    assert shown.train.tolist() == [0, 2]
    assert shown.test.tolist() == [1, 3]
    np.testing.assert_array_equal(shown.pixels, pixels)
    pd.testing.assert_frame_equal(shown.table, TABLE.astype(str), check_dtype=False)


def test_other_rows_or_another_order_are_refused(tmp_path):
    for ids in (["i1", "i2", "i4", "i3"], ["i1", "i2", "i3", "i5"]):
        *paths, _ = write(tmp_path, ids)
        with pytest.raises(NeuroLoopError, match="list different images: delete both"):
            load_image_set(*paths)


def test_a_test_image_that_was_learned_is_refused_where_the_set_is_read(tmp_path):
    *paths, pixels = write(tmp_path)
    pixels[3] = pixels[0]
    names = TABLE["image_id"].tolist()
    axes = ("image", "channel", "row", "column")
    save_array(paths[0], pixels, axes=axes, units="1", ids={"image": names})
    with pytest.raises(NeuroLoopError, match="has the pixels of training image"):
        load_image_set(*paths)


def test_a_soft_label_is_that_of_the_stimulus_or_else_of_the_category():
    assert soft_label_ids(TABLE, np.array([0, 1, 2, 3])) == ["s7", "n2", "n2", "s8"]
    assert soft_label_ids(TABLE, np.array([3, 1])) == ["s8", "n2"]
