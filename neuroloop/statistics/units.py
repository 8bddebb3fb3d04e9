"""What a number varies: the units of its interval, null and folds, in words beside it.

A claim holds for what was varied: an interval over seeds and images speaks of other seeds and other
images, and of the brains at hand alone. Every table says so in its columns ``unit`` (what varies)
and ``scope`` (of what the row speaks).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from neuroloop.errors import NeuroLoopError


class Unit(NamedTuple):
    """What may vary from one study to the next.

    Attributes
    ----------
    plural : str
        In tables.
    others : str
        What a number that varies it speaks of.
    these : str
        What a number that does not vary it is bound to.
    """

    plural: str
    others: str
    these: str


#: By the names that the code and the tables use.
UNITS = {
    "run": Unit("runs", "other runs", "these runs"),
    "block": Unit("blocks", "other blocks", "these blocks"),
    "sample": Unit("samples", "other samples", "these samples"),
    "stimulus": Unit("stimuli", "other stimuli of these categories", "these stimuli"),
    "recording": Unit("recordings", "other recordings", "these recordings"),
    "trial": Unit("trials", "other trials", "these trials"),
    "pattern": Unit("patterns", "other patterns", "these patterns"),
    "pair of cells": Unit("pairs of cells", "other pairs of cells", "these pairs of cells"),
    "network": Unit("networks", "other initial weights", "these networks"),
    "patient": Unit("patients", "other patients", "these patients"),
    "partition": Unit("partitions", "other partitions into folds", "this partition into folds"),
    "site": Unit("sites", "other sites", "these sites"),
    "subject": Unit("subjects", "other people", "these people"),
    "seed": Unit("seeds", "other seeds", "these seeds"),
    "image": Unit("images", "other images of these classes", "these images"),
    "animal": Unit("animals", "other animals", "this animal"),
    "mask": Unit("masks", "other places of the evidence", "these places of the evidence"),
    "brain": Unit("brains", "other brains", "these brains"),
    "assignment": Unit(
        "assignments",
        "other assignments of soft labels to the images of a class",
        "this assignment of soft labels",
    ),
}


def varied(units: Sequence[str]) -> str:
    """Name the units that vary, as in "seeds x images"."""
    return " x ".join(UNITS[unit].plural for unit in units)


def scope(units: Sequence[str], fixed: Sequence[str] = ()) -> str:
    """Say of what a number speaks, as in "other seeds; these people alone".

    Parameters
    ----------
    units : sequence of str
        What varies, by the names of `UNITS`.
    fixed : sequence of str
        What a reader may think of too, but what does not vary.
    """
    parts = [_listed([UNITS[unit].others for unit in units])]
    if fixed:
        parts.append(f"{_listed([UNITS[unit].these for unit in fixed])} alone")
    return "; ".join(part for part in parts if part)


def check_whole(folds: np.ndarray, of_row: Iterable[object], unit: str, remedy: str) -> None:
    """Check that no fold splits a unit.

    Rows of a unit are alike: who learned some of them knows the others, whatever the data say.

    Parameters
    ----------
    folds : ndarray of int, shape (n,)
        Fold of each row.
    of_row : iterable, length n
        Unit of each row; an empty name says that it is not known, and matches no other row.
    unit : str
        Of `UNITS`.
    remedy : str
        What to do about it.

    Raises
    ------
    NeuroLoopError
        If a unit has rows in two folds.
    """
    fold_of: dict[object, int] = {}
    for fold, one in zip(np.asarray(folds).tolist(), of_row, strict=True):
        if one != "" and fold_of.setdefault(one, fold) != fold:
            raise NeuroLoopError(
                f"folds {fold_of[one]} and {fold} split {unit} {one!r}, whose rows are alike, so "
                f"that what is tested was learned: {remedy}"
            )


def _listed(names: Sequence[str]) -> str:
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last
