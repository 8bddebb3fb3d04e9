"""The sum of ZNCC as coupling."""

import pandas as pd

ORDER = 19
TITLE = "the sum of ZNCC"
DONE = "ZNCC summed over all pairs of patterns, and read as coupling of cells"


def likeness(table: pd.DataFrame, above_chance: bool) -> tuple[float, bool]:
    """Take the mean over the matrix for coupling: it counts if its interval lies above 0."""
    row = table[(table["kind"] == "zncc") & (table["statistic"] == "sum")].iloc[0]
    return row["value"] / row["patterns"] ** 2, bool(row["ci_low"] > 0)
