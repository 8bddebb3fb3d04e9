"""What readers' maps are of: stimulated cells of trials, and means by trial and by pattern.

Apart from `reader_maps`, which makes them: who reads maps needs no network, nor what it imports.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.patterns import NONE, pattern_cells
from neuroloop.files.formats import StrPath, read_table
from neuroloop.statistics.folds import Split

if TYPE_CHECKING:
    import pandas as pd

#: What is said of the trial of a map.
OF_TRIAL = ("trial_row", "recording", "trial", "pattern", "group")


def map_items(rows: "pd.DataFrame", cells: Sequence[str]) -> "pd.DataFrame":
    """List what is mapped: every stimulated cell of every trial.

    Parameters
    ----------
    rows : DataFrame
        Frames that are explained (`frame_plan.COLUMNS`).
    cells : sequence of str
        Cell of each output but the last.

    Returns
    -------
    DataFrame
        ``trial_row, recording, trial, pattern, group, cell, output``, by trial and cell. Trials
        without a stimulated cell have none.
    """
    import pandas as pd

    trials = rows.drop_duplicates("trial_row").sort_values("trial_row")
    position = {cell: number for number, cell in enumerate(cells)}
    items = [
        {
            **{
                name: trial[name]
                for name in ("trial_row", "recording", "trial", "pattern", "group")
            },
            "cell": cell,
            "output": position[cell],
        }
        for trial in trials.to_dict("records")
        if trial["pattern"] != NONE
        for cell in pattern_cells(trial["pattern"])
    ]
    return pd.DataFrame(items)


def items_of_split(rows: "pd.DataFrame", items: "pd.DataFrame", split: Split) -> "pd.DataFrame":
    """The items whose trials a split holds out, with their places in `items` as the index."""
    held = set(rows["trial_row"].to_numpy()[split.test].tolist())
    return items[items["trial_row"].isin(held)]


def pattern_trials(maps: np.ndarray, items: "pd.DataFrame") -> tuple[np.ndarray, "pd.DataFrame"]:
    """Mean over the stimulated cells of each trial.

    Parameters
    ----------
    maps : ndarray, shape (seeds, items, height, width)
    items : DataFrame
        From `map_items`.

    Returns
    -------
    maps : ndarray of float32, shape (seeds, trials, height, width)
    trials : DataFrame
        ``trial_row, recording, trial, pattern, group`` of each.
    """
    trials = items.drop_duplicates("trial_row").reset_index(drop=True)
    of_item = items["trial_row"].to_numpy()
    means = [maps[:, of_item == one].mean(axis=1) for one in trials["trial_row"]]
    return np.stack(means, axis=1).astype(np.float32), trials[list(OF_TRIAL)]


def pattern_maps(maps: np.ndarray, items: "pd.DataFrame") -> tuple[np.ndarray, list[str]]:
    """Maps of each pattern's trials, in their order.

    Parameters
    ----------
    maps, items
        As in `pattern_trials`.

    Returns
    -------
    maps : ndarray of float32, shape (seeds, trials, patterns, height, width)
        As many trials of every pattern: as many as the pattern with the fewest has.
    patterns : list of str
        By group, singles before pairs, then by name.
    """
    by_trial, trials = pattern_trials(maps, items)
    order = trials.drop_duplicates("pattern").copy()
    order["cells"] = order["pattern"].map(lambda name: len(pattern_cells(name)))
    patterns = order.sort_values(["group", "cells", "pattern"], kind="stable")["pattern"].tolist()
    in_turn = trials.sort_values(["trial", "recording"], kind="stable")
    positions = [in_turn.index[in_turn["pattern"] == name].to_numpy() for name in patterns]
    count = min(map(len, positions))
    return by_trial[:, np.stack([of_pattern[:count] for of_pattern in positions], axis=1)], patterns


def read_map_items(path: StrPath) -> "pd.DataFrame":
    """Read the table of maps that a reader left.

    Raises
    ------
    NeuroLoopError
        If it cannot be used.
    """
    types = dict.fromkeys(("recording", "pattern", "group", "cell"), str)
    return read_table(path, {"trial_row": int, "trial": int, **types})
