"""Splits of kept frames by trial: the frames of a trial are never on both sides."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.statistics.folds import Split, splits

#: How trials are held out.
SPLITS = ("leave_one_trial_out", "last")


def trial_splits(
    rows: pd.DataFrame, split: str, *, last: int = 1, folds: int | None = None
) -> list[Split]:
    """Split frames by trial.

    Parameters
    ----------
    rows : DataFrame
        ``recording, trial, pattern`` of kept frames: places in it are what is returned.
    split : {"leave_one_trial_out", "last"}
        ``leave_one_trial_out``: every trial is held out once, the first trials of all patterns at
        a time, then the second ones, whatever numbers they have in their recordings.
        ``last``: the last trials of each recording are held out, as in the study, where fatigue is
        then confounded with the split.
    last : int
        How many trials of a recording ``last`` holds out.
    folds : int, optional
        Number of folds that the trials of a pattern are put into; as many as it has trials if None.

    Returns
    -------
    list of Split
        Places in `rows`; of ``last``, one.

    Raises
    ------
    NeuroLoopError
        If the split is unknown, no trial would be left on one side, or a pattern would be tested
        that was never trained.
    """
    trials = rows.groupby("recording")["trial"]
    if split == "leave_one_trial_out":
        made = splits(_dealt(rows, folds))
    elif split == "last":
        # The trial numbers of a recording need not be the same as another's, nor without gaps.
        position = trials.rank(method="dense").astype(int)
        held = position > trials.transform("nunique") - last
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
    _check_patterns(rows, made)
    return made


def check_readers(
    rows: pd.DataFrame, readers: Mapping[str, Mapping[str, Any]], origin: object
) -> None:
    """Check that every reader can hold out trials, before any is trained.

    Parameters
    ----------
    rows : DataFrame
        As in `trial_splits`.
    readers : mapping
        Options of `trial_splits` for each reader.
    origin : object
        Where the trials come from, for the message.

    Raises
    ------
    NeuroLoopError
        If one cannot.
    """
    for name, options in readers.items():
        try:
            trial_splits(rows, **options)
        except NeuroLoopError as error:
            raise NeuroLoopError(f"{origin}: reader {name} cannot be trained: {error}") from error


def _dealt(rows: pd.DataFrame, folds: int | None) -> np.ndarray:
    """Fold of each row: the trials of every pattern, in their order, are spread over all folds."""
    trials = rows[["recording", "trial", "pattern"]].drop_duplicates()
    within = trials.groupby(["recording", "pattern"])["trial"]
    trials = trials.assign(turn=within.rank(method="dense").astype(int))
    trials = trials.sort_values(["pattern", "turn", "recording"], kind="stable")
    of_pattern = trials.groupby("pattern")["turn"]
    # Where a recording holds a pattern once, its trials are those of several recordings.
    most = int(trials["turn"].max())
    count = folds or (most if most > 1 else int(of_pattern.transform("size").min()))
    if count < 2:
        raise NeuroLoopError(
            "a pattern has one trial, so that none can be held out: readers need two trials of "
            "every pattern (folds: 2 or more)"
        )
    trials["fold"] = of_pattern.cumcount() * count // of_pattern.transform("size")
    keys = ["recording", "trial"]
    return rows[keys].merge(trials[[*keys, "fold"]], on=keys, how="left")["fold"].to_numpy()


def _check_patterns(rows: pd.DataFrame, made: Iterable[Split]) -> None:
    """Check that no pattern is tested that was never trained."""
    patterns = rows["pattern"].to_numpy()
    for split in made:
        strange = natural_sorted(set(patterns[split.test]) - set(patterns[split.train]))
        if strange:
            counts = rows.groupby("pattern")[["recording", "trial"]].apply(
                lambda part: len(part.drop_duplicates())
            )
            raise NeuroLoopError(
                f"pattern {strange[0]} would be tested by a reader that never saw it (it has "
                f"{counts[strange[0]]} trial(s)): record it twice or more, hold out fewer trials, "
                "or take it out of the table of stimulations"
            )


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
