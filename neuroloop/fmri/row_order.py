"""Rows of one category that follow one another: a block, or trials of their own.

Noise of brains outlasts a trial, so that rows which follow one another are alike whatever was
shown. Where these have one category, a decoder that learned one of them knows the others: folds,
permutations and intervals must hold them together. Order says that of rows in order of time alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.files.intake import Intake
from neuroloop.fmri import god
from neuroloop.fmri.units import following

#: Standard deviations, of a Poisson count, above what chance would have follow one another.
BEYOND = 4.0


class Following(NamedTuple):
    """How often a block follows one of its category in its run.

    Attributes
    ----------
    same : int
        Pairs of blocks that follow one another and have one category.
    pairs : int
        All pairs.
    chance : float
        Pairs of one category that blocks in random order would have on average.
    """

    same: int
    pairs: int
    chance: float


def in_file_order(categories: Sequence[str], parts: Sequence[int]) -> bool:
    """Whether rows are sorted by category in each part: that is an order of files, not of time.

    Parameters
    ----------
    categories : sequence of str, (n,)
    parts : sequence of int, (n,)
        Variable, or file, that a row is of.
    """
    cells = list(zip(parts, categories, strict=True))
    begins = sum(one != other for one, other in zip(cells[1:], cells, strict=False)) + 1
    return begins == len(set(cells)) < len(cells)


def blocks_in_order(
    runs: Sequence[str],
    categories: Sequence[str],
    parts: Sequence[int] | None,
    back_to_back: str | None,
    intake: Intake | None = None,
) -> list[str]:
    """Id of the block of each row of paired data, which name none.

    Parameters
    ----------
    runs, categories : sequence of str, (n,)
    parts : sequence of int, (n,), or None
        Variable of each row where no runs are named; None where they are.
    back_to_back : {"block", "trials"} or None
        What rows of one category back to back are; None decides by their order.
    intake : Intake, optional
        Gets what was decided.
    """
    is_sorted = parts is not None and in_file_order(categories, parts)
    apart = back_to_back == "trials" or (back_to_back is None and is_sorted)
    if apart:
        number = [str(row) for row in range(1, len(runs) + 1)]
        told = "each row is a trial of its own, as paired.back_to_back says"
    else:
        number = following(np.asarray(runs), np.asarray(categories)).tolist()
        told = "rows of one category back to back in a run are one block; where they are trials of "
        told += "their own, set paired.back_to_back: trials"
    if apart and back_to_back is None:
        told = "rows are sorted by category and no runs are named: each is a trial of its own"
    if intake is not None:
        intake.recognise(told)
    return [god.block_id(*pair) for pair in zip(runs, number, strict=True)]


def following_alike(rows: pd.DataFrame) -> Following:
    """Count blocks that follow one of their category.

    Parameters
    ----------
    rows : DataFrame
        Samples with ``run``, ``block`` and ``category``, in their order.
    """
    same, pairs, chance = 0, 0, 0.0
    for _, run in rows.groupby("run", sort=False):
        shown = run.drop_duplicates("block")["category"].to_numpy(dtype=str)
        counts = np.array(list(Counter(shown.tolist()).values()))
        same += int((shown[1:] == shown[:-1]).sum())
        pairs += len(shown) - 1
        chance += float((counts * (counts - 1)).sum() / len(shown))
    return Following(same, pairs, chance)


def warn_of_order(rows: pd.DataFrame, intake: Intake) -> None:
    """Warn where training rows of one category follow one another and are blocks of their own.

    Parameters
    ----------
    rows : DataFrame
        As of `brain.BrainData`.
    intake : Intake
    """
    found = following_alike(rows[rows["session"] == "training"])
    if found.same <= found.chance + BEYOND * np.sqrt(max(found.chance, 1.0)):
        return
    intake.warn(
        f"{found.same} of {found.pairs} rows follow one of their category, each a block of its own "
        f"(by chance {found.chance:.0f}): if they were shown in this order, slow noise tells the "
        "category, and accuracy, p and interval say too much: name their blocks (docs/fmri.md); if "
        "the file alone is sorted, when they were shown is not known, and nothing here could tell."
    )
