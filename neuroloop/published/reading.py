"""What readers say of calcium frames, simulated, and scored as a protocol has it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from neuroloop.calcium.patterns import NONE, pattern_name
from neuroloop.calcium.reader import multi_hot
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.published.protocol import Protocol

#: Cells, which are stimulated alone and in pairs; trials of each pattern; frames of a trial; and
#: trials without stimulation.
CELLS, TRIALS, FRAMES, WITHOUT = tuple(f"c{number}" for number in range(1, 9)), 4, 2, 100

#: By how many standard deviations a reader's logits tell frames of a stimulation from others:
#: everything lights up.
LIT = 4.0

#: p up to which a result counts as found.
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class Readings:
    """What a reader says of frames that it did not learn from.

    Attributes
    ----------
    logits : ndarray of float64, shape (1, frames, cells + 1)
        The last output is "none".
    rows : DataFrame
        ``pattern`` and ``trial`` of each frame.
    """

    logits: np.ndarray
    rows: pd.DataFrame


@dataclass(frozen=True)
class Named:
    """What a study says of a reader.

    Attributes
    ----------
    points : float
        Accuracy above chance, in percentage points.
    found : bool
        Whether it is said to be above chance.
    """

    points: float
    found: bool


def patterns(cells: Sequence[str]) -> list[str]:
    """Every cell alone, then every pair."""
    return [pattern_name(one) for size in (1, 2) for one in combinations(cells, size)]


def readings(generator: np.random.Generator, signal: float = 0.0) -> Readings:
    """Draw what a reader says that knows whether anything was stimulated.

    Parameters
    ----------
    generator : Generator
    signal : float
        What the outputs of stimulated cells have more than others, in standard deviations of a
        frame's logits; 0: the reader does not know which cells were stimulated.
    """
    shown = [*np.repeat(patterns(CELLS), TRIALS).tolist(), *[NONE] * WITHOUT]
    rows = pd.DataFrame({"pattern": shown, "trial": np.arange(len(shown)).astype(str)})
    rows = rows.loc[rows.index.repeat(FRAMES)].reset_index(drop=True)
    targets = multi_hot(rows["pattern"], CELLS)
    logits = generator.standard_normal(targets.shape) + signal * targets
    logits[:, -1] += np.where(targets[:, -1], LIT, -LIT)
    return Readings(logits[None], rows)


def named(read: Readings, protocol: Protocol) -> Named:
    """Score a reader as a protocol has it."""
    targets = multi_hot(read.rows["pattern"], CELLS)
    table = reading_metrics(read.logits, targets, read.rows["trial"])
    subset, measure = protocol.scored("stimulated", "recall")
    row = table[(table["subset"] == subset) & (table["measure"] == measure)].iloc[0]
    above, found = protocol.named(beside_permuted, row, len(CELLS) + 1)
    return Named(100 * above, found)


def beside_permuted(row: pd.Series, outputs: int) -> tuple[float, bool]:
    """What is above the chance of permuted patterns, and whether p says so."""
    return row["value"] - row["chance"], bool(row["p"] <= LEVEL)
