"""Means of influence over sets of pairs, with what the trials say of their error."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.calcium.design import (
    direct_responses,
    influence_variance,
    least_squares,
    normalised,
    stimulated_cells,
)
from neuroloop.calcium.resampling import resamples
from neuroloop.calcium.response_matrix import check_numbers, response_matrix


class PairMean(NamedTuple):
    """Mean over pairs and its interval; NaN of no pair."""

    value: float
    low: float
    high: float


def pair_means(
    responses: np.ndarray | pd.DataFrame,
    patterns: Sequence[str],
    cells: pd.DataFrame,
    pairs: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    *,
    n_boot: int = 1000,
    level: float = 0.95,
) -> dict[str, PairMean]:
    """Average normalised influence over sets of pairs.

    As `influence.estimate_influence` makes one pair's interval, this makes a mean's: percentiles of
    a bootstrap over the trials of each pattern, made wider by the ratio of the quantiles of
    Student's t and of the normal distribution, with the degrees of freedom of the pair of the set
    that has the fewest. It speaks of other trials, of these pairs and of the mean over these seeds:
    with few of them, resamples of seeds lack cells of which one network learned nothing.

    Parameters
    ----------
    responses, patterns, cells, generator, n_boot, level
        As of `influence.estimate_influence`.
    pairs : mapping of str to ndarray of bool, shape (cells, cells)
        Sets of pairs whose influence is there.

    Returns
    -------
    dict of str to PairMean
    """
    check_numbers(generator, 0.0, n_boot, level)
    by_seed, patterns = response_matrix(responses, patterns, cells)
    design = least_squares(stimulated_cells(patterns, cells["cell"].tolist()))
    over_seeds = by_seed.mean(axis=0)
    _, clear = direct_responses(over_seeds, design)

    def averaged(estimated: np.ndarray) -> np.ndarray:
        made = normalised(estimated, clear, design.told)
        return np.array([made[chosen].mean() if chosen.any() else np.nan for chosen in sets])

    sets = list(pairs.values())
    value = averaged(design(over_seeds))
    drawn = np.stack(
        [
            averaged(design(resampled.mean(axis=0)))
            for resampled in resamples(by_seed, patterns, generator, n_boot)
        ]
    )
    freedom = influence_variance(over_seeds[:, : len(cells)], design)[1]
    tails = [(1 - level) / 2, (1 + level) / 2]
    made = {}
    for number, (name, chosen) in enumerate(pairs.items()):
        draws = drawn[:, number]
        if not chosen.any() or np.isnan(draws).mean() > tails[0]:
            made[name] = PairMean(float(value[number]), np.nan, np.nan)
            continue
        wider = special.stdtrit(freedom[chosen].min(), tails[1]) / special.ndtri(tails[1])
        low, high = value[number] + wider * (np.nanquantile(draws, tails) - value[number])
        made[name] = PairMean(float(value[number]), float(low), float(high))
    return made
