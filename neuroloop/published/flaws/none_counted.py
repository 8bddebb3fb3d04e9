"""Frames without stimulation counted in the accuracy."""

import pandas as pd

ORDER = 14
TITLE = '"none" frames counted'
DONE = "accuracy over all frames, those without stimulation too, beside one in the outputs"


def scored(subset: str, measure: str) -> tuple[str, str]:
    """Score all frames."""
    return "all", measure


def named(row: pd.Series, outputs: int) -> tuple[float, bool]:
    """Take one in the outputs for chance: what lies above it counts."""
    return row["value"] - 1 / outputs, bool(row["ci_low"] > 1 / outputs)
