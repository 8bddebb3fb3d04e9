"""Change of coupling on the pairs that both routes have: each lacks others."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuroloop.calcium.routes import compare_coupling
from neuroloop.calcium.session_change import Sides, cell_responses
from neuroloop.calcium.sessions import Change
from neuroloop.jobs.seeds import numpy_generator

#: Routes through coupling, whose pairs are the same if both have them.
ROUTES = ("influence", "maps")

#: Columns of a change that are told of shared pairs, ``_both`` behind them.
COLUMNS = ("entries", "first", "second", "change", "ci_low", "ci_high")


def shared_entries(changes: Mapping[str, Change]) -> np.ndarray:
    """Tell which pairs both routes have: ndarray of bool, shape (cells, cells)."""
    made: np.ndarray = np.logical_and.reduce(
        [np.isfinite(changes[route].matrix) for route in ROUTES]
    )
    return made


def changes_on_shared(
    changes: Mapping[str, Change],
    sides: Sides,
    cells: pd.DataFrame,
    exclusion_radius: float,
    seed: int,
) -> dict[str, Change]:
    """Compare two sessions once more, on the pairs that both routes have.

    Parameters
    ----------
    changes : mapping of str to Change
        From `session_change.changes_by_route`.
    sides, cells, exclusion_radius, seed
        As there.

    Returns
    -------
    dict of str to Change
        For each of `ROUTES`, without p: nothing is tested twice. Empty if no pair is shared.
    """
    both = shared_entries(changes)
    if not both.any():
        return {}
    names = cells["cell"].tolist()
    made = {}
    for route in ROUTES:
        first, second = (cell_responses(route, side, names) for side in sides)
        generator = numpy_generator(seed, "change", route, "shared")
        made[route] = compare_coupling(
            first, second, cells, exclusion_radius, generator, permutations=0, only=both
        )
    return made


def with_shared_changes(table: pd.DataFrame, shared: Mapping[str, Change]) -> pd.DataFrame:
    """Add to the table of changes what each route through coupling says of shared pairs.

    Parameters
    ----------
    table : DataFrame
        From `session_change.change_table`.
    shared : mapping of str to Change
        From `changes_on_shared`.

    Returns
    -------
    DataFrame
        With `COLUMNS` and ``_both`` behind them; NaN of the other routes.
    """
    known = {
        (route, row["panel"]): row
        for route, change in shared.items()
        for row in change.panels.to_dict("records")
    }
    added = [
        {f"{column}_both": known.get((route, panel), {}).get(column, np.nan) for column in COLUMNS}
        for route, panel in zip(table["route"], table["panel"], strict=True)
    ]
    return pd.concat([table, pd.DataFrame(added, index=table.index)], axis=1)
