"""How each cell responds in trials that stimulate it, and which cells are shown."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.statistics.units import scope, varied

#: The rule by which cells are chosen, in the order of the figure.
CHOICES = ("strongest", "median", "weakest")


def response_table(
    responses: np.ndarray, stimulated: np.ndarray, names: Sequence[str]
) -> pd.DataFrame:
    """List the response of each cell in trials that stimulate it, alone or with others.

    Parameters
    ----------
    responses : ndarray of float, shape (trials, cells)
        Peak dF/F.
    stimulated : ndarray of bool, shape (trials, cells)
    names : sequence of str
        Cells.

    Returns
    -------
    DataFrame
        ``cell``; ``trials`` that stimulate it; ``response``, their mean, ``ci_low, ci_high`` (95 %
        by Student's t over trials, NaN of fewer than two); ``others``: mean of the trials that do
        not; ``chosen``: one of `CHOICES`, or nothing (see `chosen_cells`); ``unit``, ``scope``.
    """
    rows = []
    for number, name in enumerate(names):
        own = responses[stimulated[:, number], number]
        rest = responses[~stimulated[:, number], number]
        half = np.nan
        if len(own) > 1:
            half = special.stdtrit(len(own) - 1, 0.975) * own.std(ddof=1) / np.sqrt(len(own))
        mean = own.mean() if len(own) else np.nan
        rows.append(
            {
                "cell": name,
                "trials": len(own),
                "response": mean,
                "ci_low": mean - half,
                "ci_high": mean + half,
                "others": rest.mean() if len(rest) else np.nan,
            }
        )
    table = pd.DataFrame(rows)
    of = {cell: choice for choice, cell in chosen_cells(table).items()}
    table["chosen"] = [of.get(name, "") for name in names]
    table["unit"] = varied(["trial"])
    table["scope"] = scope(["trial"], ["recording", "animal"])
    return table


def chosen_cells(table: pd.DataFrame) -> dict[str, str]:
    """Choose the cells of the strongest, the median and the weakest response.

    Parameters
    ----------
    table : DataFrame
        ``cell, response``, NaN of cells that no trial stimulates.

    Returns
    -------
    dict of str to str
        Cell by its choice; of two cells the strongest and the weakest, of one the strongest. Of an
        even number the median is the weaker of the two in the middle; of equal ones the first is
        the stronger.
    """
    known = table[table["response"].notna()].sort_values("response", ascending=False, kind="stable")
    cells = known["cell"].tolist()
    if not cells:
        return {}
    places = {"strongest": 0, "median": len(cells) // 2, "weakest": len(cells) - 1}
    if len(cells) < len(CHOICES):
        del places["median"]
    return {
        choice: cells[place]
        for choice, place in places.items()
        if choice == "strongest" or place > 0
    }
