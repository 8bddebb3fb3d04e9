"""Radiographs whose grey levels were scaled to one mean or spread, in one class or source alone."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from neuroloop.report.audit import Check

#: Standard deviation, in grey levels of 255, below which numbers are the same but for rounding; and
#: times as much that others differ.
ROUNDING, TIMES = 0.35, 6

#: Fewest radiographs of a group.
FEWEST = 6


def scaling_check(of: str, statistics: pd.DataFrame, groups: dict[str, Iterable[str]]) -> Check:
    """Look for groups whose radiographs all have one mean, or one standard deviation.

    Radiographs differ in both by many grey levels. All alike in a class, or in one of the folders
    that a set came in, were scaled by whoever made it, who knew the class; where all radiographs of
    a set were scaled alike nothing tells one class from another.

    Parameters
    ----------
    of : str
        Name of the set.
    statistics : DataFrame
        ``mean`` and the like of each radiograph, in grey levels of 255.
    groups : dict of str to iterable of str
        What divides radiographs, as ``class``, and the group of each.
    """
    found = []
    for what, names in groups.items():
        named = np.array(list(names), dtype=str)
        for name in np.unique(named):
            own = named == name
            if own.all() or own.sum() < FEWEST or (~own).sum() < FEWEST:
                continue
            for column in statistics:
                values = statistics[column].to_numpy(dtype=float)
                same, others = values[own].std(), values[~own].std()
                apart = abs(values[own].mean() - values[~own].mean())
                if same <= ROUNDING and max(others, apart) >= TIMES * ROUNDING:
                    found.append(
                        f"the {own.sum()} radiographs of {what} {name or 'none'} have one {column} "
                        f"({values[own].mean():.1f}, deviation {same:.2f}), others "
                        f"{values[~own].mean():.1f} (deviation {others:.1f})"
                    )
    told = "; ".join(found) or (
        f"no {' or '.join(groups)} has radiographs of one "
        f"{' or '.join(map(str, statistics))} where others differ"
    )
    return Check(
        "grey levels scaled by group",
        of,
        bool(found),
        f"In grey levels of 255 {told}.",
        "Go back to radiographs as they were stored: these were scaled group by group, and a "
        "classifier knows the scaling."
        if found
        else "",
    )
