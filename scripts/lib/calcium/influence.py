"""Influence matrix: how much cell j responds when cell i is stimulated.

After Chettih & Harvey 2019, Nature 567:334: the mean response of j to stimulation of i beyond that
without it. A response may be dF/F of a trace or evidence read from a network's map: what is said
here holds for any number that a trial and a cell have. Where such a number is not 0 without
stimulation, the same trial's number without it, its null, stands beside it (`with_null`).
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from scripts.lib.calcium.patterns import pattern_cells
from scripts.lib.calcium.resampling import (
    pattern_means,
    resample,
    resample_seeds,
)
from scripts.lib.core.errors import NeuroLoopError

#: Least direct response, in standard errors, that anything is divided by: of a lesser one the
#: ratios of a whole column would have no bounds.
CLEAR = 4.0


#: Why an entry is not there: the pair, the row of the stimulated cell, the responder's column.
ITSELF, NEAR = "the cell itself", "too near"
NEVER, TOGETHER = "never stimulated", "never stimulated without others alike"
SILENT, UNTAUGHT = "own response not clear", "never stimulated, so unknown to the networks"


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


def stimulated_cells(patterns: Sequence[str], cells: Sequence[str]) -> np.ndarray:
    """Tell which cells each trial stimulates.

    Returns
    -------
    ndarray of bool, shape (trials, cells)

    Raises
    ------
    NeuroLoopError
        If a pattern names a cell that is not in the list.
    """
    place = {cell: number for number, cell in enumerate(cells)}
    made = np.zeros((len(patterns), len(cells)), dtype=bool)
    for row, name in zip(made, patterns, strict=True):
        for cell in pattern_cells(name):
            if cell not in place:
                raise NeuroLoopError(f"pattern {name}: cell {cell} is not in the table of cells")
            row[place[cell]] = True
    return made


@dataclass(frozen=True, eq=False)
class Design:
    """How trials make influence: least squares, as weights of trials.

    The response of j is modelled as the sum of the influences of all stimulated cells (its own
    included), so that singles and pairs are used alike.

    Attributes
    ----------
    weights : ndarray of float64, shape (cells, trials)
        Times responses: entry [i, j] is the response of j to i, not normalised.
    null_weights : ndarray of float64, shape (cells, trials)
        Times the nulls of the trials, to be taken off: the mean null of all trials counts in each.
    pattern : ndarray of int, shape (trials,)
        Number of the set of cells that each trial stimulates.
    told : ndarray of bool, shape (cells,)
        Whether the patterns tell the cell's influence from the others'; the weights of others are
        NaN.
    never : ndarray of bool, shape (cells,)
        Whether no trial stimulates the cell.
    """

    weights: np.ndarray
    null_weights: np.ndarray
    pattern: np.ndarray
    told: np.ndarray
    never: np.ndarray

    def __call__(self, responses: np.ndarray) -> np.ndarray:
        """Estimate influence, not normalised.

        Parameters
        ----------
        responses : ndarray, shape (..., trials, cells) or, from `with_null`, (..., trials, 2 cells)

        Returns
        -------
        ndarray of float64, shape (..., cells, cells)
        """
        cells = len(self.weights)
        made: np.ndarray = self.weights @ responses[..., :cells]
        null = responses[..., cells:]
        return made - self.null_weights @ null if null.shape[-1] else made


def least_squares(stimulated: np.ndarray) -> Design:
    """Make the design of an experiment.

    A cell that is never stimulated, or only together with the same others, has no row of its own;
    the rows of other cells are those of the least-squares solution all the same.

    Parameters
    ----------
    stimulated : ndarray of bool, shape (trials, cells)

    Raises
    ------
    NeuroLoopError
        If the patterns tell no cell from the others.
    """
    design = stimulated.astype(np.float64)
    trials, cells = design.shape
    weights = np.linalg.pinv(design)
    # A row can be told if its weights respond to its own cell alone.
    told = np.isclose((weights @ design).diagonal(), 1, rtol=0, atol=1e-8)
    never = np.logical_not(stimulated.any(axis=0))
    if not told.any():
        raise NeuroLoopError(
            f"{trials} trials cannot tell the influence of {cells} cells apart ({never.sum()} are "
            "never stimulated): add patterns"
        )
    weights[~told] = np.nan
    null_weights = weights.sum(axis=1, keepdims=True) * np.full(trials, 1 / trials)
    pattern = np.unique(stimulated, axis=0, return_inverse=True)[1].reshape(-1)
    return Design(weights, null_weights, pattern, told, never)


def direct_responses(responses: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the response of each cell to its own stimulation, and tell which are clear.

    Parameters
    ----------
    responses : ndarray, shape (trials, cells) or (trials, 2 cells)
    design : Design

    Returns
    -------
    direct : ndarray of float64, shape (cells,)
        NaN of a cell that the design does not tell from others.
    clear : ndarray of bool, shape (cells,)
        More than `CLEAR` standard errors above 0.
    """
    direct = design(responses).diagonal()
    variance = _variance(responses[:, : len(direct)], design)[0].diagonal()
    # Without noise the error is 0 but for rounding.
    return direct, (direct > CLEAR * np.sqrt(variance)) & (direct > 0)


def with_null(responses: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Put the nulls of trials beside their responses, both (..., trials, cells)."""
    return np.concatenate([responses, null], axis=-1)


def own_scale(direct: np.ndarray, clear: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Tell what the responses of each cell are divided by.

    Parameters
    ----------
    direct : ndarray of float64, shape (..., cells)
        Responses to the own stimulation.
    clear, told : ndarray of bool, shape (cells,)
        From `direct_responses` and the `Design`.

    Returns
    -------
    ndarray of float64, shape (..., cells)
        The direct response; of a cell whose direct response cannot be told, as it is never
        stimulated alone, the mean of those that are clear; NaN where it is not clear or not above
        0.
    """
    others = direct[..., clear].mean(axis=-1, keepdims=True) if clear.any() else np.nan
    scale = np.where(told, np.where(clear, direct, np.nan), others)
    with np.errstate(invalid="ignore"):
        made: np.ndarray = np.where(scale > 0, scale, np.nan)
    return made


def normalised(estimated: np.ndarray, clear: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Divide responses of each cell by its direct response, or by what stands for it.

    Parameters
    ----------
    estimated : ndarray, shape (..., cells, cells)
        From a `Design`.
    clear, told : ndarray of bool, shape (cells,)
        See `own_scale`.

    Returns
    -------
    ndarray of float64, shape (..., cells, cells)
        NaN in the column of a cell whose direct response is not above 0.
    """
    direct = np.diagonal(estimated, axis1=-2, axis2=-1)
    made: np.ndarray = estimated / own_scale(direct, clear, told)[..., None, :]
    return made


def influence_measure(
    stimulated: np.ndarray, hidden: np.ndarray
) -> Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]]:
    """Measure the influence of every cell on every other, normalised, for `sessions`.

    Parameters
    ----------
    stimulated : ndarray of bool, shape (trials, cells)
        Of the matched trials.
    hidden : ndarray of bool, shape (cells, cells)
        Entries that are NaN: the diagonal, cells too near to each other, and others.

    Returns
    -------
    callable
        From some of the trials to the measure of their responses.
    """

    def of(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        design = least_squares(stimulated[rows])
        everywhere = np.ones(len(hidden), dtype=bool)

        def measure(responses: np.ndarray) -> np.ndarray:
            made = normalised(design(responses), everywhere & design.told, design.told)
            return np.where(hidden, np.nan, made)

        return measure

    return of


def too_near(cells: pd.DataFrame, distance: float) -> np.ndarray:
    """Tell which pairs of different cells have centres less than `distance` pixels apart.

    Light aimed at one also drives the other, which is no influence.

    Returns
    -------
    ndarray of bool, shape (cells, cells)
        False on the diagonal.
    """
    places = cells[["row", "column"]].to_numpy(float)
    near = np.linalg.norm(places[:, None] - places, axis=2) < distance
    np.fill_diagonal(near, False)
    return near


def estimate_influence(
    responses: np.ndarray,
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
    responses : ndarray of float, shape (trials, cells) or (seeds, trials, cells)
        dF/F, or evidence of several networks, with their nulls (`with_null`) twice as wide. Trials
        of the same pattern are taken for independent.
    patterns : sequence of str
        Pattern of each trial.
    cells : DataFrame
        ``cell, row, column``: the columns of `responses`.
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
        If the patterns do not tell the cells apart, or none has two trials.
    """
    by_seed = responses[None] if responses.ndim == 2 else responses
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
            resample_seeds(design(resample(by_seed, patterns, generator)), generator)
            for _ in range(n_boot)
        ]
    )
    value, spread = scaled(plain), scaled(drawn)
    freedom = _variance(over_seeds[:, : len(cells)], design)[1]
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
    reasons[~hidden & ~np.isfinite(value)] = SILENT
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


def _variance(responses: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Variance of influence and its degrees of freedom, each of shape (cells, cells)."""
    counts = np.bincount(design.pattern)
    if counts.max() < 2:
        raise NeuroLoopError("no pattern has two trials: the error of its mean cannot be told")
    residual = responses - pattern_means(responses, design.pattern)[design.pattern]
    member = (np.arange(len(counts))[:, None] == design.pattern).astype(np.float64)
    spread = (member @ residual**2) / np.maximum(counts - 1, 1)[:, None]
    each = (design.weights**2 @ member.T)[:, :, None] * spread
    total, spent = each.sum(axis=1), (each**2 / np.maximum(counts - 1, 1)[:, None]).sum(axis=1)
    return total, np.divide(total**2, spent, out=np.ones_like(total), where=spent > 0)
