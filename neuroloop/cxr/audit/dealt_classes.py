"""Classes dealt anew to patients: whatever a classifier then finds is false.

The classes of a patient's radiographs go as a whole to another patient, so that radiographs of one
patient stay as alike in class as they are. Donors are drawn from all patients: were they only of
those with as many radiographs, a class whose patients have more would stay theirs.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError

#: Deals until every class has patients enough.
DEALS = 100


def deal_classes(
    labels: Iterable[str], patients: Iterable[str], parts: int, generator: np.random.Generator
) -> np.ndarray:
    """Give every patient the classes of another.

    Parameters
    ----------
    labels, patients : iterable of str
        Of each radiograph.
    parts : int
        Parts that every class is to have a patient in, as folds.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray of str, shape (radiographs,)
        A patient with fewer radiographs than the donor gets some of its classes, one with more gets
        them again from the first. Where all patients have equally many, each class keeps its
        number of radiographs.

    Raises
    ------
    NeuroLoopError
        If some class has too few patients in all of `DEALS` deals.
    """
    names = np.array(list(labels), dtype=str)
    owners = np.array(list(patients), dtype=str)
    rows = [np.flatnonzero(owners == one) for one in dict.fromkeys(owners.tolist())]
    classes = np.unique(names)
    for _ in range(DEALS):
        dealt = np.empty_like(names)
        for own, donor in zip(rows, generator.permutation(len(rows)), strict=True):
            dealt[own] = np.resize(generator.permutation(names[rows[donor]]), len(own))
        held = pd.Series(owners).groupby(dealt).nunique().reindex(classes, fill_value=0)
        if held.min() >= parts:
            return dealt
    raise NeuroLoopError(
        f"class {held.idxmin()!r} has too few patients to be dealt to others in {parts} parts: ask "
        "for fewer folds, or add radiographs"
    )
