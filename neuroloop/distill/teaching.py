"""Teachers of students: the brain, and controls that separate its benefit from smoothing.

Every teacher (an entry of `teachers`) is an array of logits, one row per image, and enters the same
loss.
"""

import numpy as np

from neuroloop import registry
from neuroloop.errors import NeuroLoopError


def join_logits(
    logits: np.ndarray,
    row_ids: list[str],
    classes: list[str],
    image_ids: list[str],
    student_classes: list[str],
) -> np.ndarray:
    """Assign each image its row of the brain's logits, by id, restricted to the student's classes.

    Dropping the logits of other classes renormalises the soft label over the remaining ones.

    Parameters
    ----------
    logits : ndarray, shape (stimuli, classes)
        A decoder's logits.
    row_ids : list of str
        Stimulus id of each row.
    classes : list of str
        Class of each column.
    image_ids : list of str
        For each image, the id of the row that belongs to it: its stimulus id, or its category.
    student_classes : list of str
        Classes of the student, in its order.

    Returns
    -------
    ndarray of float32, shape (images, student classes)

    Raises
    ------
    NeuroLoopError
        If an image or a class has no soft label.
    """
    row_of = {name: row for row, name in enumerate(row_ids)}
    column_of = {name: column for column, name in enumerate(classes)}
    absent = [name for name in image_ids if name not in row_of]
    if absent:
        raise NeuroLoopError(
            f"no soft label for {len(absent)} of {len(image_ids)} images, the first is "
            f"{absent[0]!r}: the stimulus ids of the images must be those of the brain data"
        )
    unknown = [name for name in student_classes if name not in column_of]
    if unknown:
        raise NeuroLoopError(
            f"the students' class {unknown[0]!r} is not one of the decoder's "
            f"({', '.join(classes[:8])}): rename it, or map it in the key images.classes"
        )
    rows = [row_of[name] for name in image_ids]
    return logits[np.ix_(rows, [column_of[name] for name in student_classes])].astype(np.float32)


def teach(
    teacher: str,
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray | None = None,
    beside: np.ndarray | None = None,
) -> np.ndarray | None:
    """Return a teacher's logits for the training images.

    Parameters
    ----------
    teacher : str
        A teacher, e.g. ``"brain"``.
    labels : ndarray of int, shape (images,)
        True class of each image.
    n_classes : int
    temperature : float
        Temperature of the loss: entropies are matched for the targets as they are used.
    generator : Generator
        Draws what a teacher leaves to chance.
    logits : ndarray, shape (images, classes), optional
        Logits of the images, of what the teacher ``NEEDS``.
    beside : ndarray, shape (images, classes), optional
        The same of what stands ``BESIDE`` it.

    Returns
    -------
    ndarray of float32, shape (images, classes), or None for ``none``

    Raises
    ------
    NeuroLoopError
        If there is no such teacher, it needs logits and gets none, or returns unusable ones.
    """
    entry = registry.entry("teacher", teacher)
    given = arguments(teacher, logits, beside)
    taught = entry.teach(labels, n_classes, temperature, generator, *given)
    if taught is None:
        return None
    expected = (len(labels), n_classes)
    if np.shape(taught) != expected:
        raise NeuroLoopError(
            f"teacher {teacher!r} returned an array of shape {np.shape(taught)}, not {expected} "
            "(images, classes): fix the teacher"
        )
    if not np.isfinite(taught).all():
        raise NeuroLoopError(
            f"teacher {teacher!r} returned logits that are not finite: look for NaN in the logits "
            "that it was given, or fix the teacher"
        )
    return np.asarray(taught, dtype=np.float32)


def arguments(
    teacher: str, logits: np.ndarray | None, beside: np.ndarray | None
) -> list[np.ndarray | None]:
    """Logits that a teacher's functions take: of what it needs, and of what stands beside it.

    Raises
    ------
    NeuroLoopError
        If it lacks one of them.
    """
    entry = registry.entry("teacher", teacher)
    of_second = getattr(entry, "BESIDE", None)
    for source, given in ((entry.NEEDS, logits), (of_second, beside)):
        if source is not None and given is None:
            raise NeuroLoopError(f"teacher {teacher!r} needs logits of the {source}: pass them")
    return [logits] if of_second is None else [logits, beside]
