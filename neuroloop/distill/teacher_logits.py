"""What a teacher says of each training image, one array a student."""

import numpy as np

from neuroloop import registry
from neuroloop.distill.image_set import ImageSet, soft_label_ids
from neuroloop.distill.teaching import arguments, join_logits, teach
from neuroloop.files.formats import StrPath, load_array
from neuroloop.jobs.seeds import numpy_generator


def teacher_logits(
    shown: ImageSet,
    logits: StrPath | None,
    teacher: str,
    temperature: float,
    seeds: list[int],
    seed: int,
    beside: StrPath | None = None,
) -> np.ndarray | None:
    """Logits of each seed's teacher for the training images.

    Parameters
    ----------
    shown : ImageSet
    logits : path or None
        Logits of the decoder, CNN or filters that the teacher is made of.
    teacher : str
        A teacher, e.g. ``"brain"``.
    temperature : float
        Temperature of the loss.
    seeds : list of int
        Numbers of the students, each of which draws its teacher's chance alone.
    seed : int
        Root seed.
    beside : path, optional
        Logits of what stands beside it.

    Returns
    -------
    ndarray of float32, shape (seeds, training images, classes), or None for labels alone

    Raises
    ------
    NeuroLoopError
        If an image or a class has no logits, or the teacher cannot be made of them.
    """
    given = both_logits(shown, logits, beside, teacher)
    return logits_of_seeds(shown, given[0], teacher, temperature, seeds, seed, given[1])


def both_logits(
    shown: ImageSet, logits: StrPath | None, beside: StrPath | None, teacher: str
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """What a teacher is made of, and what stands beside it, for each training image.

    Parameters
    ----------
    shown, logits, beside, teacher
        As `teacher_logits` takes them.

    Returns
    -------
    tuple of ndarray of float32, shape (training images, classes), or None where no path is given
    """
    by_image = registry.entry("teacher", teacher).NEEDS != "brain"
    return (
        joined_logits(shown, logits, by_image=by_image) if logits else None,
        joined_logits(shown, beside, by_image=True) if beside else None,
    )


def logits_of_seeds(
    shown: ImageSet,
    joined: np.ndarray | None,
    teacher: str,
    temperature: float,
    seeds: list[int],
    seed: int,
    beside: np.ndarray | None = None,
) -> np.ndarray | None:
    """Logits of each seed's teacher, of logits that are joined; see `teacher_logits`.

    Parameters
    ----------
    shown : ImageSet
    joined : ndarray of float32, shape (training images, classes), or None
        What the teacher is made of, as `join_logits` gives it.
    teacher, temperature, seeds, seed
        As `teacher_logits` takes them.
    beside : ndarray of float32, shape (training images, classes), optional
        What stands beside it.

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
            beside,
        )
        for number in seeds
    ]
    return None if taught[0] is None else np.stack([one for one in taught if one is not None])


def chosen_of_seeds(
    shown: ImageSet,
    joined: np.ndarray | None,
    teacher: str,
    temperature: float,
    seeds: list[int],
    seed: int,
    beside: np.ndarray | None = None,
) -> list[dict[str, float]]:
    """What each seed's teacher chose, by name; nothing where it chooses nothing.

    Parameters
    ----------
    shown, joined, teacher, temperature, seeds, seed, beside
        As `logits_of_seeds` takes them.
    """
    told = getattr(registry.entry("teacher", teacher), "told", None)
    if told is None:
        return []
    given = arguments(teacher, joined, beside)
    return [
        told(
            shown.labels[shown.train],
            len(shown.classes),
            temperature,
            numpy_generator(seed, "teacher", teacher, number),
            *given,
        )
        for number in seeds
    ]


def joined_logits(shown: ImageSet, logits: StrPath, *, by_image: bool = False) -> np.ndarray:
    """Logits of each training image, joined by id.

    Parameters
    ----------
    shown : ImageSet
    logits : path
        Of a decoder, of the CNN, or of filters.
    by_image : bool
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
    if by_image:
        ids = shown.table["image_id"].iloc[shown.train].tolist()
    return join_logits(values, row_ids, classes, list(ids), shown.classes)
