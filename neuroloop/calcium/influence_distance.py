"""Influence by distance: how a cell responds to stimulation of others near it and far from it.

After Chettih & Harvey 2019, Nature 567:334 (their figure 2). Bins are made of the cells' places
alone, so that they are the same for every route and do not depend on what was found.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuroloop.calcium.influence import Influence, too_near
from neuroloop.calcium.pair_means import PairMean
from neuroloop.statistics.units import scope, varied

#: Pairs that a bin should hold at least, and the most bins.
A_BIN, MOST = 8, 8


def pair_distances(cells: pd.DataFrame) -> np.ndarray:
    """Distances of the cells' centres, pixels; shape (cells, cells)."""
    places = cells[["row", "column"]].to_numpy(float)
    made: np.ndarray = np.linalg.norm(places[:, None] - places, axis=2)
    return made


def distance_bins(cells: pd.DataFrame, exclusion_radius: float) -> dict[str, np.ndarray]:
    """Deal the pairs beyond the exclusion radius to bins of about as many each.

    Parameters
    ----------
    cells : DataFrame
        ``cell, row, column``; pixels.
    exclusion_radius : float
        Pixels.

    Returns
    -------
    dict of str to ndarray of bool, shape (cells, cells)
        Pairs of each bin, from the nearest on; none if all are too near.
    """
    distances = pair_distances(cells)
    beyond = ~too_near(cells, exclusion_radius) & ~np.eye(len(cells), dtype=bool)
    if not beyond.any():
        return {}
    count = int(np.clip(beyond.sum() // A_BIN, 1, MOST))
    edges = np.unique(np.quantile(distances[beyond], np.linspace(0, 1, count + 1)))
    number = np.digitize(distances, edges[1:-1])
    bins = [beyond & (number == place) for place in range(max(len(edges) - 1, 1))]
    return {f"bin {place}": one for place, one in enumerate(bins, start=1) if one.any()}


def distance_table(
    routes: Mapping[str, Influence],
    bins: Mapping[str, np.ndarray],
    means: Mapping[str, Mapping[str, PairMean]],
    cells: pd.DataFrame,
    true: np.ndarray | None,
    warning: str = "",
) -> pd.DataFrame:
    """List each route's mean influence in each bin.

    Parameters
    ----------
    routes : mapping of str to Influence
    bins : mapping of str to ndarray
        From `distance_bins`.
    means : mapping of str to mapping of str to PairMean
        For each route that says anything, its means over the bins' pairs that it has.
    cells : DataFrame
        cells.tsv.
    true : ndarray, shape (cells, cells), or None
        The simulator's coupling.
    warning : str
        What `reader_level.at_chance` says, for the notes of ``maps``.

    Returns
    -------
    DataFrame
        ``route, bin``; ``nearest, farthest, distance`` (mean), pixels, of the bin's pairs that the
        route has, or of all of them if it has none; ``pairs``, and ``missing``: those that it
        lacks; ``mean, ci_low, ci_high``; ``truth`` of a simulation, over the same pairs; ``note``,
        ``unit``, ``scope``.
    """
    distances = pair_distances(cells)
    nothing = PairMean(np.nan, np.nan, np.nan)
    rows = []
    for name, route in routes.items():
        of_maps = name == "maps"
        fixed = ["recording", *(["network"] if of_maps else []), "pair of cells", "animal"]
        for label, pairs in bins.items():
            there = pairs & np.isfinite(route.matrix)
            at = distances[there if there.any() else pairs]
            mean = means.get(name, {}).get(label, nothing)
            row: dict[str, object] = {
                "route": name,
                "bin": label,
                "nearest": at.min(),
                "farthest": at.max(),
                "distance": at.mean(),
                "pairs": int(there.sum()),
                "missing": int(pairs.sum() - there.sum()),
                "mean": mean.value,
                "ci_low": mean.low,
                "ci_high": mean.high,
            }
            if true is not None:
                row["truth"] = true[there].mean() if there.any() else np.nan
            said = {"unit": varied(["trial"]), "scope": scope(["trial"], fixed)}
            rows.append(row | {"note": warning if of_maps else ""} | said)
    columns = ["route", "bin", "nearest", "farthest", "distance", "pairs", "missing", "mean"]
    columns += ["ci_low", "ci_high", *(["truth"] if true is not None else [])]
    return pd.DataFrame(rows, columns=[*columns, "note", "unit", "scope"])
