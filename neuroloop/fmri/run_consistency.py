"""Runs whose labels do not fit their volumes, while those of the other runs do.

Where the events of two runs were exchanged, both decode at chance, and the others as before.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binom, fisher_exact

from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri.quick_decoding import scores_by_run

#: Level of the test of all runs together.
LEVEL = 0.01

#: A run is above chance if its number of right blocks has a smaller p.
ABOVE_CHANCE = 0.05


class RunFit(NamedTuple):
    """How the labels of each run fit.

    Attributes
    ----------
    table : DataFrame
        ``run``, ``blocks``, ``right`` (blocks), ``accuracy``, ``p`` (that the run fits as well as
        the others, corrected for the number of runs), ``wrong``: whether it is at chance, and
        fits worse than the others or has the labels of another run.
    fits : dict of str to str
        For a run that is wrong: the other run whose labels fit it, if one does.
    chance : float
        Share of the most frequent class among blocks.
    """

    table: pd.DataFrame
    fits: dict[str, str]
    chance: float


def run_fit(
    x: np.ndarray, labels: Sequence[str], runs: Sequence[str], blocks: Sequence[str]
) -> RunFit | None:
    """Decode blocks of each run from the other runs, and find runs that stand out.

    Parameters
    ----------
    x : ndarray, shape (rows, voxels)
    labels, runs, blocks : sequence of str
        Class, run and block of each row; a block has one run and one class.

    Returns
    -------
    RunFit or None
        None with fewer than three runs or two classes.
    """
    if len(set(runs)) < 3 or len(set(labels)) < 2:
        return None
    classes = natural_sorted(set(labels))
    scores = np.nan_to_num(scores_by_run(x, labels, runs))
    rows = pd.DataFrame({"run": runs, "block": blocks, "label": labels})
    mean = pd.DataFrame(scores).groupby(rows["block"], sort=False).mean()
    told = rows.groupby("block", sort=False).first()
    told["named"] = [classes[index] for index in mean.to_numpy().argmax(axis=1)]
    told["right"] = told["named"] == told["label"]
    chance = float(told["label"].value_counts(normalize=True).max())
    by_run = told.groupby("run", sort=False)["right"].agg(["size", "sum"])
    table: list[dict[str, object]] = []
    fits: dict[str, str] = {}
    for run, (count, right) in zip(by_run.index, by_run.to_numpy(), strict=True):
        others = by_run.drop(index=run).sum()
        odds = [[right, count - right], [others["sum"], others["size"] - others["sum"]]]
        p = min(1.0, float(fisher_exact(odds, alternative="less").pvalue) * len(by_run))
        at_chance = binom.sf(right - 1, count, chance) > ABOVE_CHANCE
        other = _fitting(told, run, chance, len(by_run)) if at_chance else None
        if other:
            fits[run] = other
        table.append(
            {
                "run": run,
                "blocks": int(count),
                "right": int(right),
                "accuracy": right / count,
                "p": p,
                "wrong": bool(at_chance and (p < LEVEL or other)),
            }
        )
    return RunFit(pd.DataFrame(table), fits, chance)


def _fitting(told: pd.DataFrame, run: str, chance: float, runs: int) -> str | None:
    """Another run whose labels, block by block, are what a run's blocks are named.

    Beyond chance for all pairs of runs together.
    """
    named = told.loc[told["run"] == run, "named"].to_numpy()
    found = {}
    for other, labels in told.groupby("run", sort=False)["label"]:
        if other != run and len(labels) == len(named):
            right = int((labels.to_numpy() == named).sum())
            found[str(other)] = float(binom.sf(right - 1, len(named), chance))
    if not found:
        return None
    best = min(found, key=lambda name: found[name])
    return best if found[best] * (runs - 1) * runs < LEVEL else None
