"""What a decoder must give: finite scores, one for each test row and class."""

import numpy as np

from neuroloop.errors import NeuroLoopError


def checked(scores: object, expected: tuple[int, int], where: str) -> np.ndarray:
    """Return scores that can be compared and calibrated.

    Parameters
    ----------
    scores : object
        What a decoder returned.
    expected : (int, int)
        Test rows and classes.
    where : str
        Which decoder, and of which fold, for messages.

    Returns
    -------
    ndarray, (test rows, classes)
        The same.

    Raises
    ------
    NeuroLoopError
        If they are no array of finite numbers of that shape.
    """
    if not isinstance(scores, np.ndarray):
        raise NeuroLoopError(
            f"{where}: its scores are of type {type(scores).__name__}, not a NumPy array: mend the "
            "decoder"
        )
    if scores.shape != expected:
        raise NeuroLoopError(
            f"{where}: its scores have the shape {scores.shape}, not {expected} (test rows, "
            "classes): mend the decoder"
        )
    if scores.dtype.kind not in "fiu":
        raise NeuroLoopError(f"{where}: its scores are {scores.dtype}, not numbers")
    broken = ~np.isfinite(scores)
    if broken.any():
        kind = "NaN" if np.isnan(scores).any() else "infinite"
        raise NeuroLoopError(
            f"{where}: {int(broken.sum())} of {scores.size} scores are {kind}: the fit failed, or "
            "a class got no score; look for NaN in the data, or mend the decoder"
        )
    return scores
