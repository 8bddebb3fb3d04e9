"""The stimuli of a dataset: what its subjects saw, and what is held out to test students."""

from collections.abc import Sequence

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_key
from neuroloop.fmri.brain import SESSIONS

#: Columns of stimuli.tsv that are used.
STIMULUS_COLUMNS = {"stimulus_id": str, "category": str, "session": str, "held_out": int}


def list_stimuli(rows: Sequence[pd.DataFrame], held_out_per_category: int) -> pd.DataFrame:
    """List every stimulus of a dataset once.

    Parameters
    ----------
    rows : sequence of DataFrame
        `BrainData.rows` of every subject.
    held_out_per_category : int
        Training images of each category held out to test students: the last ones in natural
        order. No decoder learns from their rows.

    Returns
    -------
    DataFrame
        ``stimulus_id``, ``category``, ``session`` (the first of `SESSIONS` that shows it) and
        ``held_out`` (0 or 1), in natural order of category and stimulus.

    Raises
    ------
    NeuroLoopError
        If a stimulus has two categories, or a category would have no training image left.
    """
    seen = pd.concat(rows)[["stimulus_id", "category", "session"]].drop_duplicates()
    names = seen.groupby("stimulus_id", sort=False)["category"].nunique()
    if (names > 1).any():
        stimulus = names.index[names > 1][0]
        found = sorted(set(seen.loc[seen["stimulus_id"] == stimulus, "category"]))
        raise NeuroLoopError(
            f"stimulus {stimulus} has the categories {', '.join(found)}: give it one in the "
            "labels of all subjects"
        )
    session = seen["session"].map(SESSIONS.index)
    seen = seen.assign(order=session).sort_values("order", kind="stable")
    seen = seen.drop_duplicates("stimulus_id")
    order = sorted(
        range(len(seen)),
        key=lambda i: (
            natural_key(seen["category"].iloc[i]),
            natural_key(seen["stimulus_id"].iloc[i]),
        ),
    )
    listed = seen.iloc[order].drop(columns="order").reset_index(drop=True)
    shown = listed[listed["session"] == "training"].groupby("category", sort=False)
    fewest = shown.size().sort_values(kind="stable")
    if held_out_per_category >= fewest.iloc[0]:
        raise NeuroLoopError(
            f"held_out_per_category: {held_out_per_category} of the {fewest.iloc[0]} training "
            f"images of {fewest.index[0]}: none would be left to learn from; set it lower"
        )
    held_out = shown.tail(held_out_per_category).index
    return listed.assign(held_out=listed.index.isin(held_out).astype(int))
