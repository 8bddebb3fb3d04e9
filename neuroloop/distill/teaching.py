"""What teaches a student: the brain, and the controls that tell its help from smoothing.

Every teacher (an entry of `teachers`) is an array of logits, one row an image, that goes through
the same loss.
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
    """Give each image its row of the brain's logits, by id, on the student's classes.

    Dropping the logits of other classes renormalises the soft label over those that are left.

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
        Classes that the student tells apart, in its order.

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
            f"the students' class {unknown[0]!r} is none of the decoder's "
            f"({', '.join(classes[:8])}): name it so, or map it in the key images.classes"
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
        Temperature of the loss: ``smooth`` matches the entropy of the targets as they are used.
    generator : Generator
        Draws the shuffles and the random teacher.
    logits : ndarray, shape (images, classes), optional
        The brain's, or for ``cnn`` the network's, logits of the images.

    Returns
    -------
    ndarray of float32, shape (images, classes), or None for ``none``

    Raises
    ------
    NeuroLoopError
        If there is no such teacher, it needs logits and has none, or its own cannot be used.
    """
    entry = registry.entry("teacher", teacher)
    if logits is None and entry.NEEDS is not None:
        raise NeuroLoopError(
            f"teacher {teacher!r} is made of logits of the {entry.NEEDS}: give them"
        )
    taught = entry.teach(labels, n_classes, temperature, generator, logits)
    if taught is None:
        return None
    expected = (len(labels), n_classes)
    if np.shape(taught) != expected:
        raise NeuroLoopError(
            f"teacher {teacher!r} gave an array of shape {np.shape(taught)}, not {expected} "
            "(images, classes): fix the teacher"
        )
    if not np.isfinite(taught).all():
        raise NeuroLoopError(
            f"teacher {teacher!r} gave logits that are not finite: look for NaN in the logits that "
            "it is made of, or fix the teacher"
        )
    return np.asarray(taught, dtype=np.float32)
