"""What a teacher says of each training image, one array a student."""

import numpy as np

from neuroloop import registry
from neuroloop.distill.image_set import ImageSet, soft_label_ids
from neuroloop.distill.teaching import join_logits, teach
from neuroloop.files.formats import StrPath, load_array
from neuroloop.jobs.seeds import numpy_generator


def teacher_logits(
    shown: ImageSet,
    logits: StrPath | None,
    teacher: str,
    temperature: float,
    seeds: list[int],
    seed: int,
) -> np.ndarray | None:
    """Logits of each seed's teacher for the training images.

    Parameters
    ----------
    shown : ImageSet
    logits : path or None
        Logits of the decoder or of the CNN that the teacher is made of.
    teacher : str
        A teacher, e.g. ``"brain"``.
    temperature : float
        Temperature of the loss.
    seeds : list of int
        Numbers of the students, each of which draws its teacher's chance alone.
    seed : int
        Root seed.

    Returns
    -------
    ndarray of float32, shape (seeds, training images, classes), or None for labels alone

    Raises
    ------
    NeuroLoopError
        If an image or a class has no logits, or the teacher cannot be made of them.
    """
    joined = None
    if logits:
        of_cnn = registry.entry("teacher", teacher).NEEDS == "cnn"
        joined = joined_logits(shown, logits, of_cnn=of_cnn)
    return logits_of_seeds(shown, joined, teacher, temperature, seeds, seed)


def logits_of_seeds(
    shown: ImageSet,
    joined: np.ndarray | None,
    teacher: str,
    temperature: float,
    seeds: list[int],
    seed: int,
) -> np.ndarray | None:
    """Logits of each seed's teacher, of logits that are joined; see `teacher_logits`.

    Parameters
    ----------
    shown : ImageSet
    joined : ndarray of float32, shape (training images, classes), or None
        What the teacher is made of, as `join_logits` gives it.
    teacher, temperature, seeds, seed
        As `teacher_logits` takes them.

    Returns
    -------
    ndarray of float32, shape (seeds, training images, classes), or None for labels alone
    """
    labels = shown.labels[shown.train]
    taught = [
        teach(
            teacher,
            labels,
            len(shown.classes),
            temperature,
            numpy_generator(seed, "teacher", teacher, number),
            joined,
        )
        for number in seeds
    ]
    return None if taught[0] is None else np.stack([one for one in taught if one is not None])


def joined_logits(shown: ImageSet, logits: StrPath, *, of_cnn: bool = False) -> np.ndarray:
    """Logits of each training image, joined by id.

    Parameters
    ----------
    shown : ImageSet
    logits : path
        Of a decoder, or of the CNN.
    of_cnn : bool
        Whether rows are images themselves, in place of what subjects saw.

    Returns
    -------
    ndarray of float32, shape (training images, classes)

    Raises
    ------
    NeuroLoopError
        If an image or a class has no logits.
    """
    values, facts = load_array(logits)
    row_ids, classes = (facts["ids"][axis] for axis in facts["axes"])
    ids = soft_label_ids(shown.table, shown.train)
    if of_cnn:
        ids = shown.table["image_id"].iloc[shown.train].tolist()
    return join_logits(values, row_ids, classes, list(ids), shown.classes)
