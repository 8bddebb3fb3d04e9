"""Trials of two sessions that belong together, and the recordings that change sides with them.

Trials of one recording share more than their pattern: the focus, the brightness, how awake the
animal was. So what is exchanged between sessions, and what is resampled, is the recording.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError


class Matched(NamedTuple):
    """Trials of two sessions that belong together.

    Attributes
    ----------
    first, second : ndarray of int, shape (pairs,)
        Rows of each session.
    patterns : list of str, length pairs
    units : ndarray of int, shape (pairs,)
        Number of what each pair changes sides with: its recordings of both sessions, and those
        that these share a pair with.
    unmatched : int
        Trials of either session without a partner.
    """

    first: np.ndarray
    second: np.ndarray
    patterns: list[str]
    units: np.ndarray
    unmatched: int


def match_trials(first: pd.DataFrame, second: pd.DataFrame) -> Matched:
    """Pair the trials of two sessions by pattern, recording by recording, in their order.

    Each recording is paired with that of the other session with which it has most trials of the
    same patterns in common (in the order of recordings where several would do); a first trial of a
    pattern there is compared with a first trial, so that fatigue is the same on both sides. A
    pattern that no pair of recordings shares is paired between others, which then are one unit.

    Parameters
    ----------
    first, second : DataFrame
        ``pattern, recording, trial`` of each row of the responses.

    Raises
    ------
    NeuroLoopError
        If the sessions have no pattern in common.
    """
    sides = [_numbered(table) for table in (first, second)]
    partner = _paired_recordings(*sides)
    sides[0]["place"] = sides[0]["recording"]
    sides[1]["place"] = sides[1]["recording"].map(partner)
    both = sides[0].merge(sides[1].dropna(), on=["pattern", "place", "turn"])
    left = [side[~side["pattern"].isin(both["pattern"])] for side in sides]
    for side in left:
        side["turn"] = side.groupby("pattern").cumcount()
    both = pd.concat([both, left[0].merge(left[1], on=["pattern", "turn"])], ignore_index=True)
    if both.empty:
        raise NeuroLoopError("the two sessions have no pattern in common: they cannot be compared")
    both = both.sort_values(["pattern", "turn", "row_x"], kind="stable")
    return Matched(
        both["row_x"].to_numpy(),
        both["row_y"].to_numpy(),
        both["pattern"].tolist(),
        _linked(both["recording_x"].tolist(), both["recording_y"].tolist()),
        len(first) + len(second) - 2 * len(both),
    )


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in order, each with the turn of its pattern in its recording."""
    rows = table[["pattern", "trial", "recording"]].reset_index(drop=True)
    rows["row"] = np.arange(len(rows))
    rows = rows.sort_values(["pattern", "trial", "recording"], kind="stable")
    rows["turn"] = rows.groupby(["pattern", "recording"]).cumcount()
    return rows[["pattern", "recording", "turn", "row"]]


def _paired_recordings(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, str]:
    """Recording of the second session -> that of the first, for most trials in common."""
    from scipy.optimize import linear_sum_assignment  # takes a while to import

    tables = []
    for side in (first, second):
        order = side.sort_values("row")["recording"].unique()
        counted = pd.crosstab(side["recording"], side["pattern"])
        tables.append(counted.reindex(order))
    patterns = tables[0].columns.intersection(tables[1].columns)
    counts = [table[patterns].to_numpy() for table in tables]
    shared = np.minimum(counts[0][:, None], counts[1][None]).sum(axis=2)
    # Less than one trial in all: only to choose among pairings that have the same trials.
    apart = np.abs(np.subtract.outer(*(np.arange(len(count)) for count in counts)))
    gain = shared - apart / (1 + apart.sum())
    pairs = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    names = [table.index.tolist() for table in tables]
    return {names[1][j]: names[0][i] for i, j in pairs if shared[i, j]}


def _linked(first: list[str], second: list[str]) -> np.ndarray:
    """Number the pairs so that those have one number that a chain of recordings joins."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = [np.unique(side, return_inverse=True)[1] for side in (first, second)]
    start = ends[0].max() + 1
    size = start + ends[1].max() + 1
    links = coo_array((np.ones(len(first)), (ends[0], start + ends[1])), shape=(size, size))
    return connected_components(links, directed=False)[1][ends[0]]
