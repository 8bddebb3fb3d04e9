"""The table of cells: read, and looked at on the frame that its cells lie in."""

from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.masks import cell_masks, disc
from neuroloop.calcium.patterns import check_cell_id
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_table
from neuroloop.files.intake import Intake

#: Two cells share this part of the smaller one's pixels at most.
SHARED = 0.5

#: Cells or pairs that a sentence names.
NAMED = 5


def read_cells(path: StrPath) -> pd.DataFrame:
    """Read the table of cells.

    Parameters
    ----------
    path : path
        TSV with ``cell`` (id), ``row``, ``column``, ``radius`` (pixels), ``group``.

    Returns
    -------
    DataFrame
        Rows as in the file.

    Raises
    ------
    NeuroLoopError
        If the file cannot be used or is empty, an id is not usable or named twice, or a number is
        missing or a radius not above 0.
    """
    table = read_table(
        path, {"cell": str, "row": float, "column": float, "radius": float, "group": str}
    )
    if table.empty:
        raise NeuroLoopError(f"{path} lists no cell: add the cells of the area")
    again = table.loc[table["cell"].duplicated(), "cell"]
    if len(again):
        raise NeuroLoopError(f"{path} names the cell {again.iloc[0]} twice: drop or rename one")
    for row in table.to_dict("records"):
        check_cell_id(row["cell"], str(path))
        if not (
            np.isfinite([row["row"], row["column"], row["radius"]]).all() and row["radius"] > 0
        ):
            raise NeuroLoopError(
                f"{path}: cell {row['cell']} needs numbers for row and column, and a radius above "
                f"0 pixels; it has {row['row']:g}, {row['column']:g} and {row['radius']:g}"
            )
    return table


def check_cells(
    cells: pd.DataFrame, shape: tuple[int, int], origin: StrPath, intake: Intake | None = None
) -> None:
    """Check that every cell has pixels of its own in the frame.

    Parameters
    ----------
    cells : DataFrame
        From `read_cells`.
    shape : (int, int)
        Height and width of a frame.
    origin : path
        The table, for messages.
    intake : Intake, optional
        Is told of cells that reach out of the frame, and of those that overlap.

    Raises
    ------
    NeuroLoopError
        If the centre of a cell lies outside the frame, a cell covers no pixel, or two cells share
        more than `SHARED` of the smaller one's pixels.
    """
    for cell in cells.to_dict("records"):
        position = (cell["row"], cell["column"])
        if not all(-0.5 <= at < size - 0.5 for at, size in zip(position, shape, strict=True)):
            raise NeuroLoopError(
                f"{origin}: cell {cell['cell']} at row {position[0]:g}, column {position[1]:g} "
                f"lies outside the frame of {shape[0]} x {shape[1]} pixels: correct its position "
                "(row comes first, both count from 0)"
            )
    masks = cell_masks(cells, shape)
    names, sizes = cells["cell"].tolist(), masks.sum(axis=(1, 2))
    empty = [name for name, size in zip(names, sizes, strict=True) if not size]
    if empty:
        raise NeuroLoopError(
            f"{origin}: {_named('cell', empty)} no pixel: the centre of none lies within the "
            "radius; radii are in pixels, enlarge them"
        )
    overlapping = _overlapping(cells, masks, sizes, origin)
    if intake is None:
        return
    if overlapping:
        intake.warn(
            f"{origin}: {len(overlapping)} pairs of cells overlap "
            f"({_listed(overlapping)}); a trace of either holds light of both"
        )
    cut = [
        f"{cell['cell']} by {100 * (1 - size / whole):.0f} %"
        for cell, size in zip(cells.to_dict("records"), sizes, strict=True)
        if size < (whole := _whole(cell))
    ]
    if cut:
        intake.warn(f"{origin}: cells reach out of the frame: {_listed(cut)} of their pixels")


def _overlapping(
    cells: pd.DataFrame, masks: np.ndarray, sizes: np.ndarray, origin: StrPath
) -> list[str]:
    """Name the pairs of cells that share pixels; refuse those that are one cell twice."""
    found = []
    places = cells[["row", "column"]].to_numpy(float)
    radii, names = cells["radius"].to_numpy(float), cells["cell"].tolist()
    for i, j in combinations(range(len(cells)), 2):
        if np.linalg.norm(places[i] - places[j]) > radii[i] + radii[j]:
            continue
        shared = (masks[i] & masks[j]).sum() / min(sizes[i], sizes[j])
        if shared > SHARED:
            raise NeuroLoopError(
                f"{origin}: cells {names[i]} and {names[j]} lie at one place ({100 * shared:.0f} % "
                "of the smaller one's pixels belong to both): drop one, or correct its position"
            )
        if shared:
            found.append(f"{names[i]} and {names[j]} {100 * shared:.0f} %")
    return found


def _whole(cell: Mapping[Hashable, Any]) -> int:
    """Pixels that a cell covers where no border cuts it."""
    side = int(np.ceil(cell["radius"])) + 1
    row, column = (at % 1 + side for at in (cell["row"], cell["column"]))
    return int(disc((2 * side + 2, 2 * side + 2), row, column, cell["radius"]).sum())


def _named(what: str, names: list[str]) -> str:
    return f"{what} {names[0]} covers" if len(names) == 1 else f"{what}s {_listed(names)} cover"


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
