"""A pair of cells counted as right when either is named."""

import pandas as pd

ORDER = 15
TITLE = "any hit counted as right"
DONE = "a pair is right if either of its cells is among the best two, beside one in the outputs"


def scored(subset: str, measure: str) -> tuple[str, str]:
    """Score patterns by whether any of their cells is named."""
    return subset, "any_hit"


def named(row: pd.Series, outputs: int) -> tuple[float, bool]:
    """Take one in the outputs for chance: what lies above it counts."""
    return row["value"] - 1 / outputs, bool(row["ci_low"] > 1 / outputs)
