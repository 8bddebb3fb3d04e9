"""Repeated stimuli on both sides of a split."""

import pandas as pd

ORDER = 3
TITLE = "repeated stimuli on both sides"
DONE = "an image's presentations taken for images of their own"


def told(rows: pd.DataFrame) -> pd.DataFrame:
    """Take each presentation for another image; soft labels are joined by the image as before."""
    return rows.assign(stimulus_id=rows["stimulus_id"] + "-" + rows["sample"])
