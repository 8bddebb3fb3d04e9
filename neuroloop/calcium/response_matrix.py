"""Responses that influence is estimated from: trials with their patterns, columns with their cells.

Whoever calls from a notebook has these from elsewhere; rows or columns that do not belong together
would give a matrix all the same.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError


def response_matrix(
    responses: np.ndarray | pd.DataFrame, patterns: Sequence[str], cells: pd.DataFrame
) -> tuple[np.ndarray, list[str]]:
    """Bring responses into the order of the cells.

    Parameters
    ----------
    responses : ndarray, shape (trials, cells) or (seeds, trials, cells), or DataFrame
        With nulls (`design.with_null`) an array is twice as wide. Columns of a DataFrame are ids.
    patterns : sequence of str
        Pattern of each trial.
    cells : DataFrame
        ``cell, row, column``.

    Returns
    -------
    responses : ndarray of float64, shape (seeds, trials, cells or 2 cells)
    patterns : list of str

    Raises
    ------
    NeuroLoopError
        If they are of another kind, or do not belong together.
    """
    names, labels = _ids(cells), _labels(patterns)
    if isinstance(responses, pd.DataFrame):
        if isinstance(patterns, pd.Series) and not patterns.index.equals(responses.index):
            raise NeuroLoopError(
                "responses and patterns have different indices: give both the same, in one order"
            )
        responses = _in_order(responses, names)
    try:
        values = np.asarray(responses)
    except ValueError as error:
        raise NeuroLoopError(
            "rows of responses differ in length: give one value for each trial and cell"
        ) from error
    if values.dtype.kind not in "fiub" or values.ndim not in (2, 3):
        raise NeuroLoopError(
            f"responses are {values.dtype} of shape {values.shape}: give numbers of shape "
            "(trials, cells) or (seeds, trials, cells)"
        )
    trials, columns = values.shape[-2:]
    if trials != len(labels):
        raise NeuroLoopError(
            f"there are responses of {trials} trials and {len(labels)} patterns: give each trial "
            "its pattern"
        )
    if columns not in (len(names), 2 * len(names)):
        raise NeuroLoopError(
            f"responses have {columns} columns, and the table {len(names)} cells: give a column "
            "for each cell"
        )
    if not values.size or not np.isfinite(values).all():
        raise NeuroLoopError(
            "responses are empty, or hold NaN or infinity: leave such trials or cells out"
        )
    values = values.astype(np.float64)
    return (values[None] if values.ndim == 2 else values), labels


def check_numbers(
    generator: np.random.Generator, distance: float, n_boot: int, level: float
) -> None:
    """Check what an estimate is asked for.

    Raises
    ------
    NeuroLoopError
        If an argument of that name is none that can be used.
    """
    if not isinstance(generator, np.random.Generator):
        raise NeuroLoopError(
            f"generator is {type(generator).__name__}: give numpy.random.default_rng(seed)"
        )
    if not distance >= 0:
        raise NeuroLoopError(f"distance is {distance}: give pixels, 0 or more")
    if not isinstance(n_boot, int | np.integer) or n_boot < 1:
        raise NeuroLoopError(f"n_boot is {n_boot}: give a whole number of resamples, 1 or more")
    if not 0 < level < 1:
        raise NeuroLoopError(f"level is {level}: give a part between 0 and 1, as 0.95")


def _ids(cells: pd.DataFrame) -> list[str]:
    if not isinstance(cells, pd.DataFrame) or not {"cell", "row", "column"} <= set(cells):
        raise NeuroLoopError(
            "cells is no DataFrame with the columns cell, row and column: give one"
        )
    names: list[str] = cells["cell"].tolist()
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise NeuroLoopError("ids of cells are not all text, or one stands twice: mend the table")
    return names


def _labels(patterns: Sequence[str]) -> list[str]:
    labels = [] if isinstance(patterns, str) else list(patterns)
    if not labels or not all(isinstance(label, str) for label in labels):
        raise NeuroLoopError(
            "patterns are no sequence of texts: give one for each trial, as 'c1', 'c1+c2' or 'none'"
        )
    return [str(label) for label in labels]


def _in_order(responses: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    given = responses.columns.tolist()
    if sorted(map(str, given)) != sorted(names):
        odd = sorted(set(map(str, given)) ^ set(names)) or ["one twice"]
        raise NeuroLoopError(
            f"columns of responses are not the ids of the cells ({', '.join(odd[:5])}): name each "
            "column by its cell"
        )
    return responses.set_axis(list(map(str, given)), axis=1)[names]
