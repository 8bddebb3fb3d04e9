"""Routes to coupling on the pairs that all of them have: each lacks others."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from neuroloop.calcium.coupling_routes import LEVEL, pair_q, route_facts
from neuroloop.calcium.influence import Influence
from neuroloop.calcium.pair_means import PairMean

#: Names of the two sets of pairs of which each route's mean is told.
OWN, BOTH = "own", "both"

#: What is told of a route on its own pairs, and again on those that all have.
FACTS = ("pairs", "mean", "above_0", "auc", "pearson", "edges")


def shared_pairs(routes: Mapping[str, Influence]) -> np.ndarray:
    """Tell which pairs every route has that has any.

    Returns
    -------
    ndarray of bool, shape (cells, cells)
        Nothing if fewer than two routes have any.
    """
    there = [np.isfinite(route.matrix) for route in routes.values()]
    some = [one for one in there if one.any()]
    made: np.ndarray = np.logical_and.reduce(some) if len(some) > 1 else np.zeros_like(there[0])
    return made


def with_shared(
    table: pd.DataFrame,
    routes: Mapping[str, Influence],
    means: Mapping[str, Mapping[str, PairMean]],
    cells: pd.DataFrame,
    true: np.ndarray | None,
) -> pd.DataFrame:
    """Add to the table of coupling what each route says of the pairs that all have.

    Parameters
    ----------
    table : DataFrame
        From `coupling_routes.coupling_table`.
    routes : mapping of str to Influence
    means : mapping of str to mapping of str to PairMean
        For each route that says anything, its means over `OWN` pairs and over `BOTH`.
    cells : DataFrame
        cells.tsv.
    true : ndarray, shape (cells, cells), or None
        The simulator's coupling.

    Returns
    -------
    DataFrame
        With ``mean_low, mean_high`` (95 % interval of ``mean`` over trials), and `FACTS`,
        ``found``, ``mean_low, mean_high`` with ``_both`` behind them.
    """
    both = shared_pairs(routes)
    nothing = PairMean(np.nan, np.nan, np.nan)
    added = []
    for name in table["route"]:
        route, of_route = routes[name], means.get(name, {})
        kept = replace(route, matrix=np.where(both, route.matrix, np.nan))
        facts = route_facts(name, kept, cells, true)
        own, shared = of_route.get(OWN, nothing), of_route.get(BOTH, nothing)
        added.append(
            {"mean_low": own.low, "mean_high": own.high}
            | {f"{fact}_both": facts[fact] for fact in FACTS if fact in facts}
            | {"mean_low_both": shared.low, "mean_high_both": shared.high}
            | {"found_both": int((both & (pair_q(route) <= LEVEL) & (route.matrix > 0)).sum())}
        )
    return pd.concat([table, pd.DataFrame(added, index=table.index)], axis=1)
