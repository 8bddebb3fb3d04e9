"""Why entries of a coupling matrix are empty: which, and in words for its figure."""

from collections.abc import Mapping, Sequence

import numpy as np

from neuroloop.calcium.influence import (
    ITSELF,
    NEAR,
    NEVER,
    SILENT,
    TOGETHER,
    TWO_SCALES,
    UNSCALED,
    UNTAUGHT,
)

#: In the order of the legend, with what each is called where it needs other words.
KINDS = {
    ITSELF: "the cell itself",
    NEAR: "nearer than the radius",
    SILENT: SILENT,
    UNSCALED: UNSCALED,
    TWO_SCALES: TWO_SCALES,
    NEVER: NEVER,
    TOGETHER: TOGETHER,
    UNTAUGHT: UNTAUGHT,
}

#: Whether a reason lies with the stimulated cell or with the responder; others are a route's.
OF_ROWS, OF_COLUMNS = (NEVER, TOGETHER), (SILENT, UNTAUGHT, TWO_SCALES, UNSCALED)

#: Cells that are named one by one.
NAMED = 6


def kinds_of(reasons: Mapping[str, np.ndarray]) -> list[str]:
    """Reasons that hold somewhere, in the order of the legend; those of failed routes last."""
    found = set(np.concatenate([np.unique(given) for given in reasons.values()]).tolist()) - {""}
    return [*(one for one in KINDS if one in found), *sorted(found - set(KINDS))]


def told_empty(
    reasons: Mapping[str, np.ndarray], names: Sequence[str], exclusion_radius: float
) -> dict[str, str]:
    """Say of each reason which entries it empties.

    Parameters
    ----------
    reasons : mapping of str to ndarray of str, shape (cells, cells)
        By the title of each matrix; empty where an entry is there.
    names : sequence of str
        Cells.
    exclusion_radius : float
        Pixels below which cells are too near.

    Returns
    -------
    dict of str to str
        Words by reason, in the order of `kinds_of`.
    """
    said = {}
    for kind in kinds_of(reasons):
        if kind in (ITSELF, NEAR):
            near = f"nearer than {exclusion_radius:g} px, the exclusion radius"
            said[kind] = near if kind == NEAR else KINDS[ITSELF]
            continue
        places = {
            title: _places(given == kind, names, kind)
            for title, given in reasons.items()
            if (given == kind).any()
        }
        everywhere = len(places) == len(reasons) and len(set(places.values())) == 1
        where = (
            next(iter(places.values()))
            if everywhere
            else "; ".join(f"{title}, {place}" for title, place in places.items())
        )
        said[kind] = f"{where}: {KINDS.get(kind, kind)}"
    return said


def _places(empty: np.ndarray, names: Sequence[str], reason: str) -> str:
    """Rows or columns that hold these entries, by their cells."""
    if reason not in OF_ROWS + OF_COLUMNS:
        return "all entries"
    kind, axis = ("row", 1) if reason in OF_ROWS else ("column", 0)
    cells = [
        name for name, one in zip(names, np.any(empty, axis=axis).tolist(), strict=True) if one
    ]
    more = f" and {len(cells) - NAMED} more" if len(cells) > NAMED else ""
    return f"{kind}{'s' * (len(cells) > 1)} {', '.join(cells[:NAMED])}{more}"
