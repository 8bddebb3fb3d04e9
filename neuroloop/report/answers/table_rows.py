"""Rows of a table one by one, by the names of its columns."""

from typing import Any

import pandas as pd


def table_rows(table: pd.DataFrame) -> list[Any]:
    """Named tuples of all rows: ``row.ci_low``."""
    return list(table.itertuples(index=False))
