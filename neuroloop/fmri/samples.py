"""samples.tsv: what each row of a subject's responses is, whatever regions are made of them."""

import pandas as pd

from neuroloop.files.formats import StrPath, read_table, save_table
from neuroloop.fmri.brain import ROW_COLUMNS


def save_samples(path: StrPath, rows: pd.DataFrame, unit: str) -> None:
    """Write samples.tsv.

    Parameters
    ----------
    path : path
    rows : DataFrame
        `BrainData.rows`.
    unit : {"volume", "block", "trial"}
        What one row is.
    """
    table = rows.copy()
    table.insert(1, "unit", unit)
    save_table(path, table)


def read_samples(path: StrPath) -> pd.DataFrame:
    """Read samples.tsv: the columns of `BrainData.rows`, and ``unit``."""
    return read_table(path, dict.fromkeys((*ROW_COLUMNS, "unit"), str))


def rows_of(samples: pd.DataFrame) -> pd.DataFrame:
    """Return `BrainData.rows` of what `read_samples` read."""
    return samples[list(ROW_COLUMNS)]
