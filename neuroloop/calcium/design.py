"""How the trials of an experiment make influence: least squares over patterns, and its scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.resampling import pattern_means
from neuroloop.errors import NeuroLoopError

#: Least direct response, in standard errors, that anything is divided by: of a lesser one the
#: ratios of a whole column would have no bounds.
CLEAR = 4.0


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
    position = {cell: number for number, cell in enumerate(cells)}
    made = np.zeros((len(patterns), len(cells)), dtype=bool)
    for row, name in zip(made, patterns, strict=True):
        for cell in pattern_cells(name):
            if cell not in position:
                raise NeuroLoopError(f"pattern {name}: cell {cell} is not in the table of cells")
            row[position[cell]] = True
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


def with_null(responses: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Put the nulls of trials beside their responses, both (..., trials, cells)."""
    return np.concatenate([responses, null], axis=-1)


def influence_variance(responses: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray]:
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
    variance = influence_variance(responses[:, : len(direct)], design)[0].diagonal()
    # Without noise the error is 0 but for rounding.
    return direct, (direct > CLEAR * np.sqrt(variance)) & (direct > 0)


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
