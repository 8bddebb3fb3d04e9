"""Why entries of a coupling matrix are empty, in words for its figure."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np

from neuroloop.calcium.influence import ITSELF, NEAR, NEVER, SILENT, TOGETHER, UNTAUGHT

#: Whether a reason lies with the stimulated cell or with the responder; others are a route's.
OF_ROWS, OF_COLUMNS = (NEVER, TOGETHER), (SILENT, UNTAUGHT)

#: Cells that are named one by one.
NAMED = 6

#: Letters of a line.
WIDTH = 100


def why_empty(
    reasons: Mapping[str, np.ndarray], names: Sequence[str], exclusion_radius: float
) -> str:
    """Say which entries of matrices are empty, and why.

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
    str
        A line a reason.
    """
    found = set(np.concatenate([np.unique(given) for given in reasons.values()]).tolist())
    pairs = ["the cell itself"] * (ITSELF in found) + [
        f"one nearer than {exclusion_radius:g} px"
    ] * (NEAR in found)
    lines = [", or ".join(pairs)] if pairs else []
    for title, given in reasons.items():
        for reason in sorted(set(np.unique(given).tolist()) - {"", ITSELF, NEAR}):
            said = f"{_places(given == reason, names, reason)}: {reason}"
            lines.append(f"{title}, {said}" if len(reasons) > 1 else said)
    return "\n".join(fill(line, WIDTH) for line in _joined(lines, list(reasons)))


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


def _joined(lines: list[str], titles: list[str]) -> list[str]:
    """Say once what holds for all matrices."""
    said: list[str] = []
    for line in lines:
        title = next((one for one in titles if line.startswith(f"{one}, ")), None)
        rest = line.removeprefix(f"{title}, ") if title else line
        if title and all(f"{other}, {rest}" in lines for other in titles):
            line = rest
        if line not in said:
            said.append(line)
    return said
