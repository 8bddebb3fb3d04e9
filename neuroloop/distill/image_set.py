"""The students' images as a job reads them: pixels and table, split into training and test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.distill.images import check_unknown
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows
from neuroloop.files.formats import StrPath, open_array, read_table
from neuroloop.files.natural_order import natural_sorted

IMAGE_COLUMNS = {"image_id": str, "category": str, "split": str, "stimulus_id": str}


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one dataset, with their labels and split.

    Attributes
    ----------
    pixels : ndarray or StoredRows of uint8, shape (images, channels, height, width)
        Those of a file stay there until they are asked for.
    table : DataFrame
        images.tsv, one row per image.
    classes : list of str
        Categories in natural order, which `labels` index.
    labels : ndarray of int, shape (images,)
    train, test : ndarray of int
        Rows of training and of test images.
    """

    pixels: Rows
    table: pd.DataFrame
    classes: list[str]
    labels: np.ndarray
    train: np.ndarray
    test: np.ndarray


def load_image_set(images: StrPath, table: StrPath) -> ImageSet:
    """Read images.npy and images.tsv and check that they belong together.

    Raises
    ------
    NeuroLoopError
        If their rows differ, or a test image has the pixels of a training image.
    """
    pixels, facts = open_array(images)
    rows = read_table(table, IMAGE_COLUMNS)
    if facts["ids"]["image"] != rows["image_id"].tolist():
        raise NeuroLoopError(
            f"{images} and {table} list different images: delete both and run again"
        )
    check_unknown(pixels, rows)
    classes = natural_sorted(set(rows["category"]))
    number = {name: index for index, name in enumerate(classes)}
    return ImageSet(
        pixels,
        rows,
        classes,
        rows["category"].map(number).to_numpy(dtype=np.int64),
        np.flatnonzero(rows["split"] == "train"),
        np.flatnonzero(rows["split"] == "test"),
    )


def soft_label_ids(table: pd.DataFrame, rows: np.ndarray) -> Sequence[str]:
    """For each image, the id of its soft label: its stimulus, or its category if it was not shown.

    Parameters
    ----------
    table : DataFrame
        images.tsv.
    rows : ndarray of int
        Rows of the images.
    """
    chosen = table.iloc[rows]
    return list(chosen["stimulus_id"].where(chosen["stimulus_id"] != "", chosen["category"]))
