"""Surrogates of a session: its frames as they are, with patterns that they have nothing to do with.

Chance, and p, of a reader know the group of a recording, so that patterns keep to their groups.
"""

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import NONE

#: What is done to the labels, and to which frames.
DEALT = "patterns dealt anew among trials"
BEFORE = "frames before the stimulation, patterns exchanged"

#: What a trial's label is.
LABEL = ["pattern", "cells"]


def holds_several(trials: pd.DataFrame) -> bool:
    """Whether recordings hold several patterns: every one of two trials or more does."""
    held = trials.groupby("recording")["pattern"].agg(["size", "nunique"])
    return bool((held["nunique"][held["size"] > 1] > 1).all() and (held["size"] > 1).any())


def dealt_patterns(rows: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Deal the patterns of trials anew, so that responses have nothing to do with them.

    Where recordings hold several patterns, their own trials exchange them. Where a recording holds
    one, that would change nothing: the first trials of a group's recordings exchange theirs, then
    the second ones. A circular shift would keep more of the order, but folds part the trials of a
    recording, and responses that are shifted by the same number in training and test are read
    under another name.

    Parameters
    ----------
    rows : DataFrame
        frames.tsv, or the rows of one kind.
    generator : Generator

    Returns
    -------
    DataFrame
        The same frames; all frames of a trial change their pattern together.
    """
    trials = rows.drop_duplicates("trial_row").sort_values("trial_row")
    among = trials["recording"]
    if not holds_several(trials):
        turn = trials.groupby("recording")["trial"].rank(method="dense").astype(int)
        among = trials["group"] + "\x1f" + turn.astype(str)
    taken = np.arange(len(trials))
    for name in among.unique():
        places = np.flatnonzero(among == name)
        taken[places] = generator.permutation(places)
    dealt = trials[LABEL].iloc[taken].set_axis(trials["trial_row"])
    return rows.assign(**{name: rows["trial_row"].map(dealt[name]) for name in LABEL})


def exchanged_patterns(rows: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    """Exchange the names of patterns within their group: who is told from whom stays as it is.

    Surrogates of frames that tell patterns apart do so under any names; those of frames that do not
    are not all of one chance.

    Parameters
    ----------
    rows : DataFrame
        frames.tsv, or the rows of one kind.
    generator : Generator

    Returns
    -------
    DataFrame
        The same frames; all trials of a pattern, in a group, change their name together.
    """
    made = rows.copy()
    for _, inside in rows.groupby("group", sort=True):
        names = np.array(sorted(inside["pattern"].unique()))
        other = dict(zip(names.tolist(), generator.permutation(names).tolist(), strict=True))
        made.loc[inside.index, "pattern"] = inside["pattern"].map(other)
    return made.assign(cells=made["pattern"].where(made["pattern"] != NONE, ""))
