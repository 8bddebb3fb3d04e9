"""Radiographs as arrays with their table, joined by id."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows
from neuroloop.files.formats import StrPath, load_arrays, open_array, read_table
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.preparation import Preparation


@dataclass(frozen=True, eq=False)
class RadiographSet:
    """Radiographs of a data set.

    Attributes
    ----------
    table : DataFrame
        ``radiograph``, ``label``, ``patient`` and the columns of folds.tsv.
    pixels : ndarray or StoredRows of uint8, shape (n, size, size)
        Rows as in `table`; those of a file stay there until they are asked for.
    lungs : ndarray of bool, shape (n, size, size) or (size, size)
    lesions : ndarray of bool, shape (n, size, size), or None
        Where a disease is seen, if that is known.
    white : int or None
        Level of white in files of more than 8 bits.
    fit : {"crop", "pad"}
        How radiographs that are not square were fitted.
    """

    table: pd.DataFrame
    pixels: Rows
    lungs: np.ndarray
    lesions: np.ndarray | None
    white: int | None = None
    fit: str = "crop"

    @property
    def preparation(self) -> Preparation:
        """What radiographs in files went through, and others have to."""
        size = self.pixels.shape[1]
        return Preparation(size, channels=1, levels="radiograph", white=self.white, fit=self.fit)

    @property
    def classes(self) -> list[str]:
        """Classes in natural order."""
        return natural_sorted(set(self.table["label"]))

    @property
    def labels(self) -> np.ndarray:
        """Number of each radiograph's class, shape (n,)."""
        order = {name: number for number, name in enumerate(self.classes)}
        return self.table["label"].map(order).to_numpy()

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Radiographs in [0, 1], float32, shape (rows, size, size)."""
        return self.preparation.apply(self.pixels[rows][:, None])[:, 0]

    def lungs_of(self, rows: np.ndarray) -> np.ndarray:
        """Lungs of radiographs, bool, shape (rows, size, size)."""
        lungs = self.lungs if self.lungs.ndim == 3 else self.lungs[None]
        return lungs[rows] if len(lungs) > 1 else np.repeat(lungs, len(rows), axis=0)


def load_radiograph_set(radiographs: StrPath, regions: StrPath, table: StrPath) -> RadiographSet:
    """Read radiographs.npy, regions.npz and folds.tsv (or radiographs.tsv).

    Raises
    ------
    NeuroLoopError
        If the files speak of different radiographs.
    """
    pixels, facts = open_array(radiographs)
    listed = read_table(table, {"radiograph": str, "label": str, "patient": str})
    if facts["ids"]["radiograph"] != listed["radiograph"].tolist():
        raise NeuroLoopError(
            f"{radiographs} and {table} hold different radiographs: make both again"
        )
    known = load_arrays(regions)
    return RadiographSet(
        listed,
        pixels,
        known["lungs"],
        known.get("lesions"),
        facts.get("white"),
        facts.get("fit", "crop"),
    )
