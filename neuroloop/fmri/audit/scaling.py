"""Whether data were scaled over training and test rows together, or with the labels at hand."""

from collections.abc import Sequence

import numpy as np

#: How far means, standard deviations and ranges may be off: rounding of float32 and of tables.
CENTRE, SPREAD = 1e-3, 2e-3

#: Share of the columns that must be scaled alike.
COLUMNS = 0.9

#: Fewest rows of a group whose spread says something.
ROWS = 3

Z_SCORED, RANGED = "mean 0 and standard deviation 1", "range 0 to 1"


def scaled_over(x: np.ndarray, groups: Sequence[str]) -> str:
    """Say how the columns of each group of rows are scaled.

    Parameters
    ----------
    x : ndarray, (rows, columns)
    groups : sequence of str, (rows,)

    Returns
    -------
    str
        `Z_SCORED` or `RANGED` if in every group of at least `ROWS` rows that is true of nearly all
        columns that vary; else empty.
    """
    names = np.asarray(groups, dtype=str)
    said = {Z_SCORED, RANGED}
    known = 0
    for name in dict.fromkeys(names.tolist()):
        rows = x[names == name].astype(np.float64)
        varying = rows[:, np.ptp(rows, axis=0) > 0]
        if len(rows) < ROWS or not varying.shape[1]:
            continue
        known += 1
        said &= _scaled(varying)
        if not said:
            return ""
    return min(said) if known and said else ""


def _scaled(x: np.ndarray) -> set[str]:
    centred = np.abs(x.mean(axis=0)) < CENTRE
    unit = np.any([np.abs(x.std(axis=0, ddof=ddof) - 1) < SPREAD for ddof in (0, 1)], axis=0)
    whole = (np.abs(x.min(axis=0)) < CENTRE) & (np.abs(x.max(axis=0) - 1) < CENTRE)
    found = {Z_SCORED: centred & unit, RANGED: whole}
    return {name for name, columns in found.items() if columns.mean() >= COLUMNS}


def scaled_together(x: np.ndarray, runs: Sequence[str]) -> str:
    """How all rows were scaled together, no run by itself; empty if they were not.

    One run cannot tell: its own scaling is that of all rows.
    """
    how = scaled_over(x, [""] * len(x))
    return how if how and len(set(runs)) > 1 and scaled_over(x, runs) != how else ""


def scaled_by_class(x: np.ndarray, runs: Sequence[str], classes: Sequence[str]) -> str:
    """How the rows of each class were scaled, in all runs or in each; empty if they were not."""
    if len(set(classes)) < 2:
        return ""
    both = [f"{run}\x1f{name}" for run, name in zip(runs, classes, strict=True)]
    return scaled_over(x, classes) or scaled_over(x, both)
