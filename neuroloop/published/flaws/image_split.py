"""Radiographs split by image."""

import pandas as pd

ORDER = 12
TITLE = "split by image"
DONE = "radiographs of one person on both sides of a split, and counted as persons of their own"


def persons(table: pd.DataFrame) -> pd.DataFrame:
    """Take each radiograph for a person of its own."""
    return table.assign(patient=table["radiograph"])
