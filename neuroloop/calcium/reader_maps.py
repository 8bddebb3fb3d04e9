"""Where readers looked: a map for every stimulated cell of every trial that they did not learn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.calcium.local_evidence import local_evidence
from neuroloop.calcium.patterns import NONE, pattern_cells
from neuroloop.calcium.reader_training import Place
from neuroloop.calcium.views import Frames
from neuroloop.explain.attribution.cam import maps_in_batches
from neuroloop.explain.attribution.evidence import Division
from neuroloop.files.formats import StrPath, read_table
from neuroloop.networks.batched_network import member_alone
from neuroloop.networks.calcium_network import CalciumNetwork
from neuroloop.statistics.folds import Split

if TYPE_CHECKING:
    import pandas as pd

#: Frames in memory at once.
BATCH = 128
#: What is said of the trial of a map.
OF_TRIAL = ("trial_row", "recording", "trial", "pattern", "group")


def method_of(head: str) -> str:
    """Map that suits a head: where it flattens space, Grad-CAM's mean over space is wrong.

    Draelos & Carin 2020, arXiv:2011.08891; with a pooling head both are the same.
    """
    return "hires_cam" if head == "flatten" else "grad_cam"


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


def held_out_maps(
    network: CalciumNetwork,
    places: Sequence[Place],
    frames: Frames,
    rows: "pd.DataFrame",
    items: "pd.DataFrame",
    splits: Sequence[Split],
    method: str,
) -> list[np.ndarray]:
    """Explain the trials that each member of a batched network did not learn from.

    Parameters
    ----------
    network : CalciumNetwork
    places : sequence of Place
        What each member is.
    frames : callable
        See `views.Frames`; from places in `rows`.
    rows : DataFrame
        Frames, as the network's.
    items : DataFrame
        From `map_items`.
    splits : sequence of Split
        Places in `rows`, those of test rows ascending.
    method : str
        See `cam.class_maps`.

    Returns
    -------
    list of ndarray of float32, shape (items of its split, height, width)
        Of each member: means over the frames of each trial, native resolution. Items are those of
        `items_of_split`.
    """
    trial_rows = rows["trial_row"].to_numpy()
    found = []
    for member, position in enumerate(places):
        alone = member_alone(network, member)
        cut = Division(alone.front, alone.head)
        mine = items_of_split(rows, items, splits[position.fold])
        tested = splits[position.fold].test
        asked = tested[np.isin(trial_rows[tested], mine["trial_row"])]
        # A frame is explained once, for all stimulated cells of its trial; if other trials have
        # more of them, for its last one again, which leaves that one's mean as it is.
        of_item = mine["trial_row"].to_numpy()
        ends = np.searchsorted(of_item, trial_rows[asked], side="right")[:, None]
        starts = np.searchsorted(of_item, trial_rows[asked])[:, None]
        item = np.minimum(starts + np.arange((ends - starts).max()), ends - 1)

        def load(chosen: np.ndarray, asked: np.ndarray = asked) -> np.ndarray:
            return frames(asked[chosen])[:, None]

        sums: np.ndarray | float = 0.0
        classes = mine["output"].to_numpy()[item]
        for chosen, maps in maps_in_batches(alone, cut, load, classes, method):
            parts = np.zeros((len(mine), *maps.shape[3:]))
            np.add.at(parts, item[chosen], maps[:, 0])
            sums = sums + parts
        frames_each = np.bincount(item.ravel(), minlength=len(mine))
        found.append((sums / frames_each[:, None, None]).astype(np.float32))
    return found


def held_out_evidence(
    network: CalciumNetwork,
    places: Sequence[Place],
    frames: Frames,
    rows: Sequence[np.ndarray],
    windows: np.ndarray,
) -> list[np.ndarray]:
    """Evidence for every cell in its own place, of frames that each member did not learn from.

    Parameters
    ----------
    network : CalciumNetwork
    places : sequence of Place
        What each member is.
    frames : callable
        See `views.Frames`; from rows of the session's table.
    rows : sequence of ndarray of int
        Rows of each member.
    windows : ndarray of bool, shape (cells, height, width)
        From `windows.cell_windows`.

    Returns
    -------
    list of ndarray of float32, shape (rows, cells)
        See `local_evidence.local_evidence`.
    """
    found = []
    for member, of_member in zip(range(len(places)), rows, strict=True):
        alone = member_alone(network, member)
        needed, where = np.unique(of_member, return_inverse=True)
        parts = [
            local_evidence(alone, frames(needed[start : start + BATCH]), windows)[0]
            for start in range(0, len(needed), BATCH)
        ]
        found.append(np.concatenate(parts)[where])
    return found


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
