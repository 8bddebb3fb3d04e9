"""What pairs of patterns have in common by their cells alone, and matrices over them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import pattern_cells
from neuroloop.files.natural_order import natural_sorted


def label_overlap(patterns: Sequence[str]) -> np.ndarray:
    """ZNCC of uncoupled, perfectly localised cells, in the limit of small cells.

    Maps are then sums of spikes that do not overlap, so that two patterns of n and m cells, k of
    them in both, have ZNCC k / sqrt(n m). So a sum over the matrix is high, and a network of
    cells need not be: 283.2 for 8 cells and their 28 pairs.

    Parameters
    ----------
    patterns : sequence of str
        Names.

    Returns
    -------
    ndarray of float64, shape (patterns, patterns)
        NaN for ``none``, whose map is constant.
    """
    sets = [set(pattern_cells(name)) for name in patterns]
    common = np.array([[len(one & other) for other in sets] for one in sets], dtype=np.float64)
    sizes = common.diagonal()
    with np.errstate(invalid="ignore"):
        return common / np.sqrt(np.outer(sizes, sizes))


def sharing(patterns: Sequence[str]) -> np.ndarray:
    """Tell which two different patterns share a cell: ndarray of bool, (patterns, patterns)."""
    overlap = label_overlap(patterns)
    return (overlap > 0) & ~np.eye(len(patterns), dtype=bool)


def panels(groups: Sequence[str]) -> dict[str, np.ndarray]:
    """Places of the patterns of each group, groups in natural order."""
    of_pattern = np.asarray(groups, dtype=str)
    return {
        name: np.flatnonzero(of_pattern == name)
        for name in natural_sorted(set(of_pattern.tolist()))
    }


def panel_table(matrix: np.ndarray, patterns: Sequence[str], groups: Sequence[str]) -> pd.DataFrame:
    """Sum up a matrix over pairs of patterns, each group and all of them.

    The sum over a panel, diagonal included, is what the study compares between days. It is the
    same for every order of the patterns: permuting labels is no null for it.

    Parameters
    ----------
    matrix : ndarray, shape (patterns, patterns)
        Symmetric, as ZNCC.
    patterns, groups : sequence of str
        Name and group of each pattern.

    Returns
    -------
    DataFrame
        A row for ``all`` and each group: ``group``, ``patterns``, ``sum``, ``sum_squared``,
        ``label_overlap`` (the sum for uncoupled, perfectly localised cells), then over pairs of
        different patterns, each once, ``mean_disjoint``, ``disjoint``, ``mean_sharing`` and
        ``sharing`` (numbers of pairs). Entries that are NaN are left out of sums, means and
        numbers; ``undefined`` counts them.
    """
    overlap, shared = label_overlap(patterns), sharing(patterns)
    rows = []
    for name, positions in [("all", np.arange(len(patterns))), *panels(groups).items()]:
        inside = np.ix_(positions, positions)
        values, defined = matrix[inside], np.isfinite(matrix[inside])
        once = np.triu(defined, k=1)
        row = {
            "group": name,
            "patterns": len(positions),
            "sum": values[defined].sum(),
            "sum_squared": (values[defined] ** 2).sum(),
            "label_overlap": np.nansum(overlap[inside]),
        }
        for kind, chosen in (("disjoint", ~shared[inside]), ("sharing", shared[inside])):
            pairs = values[once & chosen]
            row |= {f"mean_{kind}": pairs.mean() if len(pairs) else np.nan, kind: len(pairs)}
        rows.append(row | {"undefined": int((~defined).sum())})
    return pd.DataFrame(rows)
