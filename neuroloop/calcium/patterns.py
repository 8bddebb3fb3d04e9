"""Patterns: sets of cells stimulated together, and their names."""

from collections.abc import Iterable

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted

#: Pattern of a recording without stimulation.
NONE = "none"

#: Joins the ids of the cells of a pattern.
JOIN = "+"


def pattern_name(cells: Iterable[str]) -> str:
    """Name of the pattern that stimulates these cells, whatever order they come in.

    Parameters
    ----------
    cells : iterable of str
        Ids; empty for no stimulation.

    Returns
    -------
    str
        The ids in natural order joined by ``+``, or ``none``.
    """
    return JOIN.join(natural_sorted(set(cells))) or NONE


def pattern_cells(name: str) -> tuple[str, ...]:
    """Ids of the cells that a pattern stimulates, in natural order; none for ``none`` or ``""``."""
    if name.strip() in (NONE, ""):
        return ()
    return tuple(natural_sorted({cell.strip() for cell in name.split(JOIN)}))


def check_cell_id(cell: str, place: str) -> None:
    """Refuse an id that could not be told apart in the name of a pattern.

    Parameters
    ----------
    cell : str
        The id.
    place : str
        Where it stands, for the message.

    Raises
    ------
    NeuroLoopError
        If the id is empty, is ``none`` or ``n/a``, or holds ``+`` or ``;`` or white space.
    """
    if cell in ("", NONE, "n/a") or set(cell) & set(JOIN + ";") or cell != "".join(cell.split()):
        raise NeuroLoopError(
            f"{place}: {cell!r} cannot be the id of a cell: ids are not empty, not 'none' or "
            f"'n/a', and hold no '{JOIN}', ';' or blank"
        )
