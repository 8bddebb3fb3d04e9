"""Which samples are alike, so that an interval of their accuracy varies what they share."""

from typing import NamedTuple

import numpy as np


class Alike(NamedTuple):
    """What `cluster_interval` takes, and how results name it.

    Attributes
    ----------
    clusters : ndarray of str, shape (samples,)
    crossed : ndarray of str, shape (samples,), or None
        Of another kind, which crosses the first.
    over : str
        In words.
    units : list of str
        Names of `statistics.units.UNITS`.
    """

    clusters: np.ndarray
    crossed: np.ndarray | None
    over: str
    units: list[str]


def alike(unit: np.ndarray, runs: np.ndarray, blocks: np.ndarray) -> Alike:
    """Tell what samples share.

    Over runs; where images recur in other runs, over runs and images; where one run is known, over
    units (blocks, or images that several blocks show), which are the samples if each is a unit.

    Parameters
    ----------
    unit : ndarray of int, shape (samples,)
        Of `units.permutation_units`.
    runs, blocks : ndarray of str, shape (samples,)
    """
    units = unit.astype(str)
    if len(set(runs.tolist())) == 1:
        if len(set(units.tolist())) == len(units):
            return Alike(runs, None, "samples", ["sample"])
        kind = "block" if len(set(units.tolist())) == len(set(blocks.tolist())) else "stimulus"
        return Alike(units, None, "blocks or images", [kind])
    if len(set(zip(units.tolist(), runs.tolist(), strict=True))) == len(set(units.tolist())):
        return Alike(runs, None, "runs", ["run"])
    return Alike(runs, units, "runs and images", ["run", "stimulus"])
