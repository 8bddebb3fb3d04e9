"""Maps of the top class alone."""

import numpy as np
import pandas as pd

ORDER = 17
TITLE = "top class only"
DONE = "one map a frame, of the output that the reader puts first, whatever was stimulated"


def items(listed: pd.DataFrame, logits: np.ndarray) -> pd.DataFrame:
    """Keep one item a trial, of the first of the reader's outputs."""
    kept = listed.drop_duplicates("trial_row").reset_index(drop=True)
    return kept.assign(output=logits[kept["trial_row"]].argmax(axis=1))
