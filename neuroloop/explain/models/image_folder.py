"""Images of a folder in the form of a network's input, read on demand.

A folder may hold more images than fit in memory, and most methods need only a few: opening it reads
only paths and shapes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.image_rows import RowsOnDemand
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.image_file import SUFFIXES
from neuroloop.images.preparation import Preparation


def open_folder(folder: Path, preparation: Preparation, classes: Sequence[str]) -> ModelImages:
    """Open all images below a folder, in natural order.

    Parameters
    ----------
    folder : Path
    preparation : Preparation
        What images go through before the network takes them.
    classes : sequence of str
        If every image lies in a folder named after a class, that is its true class.

    Returns
    -------
    ModelImages
        `display` is the mean over channels, in [0, 1].

    Raises
    ------
    NeuroLoopError
        If there are no images, and later, when an image is read that cannot be used.
    """
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise NeuroLoopError(f"{folder} holds no images: fix images.folder or fill the folder")
    by_id = {path.relative_to(folder).as_posix(): path for path in paths}
    ids = natural_sorted(by_id)
    numbers = {name: number for number, name in enumerate(classes)}
    truth = [numbers.get(by_id[name].parent.name, -1) for name in ids]
    plain, side = preparation.without_normalisation, preparation.side

    def prepared(by: Preparation, row: int) -> np.ndarray:
        return by.apply(by.read(by_id[ids[row]])[None])[0]

    return ModelImages(
        RowsOnDemand(
            (len(ids), preparation.channels, side, side), lambda row: prepared(preparation, row)
        ),
        np.array(ids),
        None if -1 in truth else np.array(truth, dtype=np.int64),
        display=RowsOnDemand((len(ids), side, side), lambda row: prepared(plain, row).mean(axis=0)),
    )
