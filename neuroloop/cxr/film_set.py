"""Films as arrays with their table, joined by id."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, load_array, load_arrays, read_table
from neuroloop.files.natural_order import natural_sorted


@dataclass(frozen=True, eq=False)
class FilmSet:
    """Films of a data set.

    Attributes
    ----------
    table : DataFrame
        ``film``, ``label``, ``person`` and the columns of folds.tsv.
    pixels : ndarray of uint8, shape (n, size, size)
        Rows as in `table`.
    lungs : ndarray of bool, shape (n, size, size) or (size, size)
    lesions : ndarray of bool, shape (n, size, size), or None
        Where a disease is seen, if that is known.
    """

    table: pd.DataFrame
    pixels: np.ndarray
    lungs: np.ndarray
    lesions: np.ndarray | None

    @property
    def classes(self) -> list[str]:
        """Classes in natural order."""
        return natural_sorted(set(self.table["label"]))

    @property
    def labels(self) -> np.ndarray:
        """Number of each film's class, shape (n,)."""
        order = {name: number for number, name in enumerate(self.classes)}
        return self.table["label"].map(order).to_numpy()

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Films in [0, 1], float32, shape (rows, size, size)."""
        return self.pixels[rows].astype(np.float32) / 255

    def lungs_of(self, rows: np.ndarray) -> np.ndarray:
        """Lungs of films, bool, shape (rows, size, size)."""
        lungs = self.lungs if self.lungs.ndim == 3 else self.lungs[None]
        return lungs[rows] if len(lungs) > 1 else np.repeat(lungs, len(rows), axis=0)


def load_film_set(films: StrPath, regions: StrPath, table: StrPath) -> FilmSet:
    """Read films.npy, regions.npz and folds.tsv (or films.tsv).

    Raises
    ------
    NeuroLoopError
        If the files speak of different films.
    """
    pixels, facts = load_array(films)
    listed = read_table(table, {"film": str, "label": str, "person": str})
    if facts["ids"]["film"] != listed["film"].tolist():
        raise NeuroLoopError(f"{films} and {table} hold different films: make both again")
    known = load_arrays(regions)
    return FilmSet(listed, pixels, known["lungs"], known.get("lesions"))
