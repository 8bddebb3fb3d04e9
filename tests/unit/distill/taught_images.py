"""Images that are taught and tested, and logits that teach them, as files."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.files.formats import save_array, save_table

CLASSES = ["cat", "dog", "cow"]  # in the order of the brain's columns, which is not the students'


@pytest.fixture
def images(tmp_path):
    """Paths of twelve images that teach and six that test, in mixed order."""
    generator = np.random.default_rng(0)
    order = generator.permutation(18)
    table = pd.DataFrame(
        {
            "image_id": [f"i{number}" for number in order],
            "category": [CLASSES[number % 3] for number in order],
            "split": np.where(order < 12, "train", "test"),
            "stimulus_id": [f"s{number}" for number in order],
        }
    )
    pixels = generator.integers(0, 256, size=(18, 1, 8, 8)).astype(np.uint8)
    save_images(tmp_path, pixels, table)
    return tmp_path / "images.npy", tmp_path / "images.tsv"


def save_images(folder, pixels, table):
    axes = ("image", "channel", "row", "column")
    ids = {"image": table["image_id"].tolist()}
    save_array(folder / "images.npy", pixels, axes=axes, units="1", ids=ids)
    save_table(folder / "images.tsv", table)


def save_logits(path, rows, axes=("stimulus", "class"), order=None):
    """Logits that tell their row and column: row 7 and class dog give 7.1."""
    rows = rows if order is None else [rows[place] for place in order]
    values = np.array([[int(row[1:]) + column / 10 for column in range(3)] for row in rows])
    save_array(
        path,
        values.astype(np.float32),
        axes=axes,
        units="nat",
        ids={axes[0]: rows, axes[1]: CLASSES},
    )
    return path


def expected(ids):
    """What `save_logits` says of ids, in the students' order of classes: cat, cow, dog."""
    return np.array([[int(name[1:]) + column for column in (0, 0.2, 0.1)] for name in ids])
