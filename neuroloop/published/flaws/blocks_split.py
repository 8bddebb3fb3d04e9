"""Blocks split by folds."""

import pandas as pd

ORDER = 2
TITLE = "blocks split by folds"
DONE = "rows of one block on both sides of a split"


def told(rows: pd.DataFrame) -> pd.DataFrame:
    """Take each row for a block of its own."""
    return rows.assign(block=rows["sample"])


def fold_by() -> str:
    """Deal rows, as many of each category to a fold."""
    return "trial"
