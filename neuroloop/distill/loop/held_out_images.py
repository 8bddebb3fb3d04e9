"""Images on which a brain is looked for in its students: nobody learned from them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuroloop.distill.images import check_unknown
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows

#: Images that an encoding model needs at least.
FEWEST_IMAGES = 10

#: What a user can do about images that were learned from.
REMEDY = "name another session in teaching.loop.images, or set teaching.loop to null"


def held_out_images(
    shown: Iterable[Iterable[str]], taught: Iterable[str], made: Iterable[str]
) -> list[str]:
    """List the images that all subjects saw, and see to it that nobody learned from them.

    Parameters
    ----------
    shown : iterable of iterables of str
        Stimuli of each subject's session.
    taught : iterable of str
        Stimuli whose images taught students.
    made : iterable of str
        Stimuli of samples that a decoder which teaches learned from.

    Returns
    -------
    list of str
        In ascending order.

    Raises
    ------
    NeuroLoopError
        If one of them taught students or made a teacher, or there are fewer than `FEWEST_IMAGES`.
    """
    of_subjects = [set(names) for names in shown]
    common = sorted(set.intersection(*of_subjects))
    for known, what in ((set(taught), "taught students"), (set(made), "made a teacher")):
        learned = [name for name in common if name in known]
        if learned:
            raise NeuroLoopError(
                f"teaching.loop: {len(learned)} of {len(common)} images on which brains are looked "
                f"for in students {what}, the first is {learned[0]}: {REMEDY}"
            )
    if len(common) < FEWEST_IMAGES:
        raise NeuroLoopError(
            f"teaching.loop: {len(common)} images that all {len(of_subjects)} subjects saw in that "
            f"session tell nothing, {FEWEST_IMAGES} are needed: show more, or set teaching.loop "
            "to null"
        )
    return common


def check_pixels(pixels: np.ndarray, names: Iterable[str], learned: Rows, ids: list[str]) -> None:
    """Refuse images that have the pixels of one that taught students, whatever their names.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (images, channels, size, size)
        As students see them.
    names : iterable of str, length images
    learned : ndarray or StoredRows of uint8, shape (training images, channels, size, size)
    ids : list of str, length training images

    Raises
    ------
    NeuroLoopError
        If one has.
    """
    names = list(names)
    splits = ["test"] * len(names) + ["train"] * len(ids)
    table = pd.DataFrame({"image_id": [*names, *ids], "split": splits})
    check_unknown(np.concatenate([pixels, learned[:]]), table)
