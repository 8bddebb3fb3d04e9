"""Influence matrix: how much cell j responds when cell i is stimulated.

After Chettih & Harvey 2019, Nature 567:334: the mean response of j to stimulation of i beyond that
without it. A response may be dF/F of a trace or evidence read from a network's map: what is said
here holds for any number that a trial and a cell have. Where such a number is not 0 without
stimulation, the same trial's number without it, its null, stands beside it (`with_null`).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.calcium.design import (
    Design,
    direct_responses,
    influence_variance,
    least_squares,
    normalised,
    stimulated_cells,
)
from neuroloop.calcium.resampling import (
    resample_seeds,
    resamples,
)
from neuroloop.calcium.response_matrix import check_numbers, response_matrix

#: Why an entry is not there: the pair, the row of the stimulated cell, the responder's column.
ITSELF, NEAR = "the cell itself", "too near"
NEVER, TOGETHER = "never stimulated", "never stimulated without others alike"
SILENT, UNTAUGHT = "own response not clear", "never stimulated, so unknown to the networks"
#: Why the scale of a column is not there, other than by the cell itself.
UNSCALED = "no cell's own response is clear to scale by"
TWO_SCALES = "own response can be told in one session alone"


@dataclass(frozen=True, eq=False)
class Influence:
    """Influence of every cell on every other, with what the trials say of its error.

    Attributes
    ----------
    matrix : ndarray of float64, shape (cells, cells)
        ``[i, j]``: response of j to i, by the direct response of j if normalised (or by what stands
        for it, `own_scale`). NaN where `reasons` says why.
    ci_low, ci_high : ndarray of float64, shape (cells, cells)
        Interval of each entry; NaN, which is to say without bounds, where the direct response is
        so uncertain that resamples lack it.
    p : ndarray of float64, shape (cells, cells)
        Two-sided, against no response.
    direct : ndarray of float64, shape (cells,)
        Response of each cell to its own stimulation, in the unit of the responses.
    excluded : int
        Ordered pairs of cells that lie too near to each other.
    silent : int
        Cells whose direct response is not clear (`CLEAR`): nothing can be normalised by it.
    reasons : ndarray of str, shape (cells, cells)
        Why an entry is NaN (`ITSELF` and the others); empty where it is not.
    """

    matrix: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray
    direct: np.ndarray
    excluded: int
    silent: int
    reasons: np.ndarray


def too_near(cells: pd.DataFrame, distance: float) -> np.ndarray:
    """Tell which pairs of different cells have centres less than `distance` pixels apart.

    Light aimed at one also drives the other, which is no influence.

    Returns
    -------
    ndarray of bool, shape (cells, cells)
        False on the diagonal.
    """
    positions = cells[["row", "column"]].to_numpy(float)
    near = np.linalg.norm(positions[:, None] - positions, axis=2) < distance
    np.fill_diagonal(near, False)
    return near


def estimate_influence(
    responses: np.ndarray | pd.DataFrame,
    patterns: Sequence[str],
    cells: pd.DataFrame,
    generator: np.random.Generator,
    *,
    distance: float = 0.0,
    normalise: bool = True,
    followers: bool = True,
    n_boot: int = 1000,
    level: float = 0.95,
) -> Influence:
    """Estimate the influence of every cell on every other.

    Intervals are percentiles of a bootstrap over the trials of each pattern, and over seeds if
    there are several (see `resampling`), made wider by the ratio of the quantiles of Student's t
    and of the normal distribution: with few trials they would be too narrow. p is that of the t of
    the response that is not normalised, with the bootstrap's standard error. Degrees of freedom
    are those of the sum of the patterns' variances (Satterthwaite 1946, Biometrics Bull. 2:110).

    Parameters
    ----------
    responses : ndarray of float, shape (trials, cells) or (seeds, trials, cells), or DataFrame
        Columns of an array are the cells in their order, those of a DataFrame their ids in any.
        dF/F, or evidence of several networks, with their nulls (`with_null`) twice as wide. Trials
        of the same pattern are taken for independent.
    patterns : sequence of str
        Pattern of each trial.
    cells : DataFrame
        ``cell, row, column``.
    generator : numpy.random.Generator
        Draws the resamples.
    distance : float
        Entries of cells nearer than this are NaN, pixels; they stay in the model.
    normalise : bool
        Divide by direct responses.
    followers : bool
        Estimate how cells respond that are never stimulated. Not of evidence: a network learns of a
        cell by its stimulations.
    n_boot : int
        Number of resamples.
    level : float
        Coverage of the intervals.

    Returns
    -------
    Influence

    Raises
    ------
    NeuroLoopError
        If the patterns do not tell the cells apart, or none has two trials; if arguments do not
        belong together.
    """
    check_numbers(generator, distance, n_boot, level)
    by_seed, patterns = response_matrix(responses, patterns, cells)
    design = least_squares(stimulated_cells(patterns, cells["cell"].tolist()))
    near = too_near(cells, distance)
    # Seeds are averaged first: a network that learned little of a cell then weighs little in it,
    # where its own ratio would be noise by noise.
    over_seeds = by_seed.mean(axis=0)
    direct, clear = direct_responses(over_seeds, design)
    silent = normalise & design.told & ~clear
    reasons = why_hidden(near, design, silent, followers)
    hidden = reasons != ""

    def scaled(estimated: np.ndarray) -> np.ndarray:
        made = normalised(estimated, clear, design.told) if normalise else estimated
        return np.where(hidden, np.nan, made)

    plain = design(over_seeds)
    drawn = np.stack(
        [
            resample_seeds(design(resampled), generator)
            for resampled in resamples(by_seed, patterns, generator, n_boot)
        ]
    )
    value, spread = scaled(plain), scaled(drawn)
    freedom = influence_variance(over_seeds[:, : len(cells)], design)[1]
    wider = special.stdtrit(freedom, (1 + level) / 2) / special.ndtri((1 + level) / 2)
    tails = [(1 - level) / 2, (1 + level) / 2]
    lacking = np.isnan(spread).mean(axis=0) > tails[0]
    spread[:, lacking] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # entries that are NaN by their making
        low, high = value + wider * (np.nanquantile(spread, tails, axis=0) - value)
    error = drawn.std(axis=0)
    ratio = np.divide(plain, error, out=np.zeros_like(error), where=error > 0)
    p = np.where(np.isfinite(value), 2 * special.stdtr(freedom, -np.abs(ratio)), np.nan)
    reasons[~hidden & ~np.isfinite(value)] = UNSCALED
    return Influence(value, low, high, p, direct, int(near.sum()), int(silent.sum()), reasons)


def why_hidden(
    near: np.ndarray, design: Design, silent: np.ndarray, followers: bool = True
) -> np.ndarray:
    """Tell why entries of a matrix cannot be there.

    Parameters
    ----------
    near : ndarray of bool, shape (cells, cells)
        From `too_near`.
    design : Design
    silent : ndarray of bool, shape (cells,)
        Cells whose own response is not clear.
    followers : bool
        See `estimate_influence`.

    Returns
    -------
    ndarray of str, shape (cells, cells)
        Empty where an entry can be there.
    """
    reasons = np.full(near.shape, "", dtype="<U48")
    reasons[:, silent] = SILENT
    if not followers:
        reasons[:, design.never] = UNTAUGHT
    reasons[~design.told] = TOGETHER
    reasons[design.never] = NEVER
    reasons[near] = NEAR
    np.fill_diagonal(reasons, ITSELF)
    return reasons
