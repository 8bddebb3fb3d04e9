"""Images of a folder in the form of a network's input, read on demand.

A folder may hold more images than fit in memory, and most methods need only a few: opening it reads
only paths and shapes.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.image_rows import RowsOnDemand
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.listing import images_below
from neuroloop.images.preparation import Preparation


def open_folder(
    folder: Path,
    preparation: Preparation,
    classes: Sequence[str],
    intake: Intake | None = None,
) -> ModelImages:
    """Open all images below a folder, in natural order, following links.

    Parameters
    ----------
    folder : Path
    preparation : Preparation
        What images go through before the network takes them.
    classes : sequence of str
        If every image lies in a folder named after a class, that is its true class; whether letters
        are capital, or accents are composed, makes no difference unless it tells classes apart.
    intake : Intake, optional
        What was recognised is added to it.

    Returns
    -------
    ModelImages
        `display` is the mean over channels, in [0, 1].

    Raises
    ------
    NeuroLoopError
        If there are no images, and later, when an image is read that cannot be used.
    """
    names = images_below(folder)
    if not names:
        raise NeuroLoopError(f"{folder} holds no images: fix images.folder or fill the folder")
    by_id = {name: folder / name for name in names}
    ids = natural_sorted(by_id)
    truth = true_classes(folder, ids, classes, Intake() if intake is None else intake)
    plain, side = preparation.without_normalisation, preparation.side

    def prepared(by: Preparation, row: int) -> np.ndarray:
        return by.apply(by.read(by_id[ids[row]])[None])[0]

    return ModelImages(
        RowsOnDemand(
            (len(ids), preparation.channels, side, side), lambda row: prepared(preparation, row)
        ),
        np.array(ids),
        truth,
        display=RowsOnDemand((len(ids), side, side), lambda row: prepared(plain, row).mean(axis=0)),
    )


def true_classes(
    folder: Path, ids: Sequence[str], classes: Sequence[str], intake: Intake
) -> np.ndarray | None:
    """Class of each image by the folder that it lies in, or None if some folder is no class.

    Parameters
    ----------
    folder : Path
        For messages.
    ids : sequence of str
        Paths of the images, relative to it.
    classes : sequence of str
    intake : Intake
        What was recognised is added to it.
    """
    alike = {_plain(name): number for number, name in enumerate(classes)}
    if len(alike) < len(classes):  # capitals tell classes apart
        alike = {}
    exact = {name: number for number, name in enumerate(classes)}
    above = [Path(name).parent.name for name in ids]
    found = {name: exact.get(name, alike.get(_plain(name), -1)) for name in dict.fromkeys(above)}
    truth = np.array([found[name] for name in above], dtype=np.int64)
    if (truth < 0).all():
        intake.recognise(
            f"{folder}: no folder is named as a class, so that the true classes of its {len(ids)} "
            "images are unknown."
        )
        return None
    if (truth < 0).any():
        other = above[int(np.flatnonzero(truth < 0)[0])]
        intake.warn(
            f"{folder}: {int((truth < 0).sum())} of {len(ids)} images lie in no folder named as a "
            f"class ({', '.join(classes)}), the first in {other or 'the folder itself'}; so the "
            "true classes of the others are not used either."
        )
        return None
    counts = [f"{int((truth == number).sum())} of {name}" for number, name in enumerate(classes)]
    intake.recognise(f"{folder}: folders are true classes, images {', '.join(counts)}.")
    for name, number in found.items():
        if name != classes[number]:
            intake.recognise(
                f"{folder}: the folder {name} is taken for the class {classes[number]}."
            )
    return truth


def _plain(name: str) -> str:
    """A name without what a file system may change of it."""
    return unicodedata.normalize("NFC", name).casefold().strip()
