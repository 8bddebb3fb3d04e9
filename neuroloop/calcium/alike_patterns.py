"""Which pattern's map each pattern's map is most alike, by name."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.calcium.pattern_pairs import panels, sharing
from neuroloop.statistics.units import scope


def alike_patterns(
    matrix: np.ndarray, patterns: Sequence[str], groups: Sequence[str]
) -> pd.DataFrame:
    """List the patterns in the order of the figure, each with those that are most alike.

    Parameters
    ----------
    matrix : ndarray, shape (patterns, patterns)
        ZNCC, mean over seeds; NaN where it is not defined.
    patterns, groups : sequence of str
        Name and group of each.

    Returns
    -------
    DataFrame
        ``pattern``; ``place`` in the figure, from 1; ``group``; ``sharing``: the pattern that is
        most alike of those that share a cell with it, and ``zncc_sharing``; ``apart`` and
        ``zncc_apart``: of those that share none; ``unit``, ``scope``: nothing is tested.
    """
    order = np.concatenate(list(panels(groups).values()))
    shared = sharing(patterns)
    other = ~np.eye(len(patterns), dtype=bool)
    rows = []
    for place, number in enumerate(order.tolist(), start=1):
        row: dict[str, object] = {
            "pattern": patterns[number],
            "place": place,
            "group": groups[number],
        }
        for name, chosen in (("sharing", shared), ("apart", other & ~shared)):
            values = np.where(chosen[number], matrix[number], np.nan)
            known = bool(np.isfinite(values).any())
            best = int(np.nanargmax(values)) if known else 0
            row[name] = patterns[best] if known else ""
            row[f"zncc_{name}"] = float(values[best]) if known else np.nan
        rows.append(row)
    speaks_of = scope([], ["trial", "pattern", "network", "animal"])
    return pd.DataFrame(rows).assign(unit="", scope=speaks_of)
