"""Numeric ids of stimuli from outside: whether the digits that name an image are still there."""

from collections.abc import Sequence

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath

#: From here on float32 rounds six decimals away, and from there on whole numbers.
COARSE, WHOLE = 2**17, 2**24


def check_digits(
    ids: np.ndarray, name: str, categories: Sequence[str] | None, fine: bool, origin: StrPath
) -> None:
    """Refuse numeric ids of stimuli that lost the digits which name the image.

    Parameters
    ----------
    ids : ndarray of float, shape (samples,)
    name : str
        Their column.
    categories : sequence of str, (samples,), or None
        From a column of their own, if there is one.
    fine : bool
        Whether the file keeps 15 digits (float64).
    origin : path

    Raises
    ------
    NeuroLoopError
        If six decimals cannot have survived, or there are none where they must tell images apart.
    """
    largest, whole = np.abs(ids).max(), not (ids % 1).any()
    coarse = np.array_equal(ids.astype(np.float32), ids) and largest >= COARSE
    one_each = categories is not None and len(set(ids)) == len(set(categories)) < len(ids)
    lost = coarse and not whole
    if not fine:
        lost |= largest >= WHOLE or (coarse and one_each)
    if lost or (whole and categories is None):
        why = "float32 keeps seven digits" if coarse else "its decimals are gone"
        raise NeuroLoopError(
            f"{origin}: {name} has {ids[0]:.10g}, an id whose six decimals name the image, but "
            f"{why}: write the file as float64, or name a column with a value map under "
            "bdata.columns.stimulus and one of categories under bdata.columns.label"
        )


def check_agree(
    synsets: Sequence[str], labels: Sequence[str], label: str, stimulus: str, origin: StrPath
) -> None:
    """Refuse a file whose label parts the rows otherwise than the synsets of its stimuli."""
    pairs = set(zip(synsets, labels, strict=True))
    if not len(pairs) == len(set(synsets)) == len(set(labels)):
        raise NeuroLoopError(
            f"{origin}: {label} and the whole part of {stimulus} tell different categories: name "
            "the right one under bdata.columns.label"
        )
