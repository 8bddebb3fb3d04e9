"""What changed between two sessions: difference of a measure, its interval and p.

Sessions differ in brightness, SNR and fatigue whether coupling changed or not. So responses are
first put on a common scale (no stimulation is 0, a cell's own stimulation is 1), then trials of
one pattern and number are exchanged between the sessions: the two of a pair differ in noise, but
without a change of coupling not in their mean, and swapping both signs leaves the distribution of
a difference as it is however unlike the two variances are.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scripts.lib.calcium.influence import Design, direct_responses, normalised
from scripts.lib.calcium.resampling import pattern_numbers, resample, resample_seeds
from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.statistics import permutation_p

#: From responses (trials, cells) to the entries of a measure, of any shape.
Measure = Callable[[np.ndarray], np.ndarray]


class Matched(NamedTuple):
    """Trials of two sessions that belong together.

    Attributes
    ----------
    first, second : ndarray of int, shape (pairs,)
        Rows of each session.
    patterns : list of str, length pairs
    unmatched : int
        Trials of either session without a partner.
    """

    first: np.ndarray
    second: np.ndarray
    patterns: list[str]
    unmatched: int


class Change(NamedTuple):
    """Comparison of a measure between two sessions.

    Attributes
    ----------
    panels : DataFrame
        A row per panel: ``panel, entries, first, second, change, ci_low, ci_high, p, p_any``;
        means over the panel's entries. ``p`` is two-sided for the mean change, ``p_any`` for the
        sum of squared changes, which also sees changes that cancel.
    matrix, ci_low, ci_high : ndarray of float64
        Change of every entry, and its interval.
    """

    panels: pd.DataFrame
    matrix: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray


def match_trials(first: pd.DataFrame, second: pd.DataFrame) -> Matched:
    """Pair the trials of two sessions by pattern, and within it in their order.

    So a first trial is compared with a first trial, and fatigue is the same on both sides.

    Parameters
    ----------
    first, second : DataFrame
        ``pattern, recording, trial`` of each row of the responses.

    Raises
    ------
    NeuroLoopError
        If the sessions have no pattern in common.
    """

    def numbered(table: pd.DataFrame) -> pd.DataFrame:
        rows = table[["pattern", "trial", "recording"]].reset_index(drop=True)
        rows["row"] = np.arange(len(rows))
        rows = rows.sort_values(["pattern", "trial", "recording"], kind="stable")
        rows["turn"] = rows.groupby("pattern").cumcount()
        return rows[["pattern", "turn", "row"]]

    both = numbered(first).merge(numbered(second), on=["pattern", "turn"])
    if both.empty:
        raise NeuroLoopError("the two sessions have no pattern in common: they cannot be compared")
    left = len(first) + len(second) - 2 * len(both)
    return Matched(
        both["row_x"].to_numpy(), both["row_y"].to_numpy(), both["pattern"].tolist(), left
    )


def common_scale(responses: np.ndarray, design: Design) -> np.ndarray:
    """Put each cell's responses on a scale on which nothing is 0 and its own stimulation is 1.

    Parameters
    ----------
    responses : ndarray of float, shape ([seeds,] trials, cells) or ([seeds,] trials, 2 cells)
        Of one session; dF/F, or evidence with its null (`influence.with_null`). Seeds share a
        scale: a network that learned little of a cell weighs little.
    design : Design
        Of all trials of the session.

    Returns
    -------
    ndarray of float64, shape of `responses`
        0 for a cell without clear direct response, which then is NaN in a measure that divides by
        it.
    """
    cells = len(design.weights)
    over_seeds = responses.mean(axis=0) if responses.ndim == 3 else responses
    direct, clear = direct_responses(over_seeds, design)
    null = responses[..., cells:].mean(axis=-2, keepdims=True) if responses.shape[-1] > cells else 0
    parts = [
        np.divide(part - null, direct, out=np.zeros(part.shape), where=clear)
        for part in np.split(responses, responses.shape[-1] // cells, axis=-1)
    ]
    return np.concatenate(parts, axis=-1)


def influence_measure(design: Design, hidden: np.ndarray) -> Measure:
    """Measure the influence of every cell on every other, normalised.

    Parameters
    ----------
    design : Design
        Of the matched trials.
    hidden : ndarray of bool, shape (cells, cells)
        Entries that are NaN: the diagonal, and cells too near to each other.
    """

    def measure(responses: np.ndarray) -> np.ndarray:
        return np.where(hidden, np.nan, normalised(design(responses)))

    return measure


def compare_sessions(
    first: np.ndarray,
    second: np.ndarray,
    patterns: Sequence[str],
    measure: Measure,
    panels: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    *,
    n_exchange: int = 999,
    n_boot: int = 999,
    whole_patterns: bool = False,
    level: float = 0.95,
) -> Change:
    """Compare a measure between two sessions.

    The measure is that of the mean over seeds. p: each pair of trials changes sides with
    probability 1/2, and the measure is made anew. Interval: trials of each pattern are resampled
    in each session (see `resampling`) and seeds with them, the same of both sessions; the
    percentiles are shifted to have their mean at the change, as norms of resamples hold noise
    twice.

    Parameters
    ----------
    first, second : ndarray of float, shape (trials, cells) or (seeds, trials, cells)
        On their common scale; rows of both are pairs (`match_trials`).
    patterns : sequence of str
        Pattern of each pair.
    measure : callable
        Entries that are NaN in either session are left out.
    panels : mapping of str to ndarray of bool
        Entries of each panel, of the shape that the measure has.
    generator : numpy.random.Generator
    n_exchange, n_boot : int
        Numbers of exchanges and of resamples.
    whole_patterns : bool
        Exchange all trials of a pattern together. Needed where trials of a recording are alike
        beyond their pattern, as when the focus differs between recordings.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Change

    Raises
    ------
    NeuroLoopError
        If a panel has no entry that is defined.
    """
    sides = np.stack([one[None] if one.ndim == 2 else one for one in (first, second)])
    observed = sides.mean(axis=1)
    made = measure(observed[0]), measure(observed[1])
    change = made[1] - made[0]
    for name, panel in panels.items():
        if not np.isfinite(change[panel]).any():
            raise NeuroLoopError(f"panel {name} has no coupling that both sessions define")
    units = pattern_numbers(patterns) if whole_patterns else np.arange(len(patterns))
    null, drawn = [], []
    for _ in range(n_exchange):
        swapped = (generator.random(units.max() + 1) < 0.5)[units]
        one, other = np.where(swapped[:, None], observed[::-1], observed)
        null.append(_summed(measure(other) - measure(one), panels))
    for _ in range(n_boot):
        by_seed = np.stack([resample(side, patterns, generator) for side in sides], axis=1)
        one, other = resample_seeds(by_seed, generator)
        drawn.append(measure(other) - measure(one))
    tails = [(1 - level) / 2, (1 + level) / 2]

    def interval(draws: np.ndarray, value: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # entries that are hidden
            return value + np.nanquantile(draws, tails, axis=0) - np.nanmean(draws, axis=0)

    exchanged, resamples = np.stack(null), np.stack(drawn)
    seen = _summed(change, panels)
    rows = []
    for number, (name, panel) in enumerate(panels.items()):
        inside = panel & np.isfinite(change)
        low, high = interval(np.nanmean(resamples[:, inside], axis=1), seen[0, number])
        rows.append(
            {
                "panel": name,
                "entries": int(inside.sum()),
                "first": made[0][inside].mean(),
                "second": made[1][inside].mean(),
                "change": seen[0, number],
                "ci_low": low,
                "ci_high": high,
                "p": permutation_p(abs(seen[0, number]), np.abs(exchanged[:, 0, number])),
                "p_any": permutation_p(seen[1, number], exchanged[:, 1, number]),
            }
        )
    return Change(pd.DataFrame(rows), change, *interval(resamples, change))


def _summed(change: np.ndarray, panels: Mapping[str, np.ndarray]) -> np.ndarray:
    """Mean change, and mean squared change, of each panel; shape (2, panels)."""
    values = [change[panel & np.isfinite(change)] for panel in panels.values()]
    return np.array([[v.mean() for v in values], [(v**2).mean() for v in values]])
