"""What changed between two sessions: difference of a measure, its interval and p.

Sessions differ in brightness, SNR and fatigue whether coupling changed or not. So responses are
first put on a common scale (no stimulation is 0, a cell's own stimulation is 1), then recordings
of the same patterns are exchanged between the sessions: the two of a pair differ in noise, and in
what their trials share, but without a change of coupling not in their mean, and swapping both signs
leaves the distribution of a difference as it is however unlike the two variances are.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuroloop.calcium.design import Design, direct_responses, own_scale
from neuroloop.calcium.resampling import jackknife_interval
from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.intervals import permutation_p

#: From responses (trials, cells) to the entries of a measure, of any shape.
Measure = Callable[[np.ndarray], np.ndarray]

#: Recordings a session, of which exchanges can give a two-sided p below 0.05: with n there are 2^n
#: ways to exchange them, and each and its opposite are one to a two-sided test.
FEWEST_UNITS = 6

#: Why there is no p, and no interval.
ONE_UNIT = (
    "all trials hang together through one recording a session: no p and no interval; record each "
    "session in several recordings"
)


class Change(NamedTuple):
    """Comparison of a measure between two sessions.

    Attributes
    ----------
    panels : DataFrame
        A row per panel: ``panel, entries, recordings, first, second, change, ci_low, ci_high, p,
        p_any, note``; means over the panel's entries. ``recordings`` is the number of pairs of
        recordings (units) that are exchanged. ``p`` is two-sided for the mean change, ``p_any`` for
        the sum of squared changes, which also sees changes that cancel. Below `FEWEST_UNITS` there
        is neither. ``note`` says why a number is missing.
    matrix, ci_low, ci_high : ndarray of float64
        Change of every entry, and its interval.
    reasons : ndarray of str, optional
        Why an entry is NaN, of coupling; empty where it is not.
    """

    panels: pd.DataFrame
    matrix: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    reasons: np.ndarray | None = None


def common_scale(responses: np.ndarray, design: Design) -> np.ndarray:
    """Put each cell's responses on a scale on which nothing is 0 and its own stimulation is 1.

    Parameters
    ----------
    responses : ndarray of float, shape ([seeds,] trials, cells) or ([seeds,] trials, 2 cells)
        Of one session; dF/F, or evidence with its null (`design.with_null`). Seeds share a
        scale: a network that learned little of a cell weighs little.
    design : Design
        Of all trials of the session.

    Returns
    -------
    ndarray of float64, shape of `responses`
        0 for a cell without clear direct response, which then is NaN in a measure that divides by
        it. A cell that has no direct response of its own, as it is never stimulated, is on the
        others' mean scale (`design.own_scale`).
    """
    cells = len(design.weights)
    over_seeds = responses.mean(axis=0) if responses.ndim == 3 else responses
    scale = own_scale(*direct_responses(over_seeds, design), design.told)
    null = responses[..., cells:].mean(axis=-2, keepdims=True) if responses.shape[-1] > cells else 0
    parts = [
        np.divide(part - null, scale, out=np.zeros(part.shape), where=np.isfinite(scale))
        for part in np.split(responses, responses.shape[-1] // cells, axis=-1)
    ]
    return np.concatenate(parts, axis=-1)


def compare_sessions(
    first: np.ndarray,
    second: np.ndarray,
    units: np.ndarray,
    measure: Callable[[np.ndarray], Measure],
    panels: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    *,
    n_permutations: int = 999,
    intervals: bool = True,
    whole_patterns: bool = True,
    level: float = 0.95,
) -> Change:
    """Compare a measure between two sessions.

    The measure is that of the mean over seeds, and both p and interval speak of other units and of
    these seeds. p: each unit changes sides with probability 1/2, and the measure is made anew.
    Interval: the jackknife's, of the influence that each unit has on the measure (see
    `resampling.jackknife_interval`).

    Parameters
    ----------
    first, second : ndarray of float, shape (trials, cells) or (seeds, trials, cells)
        On their common scale; rows of both are pairs (`session_pairs.match_trials`).
    units : ndarray of int, shape (trials,)
        What each pair changes sides with, and is left out with.
    measure : callable
        Makes the measure of some of the trials, of the shape that it has for all; entries that are
        NaN in either session are left out.
    panels : mapping of str to ndarray of bool
        Entries of each panel, of the shape that the measure has.
    generator : numpy.random.Generator
    n_permutations : int
        Number of permutations; without any there is no p.
    intervals : bool
        Make the intervals too.
    whole_patterns : bool
        Exchange units whole, and leave them out whole. If False each pair of trials is a unit by
        itself, which is right only where the trials of a recording share nothing but their pattern.
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
    units = np.unique(units if whole_patterns else np.arange(len(units)), return_inverse=True)[1]
    count, every = int(units.max()) + 1, np.arange(len(units))
    whole = measure(every)

    def changed(pair: np.ndarray, measured: Measure = whole) -> np.ndarray:
        made: np.ndarray = measured(pair[1]) - measured(pair[0])
        return made

    made = whole(observed[0]), whole(observed[1])
    change = made[1] - made[0]
    for name, panel in panels.items():
        if not np.isfinite(change[panel]).any():
            raise NeuroLoopError(f"panel {name} has no coupling that both sessions define")
    seen = _summed(change, panels)
    null = []
    for _ in range(n_permutations if count >= FEWEST_UNITS else 0):
        swapped = (generator.random(count) < 0.5)[units]
        null.append(_summed(changed(np.where(swapped[:, None], observed[::-1], observed)), panels))
    permuted = np.stack(null) if null else np.full((1, *seen.shape), np.nan)

    def without_unit(unit: int) -> np.ndarray:
        rows = np.flatnonzero(units != unit)
        try:
            return changed(observed[:, rows], measure(rows))
        except NeuroLoopError:  # the others define nothing
            return np.full(change.shape, np.nan)

    told = count > 1 and intervals
    without = [without_unit(unit) for unit in range(count if told else 0)]

    def interval(of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        if not told:
            return np.full((2, *of(change).shape), np.nan)
        return of(change) + jackknife_interval([of(one) for one in without], level)

    rows = []
    for number, (name, panel) in enumerate(panels.items()):
        inside = panel & np.isfinite(change)
        low, high = interval(partial(_mean_inside, inside=inside))
        rows.append(
            {
                "panel": name,
                "entries": int(inside.sum()),
                "recordings": count,
                "first": made[0][inside].mean(),
                "second": made[1][inside].mean(),
                "change": seen[0, number],
                "ci_low": low,
                "ci_high": high,
                "p": _permutation_p(abs(seen[0, number]), np.abs(permuted[:, 0, number])),
                "p_any": _permutation_p(seen[1, number], permuted[:, 1, number]),
                "note": _why_no_p(count),
            }
        )
    return Change(pd.DataFrame(rows), change, *interval(np.asarray))


def _why_no_p(count: int) -> str:
    if count < 2:
        return ONE_UNIT
    if count < FEWEST_UNITS:
        return (
            f"{count} recordings a session: exchanging them gives no p below {2 / 2**count:.2g}; "
            f"record {FEWEST_UNITS} or more"
        )
    return ""


def _permutation_p(value: float, null: np.ndarray) -> float:
    return permutation_p(value, null) if np.isfinite(null).all() else np.nan


def _mean_inside(change: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Mean over entries of those that are defined; NaN, without a word, if none is."""
    values = change[inside & np.isfinite(change)]
    return np.array(values.mean() if len(values) else np.nan)


def _summed(change: np.ndarray, panels: Mapping[str, np.ndarray]) -> np.ndarray:
    """Mean change, and mean squared change, of each panel; shape (2, panels)."""
    values = [change[panel & np.isfinite(change)] for panel in panels.values()]
    return np.array([[v.mean() for v in values], [(v**2).mean() for v in values]])
