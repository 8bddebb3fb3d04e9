"""Data cases: which views of which training radiographs a network learns from.

=============  ========  ============================  ====================================
case           balanced  radiographs per class                 views of a radiograph
=============  ========  ============================  ====================================
case1          no        as is                         the radiograph itself
case2          no        x2                            the radiograph and 1 view
case3          no        x3                            the radiograph and 2 views
case4          over      those of the largest class    the radiograph, in plain copies
case5          over      twice the largest class       the radiograph and as many views as needed
undersampled   under     those of the smallest class   the radiograph
affine         over      as case5                      as case5, affine transforms only
=============  ========  ============================  ====================================

Cases 1 to 5 are the study's, the last two its older variants. In case 5 the largest class has views
too: otherwise the traces of augmentation alone would tell the smaller classes from it.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.jobs.seeds import numpy_generator


@dataclass(frozen=True)
class Case:
    """How a case is made.

    Attributes
    ----------
    factor : int
        By which radiographs are multiplied, after balancing.
    balanced : {"no", "over", "under"}
        By over-sampling the smaller classes, or by under-sampling the larger ones.
    views : int or None
        Views of a radiograph that may be used, itself included; None: all that there are.
    kind : {"study", "affine"}
        Kind of its views (see `augment.view`).
    """

    factor: int = 1
    balanced: Literal["no", "over", "under"] = "no"
    views: int | None = 1
    kind: Literal["study", "affine"] = "study"


CASES = MappingProxyType(
    {
        "case1": Case(),
        "case2": Case(factor=2, views=2),
        "case3": Case(factor=3, views=3),
        "case4": Case(balanced="over"),
        "case5": Case(factor=2, balanced="over", views=None),
        "undersampled": Case(balanced="under"),
        "affine": Case(factor=2, balanced="over", views=None, kind="affine"),
    }
)


def views_needed(case: str, max_view: int) -> int:
    """Number of views of each image that must be computed for a case, the image itself included.

    Parameters
    ----------
    case : str
        One of `CASES`.
    max_view : int
        Highest number of a view that may be made; the radiograph itself is view 0.

    Raises
    ------
    NeuroLoopError
        If the case is unknown, or needs more views.
    """
    if case not in CASES:
        raise NeuroLoopError(f"there is no data case {case}: choose from {', '.join(CASES)}")
    made = CASES[case]
    least = made.views or 2
    if max_view + 1 < least:
        raise NeuroLoopError(
            f"{case} needs {least - 1} augmentation view(s) of each radiograph, but {max_view} "
            f"may be "
            "made: allow more, or choose another case"
        )
    return made.views or max_view + 1


def case_rows(
    case: str, labels: np.ndarray, rows: np.ndarray, seed: int, max_view: int
) -> pd.DataFrame:
    """List the radiographs and views to train on, made of a fold's training radiographs alone.

    The radiographs of a class take turns: each gives its plain radiograph before any gives a view,
    each its view 1 before any its view 2, and who takes part in the last, incomplete turn is drawn.
    Where a class is so small that all its views together are too few, the turns begin again with
    the plain radiographs: balance stays exact, and no pair of radiograph and view is used twice
    more than another of its class.

    Parameters
    ----------
    case : str
        One of `CASES`.
    labels : ndarray, shape (n,)
        Class of each radiograph. Only those of `rows` are looked at.
    rows : ndarray of int, shape (n_train,)
        Radiographs that may be trained on, each once.
    seed : int
        Root seed.
    max_view : int
        Highest number of a view that was made, for each radiograph.

    Returns
    -------
    DataFrame
        ``row`` and ``view``, int64, in their order; 0 is the radiograph itself. A pair that is used
        several times stands there several times.

    Raises
    ------
    NeuroLoopError
        As `views_needed`.
    ValueError
        If `rows` are empty, are not rows of `labels`, or name one twice.
    """
    views = views_needed(case, max_view)
    rows = np.unique(rows) if len(np.unique(rows)) == len(rows) else np.empty(0, dtype=np.int64)
    if not len(rows) or rows[0] < 0 or rows[-1] >= len(labels):
        raise ValueError("training rows are rows of the radiographs, at least one, and each once")
    of_row = np.asarray(labels)[rows].astype(str)
    members = {name: rows[of_row == name] for name in natural_sorted(set(of_row.tolist()))}
    sizes = {name: len(radiographs) for name, radiographs in members.items()}
    made = CASES[case]
    if made.balanced != "no":
        common = max(sizes.values()) if made.balanced == "over" else min(sizes.values())
        sizes = dict.fromkeys(sizes, common)
    parts = [
        _turns(radiographs, made.factor * sizes[name], views, numpy_generator(seed, "case", name))
        for name, radiographs in members.items()
    ]
    table = pd.DataFrame(np.concatenate(parts), columns=["row", "view"])
    return table.sort_values(["row", "view"], ignore_index=True)


def _turns(
    radiographs: np.ndarray, count: int, views: int, generator: np.random.Generator
) -> np.ndarray:
    """`count` pairs of image and view, shape (count, 2): whole turns, then a drawn part of one."""
    whole, rest = divmod(count, len(radiographs))
    takers = [radiographs] * whole + [generator.permutation(radiographs)[:rest]]
    turn = np.repeat(np.arange(len(takers)), [len(part) for part in takers])
    return np.stack([np.concatenate(takers), turn % views], axis=1).astype(np.int64)
