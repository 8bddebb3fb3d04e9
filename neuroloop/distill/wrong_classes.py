"""The classes that an image is not of, which soft labels rank."""

import numpy as np

from neuroloop.errors import NeuroLoopError


def wrong_columns(labels: np.ndarray, n_classes: int, teacher: str) -> np.ndarray:
    """Columns of each image's wrong classes.

    Parameters
    ----------
    labels : ndarray of int, shape (images,)
        True class of each image.
    n_classes : int
    teacher : str
        Who asks, for the message.

    Returns
    -------
    ndarray of int, shape (images, classes - 1)
        In ascending order.

    Raises
    ------
    NeuroLoopError
        If there is one wrong class, which leaves nothing to deal.
    """
    if n_classes < 3:
        raise NeuroLoopError(
            f"teacher {teacher!r} deals what soft labels say of wrong classes, and of "
            f"{n_classes} classes one is wrong: leave it out of teachers"
        )
    columns = np.arange(n_classes - 1)
    return columns + (columns >= np.asarray(labels)[:, None])


def dealt(logits: np.ndarray, columns: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Logits whose wrong classes have others' values, while the right one keeps its own.

    Parameters
    ----------
    logits : ndarray, shape (images, classes)
    columns : ndarray of int, shape (images, classes - 1)
        Wrong classes, from `wrong_columns`.
    given : ndarray of int, shape (images, classes - 1)
        For each of them the class whose logit it gets.

    Returns
    -------
    ndarray, shape (images, classes)
    """
    made = logits.copy()
    np.put_along_axis(made, columns, np.take_along_axis(logits, given, axis=1), axis=1)
    return made
