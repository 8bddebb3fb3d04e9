"""Splits of kept frames by trial: the frames of a trial are never on both sides."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.folds import Split, group_folds, splits

#: How trials are held out.
SPLITS = ("leave_one_trial_out", "last")


def trial_splits(
    rows: pd.DataFrame, split: str, *, last: int = 1, folds: int | None = None
) -> list[Split]:
    """Split frames by trial.

    Parameters
    ----------
    rows : DataFrame
        Kept frames (`frame_plan.COLUMNS`), or some of them: places in it are what is returned.
    split : {"leave_one_trial_out", "last"}
        ``leave_one_trial_out``: every trial number is held out once, in all recordings at a time.
        ``last``: the last trials of each recording are held out, as in the study, where fatigue is
        then confounded with the split.
    last : int
        How many trials of a recording ``last`` holds out.
    folds : int, optional
        Number of folds that trial numbers are put into; as many as there are if None.

    Returns
    -------
    list of Split
        Places in `rows`; of ``last``, one.

    Raises
    ------
    NeuroLoopError
        If the split is unknown, or no trial would be left on one side.
    """
    trials = rows.groupby("recording")["trial"]
    if split == "leave_one_trial_out":
        numbers = rows["trial"].astype(str)
        made = splits(group_folds(numbers, folds or numbers.nunique()))
    elif split == "last":
        # The trial numbers of a recording need not be the same as another's, nor without gaps.
        place = trials.rank(method="dense").astype(int)
        held = place > trials.transform("nunique") - last
        fewest = int(trials.nunique().min())
        if not 1 <= last < fewest:
            raise NeuroLoopError(
                f"{last} last trials cannot be held out: a recording has {fewest} trials, and one "
                "must be left to train on"
            )
        made = splits(held.to_numpy().astype(int))[1:]
    else:
        raise NeuroLoopError(f"split {split}: known are {', '.join(SPLITS)}")
    check_whole_trials(rows, made)
    return made


def check_whole_trials(rows: pd.DataFrame, made: Iterable[Split]) -> None:
    """Check that no trial has frames on both sides of a split.

    Parameters
    ----------
    rows : DataFrame
        ``recording`` and ``trial`` of each frame.
    made : iterable of Split
        Places in `rows`.

    Raises
    ------
    NeuroLoopError
        If one has.
    """
    keys = pd.MultiIndex.from_frame(rows[["recording", "trial"]])
    for fold, one in enumerate(made):
        both = keys[one.train].intersection(keys[one.test])
        if len(both) or np.intersect1d(one.train, one.test).size:
            recording, trial = both[0]
            raise NeuroLoopError(
                f"fold {fold} has frames of recording {recording}, trial {trial} on both sides: "
                "split whole trials"
            )
