"""How many people carry an effect: inference on its prevalence from each person's permutations.

A mean over people that beats its null says that at least one of them carries the effect, and a t
test on accuracies says no more, since true accuracies are never below chance. What is wanted of a
population is its prevalence (Allefeld, Goergen & Haynes 2016, NeuroImage 141:378).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuroloop.statistics.intervals import permutation_p


class Prevalence(NamedTuple):
    """Inference from the least of the people's statistics.

    Attributes
    ----------
    p_any : float
        Against nobody carrying the effect.
    p_majority : float
        Against at most half of the population carrying it.
    low : float
        Share of the population that more than carry it, at the level asked for; 0 if `p_any` does
        not reach that.
    """

    p_any: float
    p_majority: float
    low: float


def fewest_people(alpha: float = 0.05) -> int:
    """People without whom no majority can be shown, however small their p: 0.5^N <= alpha."""
    return int(np.ceil(np.log(alpha) / np.log(0.5)))


def prevalence(
    observed: Sequence[float], nulls: Sequence[np.ndarray], alpha: float = 0.05
) -> Prevalence:
    """Infer how prevalent an effect is in the population that people were drawn from.

    The statistic is the least of the N people's. If nobody carried the effect, it would be reached
    with the chance p, the product over people of the share of their permutations (and of the
    labels as they are) that reach it: that is the mean over all combinations of permutations,
    which Allefeld et al. draw at random. If a share g carries it, that chance is at most
    ((1 - g) p^(1/N) + g)^N, which is p_majority at g = 1/2 and alpha at the lower bound
    (alpha^(1/N) - p^(1/N)) / (1 - p^(1/N)) of g.

    Parameters
    ----------
    observed : sequence of float, (people,)
        Statistic of each; larger is more of the effect.
    nulls : sequence of ndarray of float, (people,) of (permutations,)
        The same on permuted data.
    alpha : float
        Level of the lower bound.
    """
    if not len(observed) or len(observed) != len(nulls):
        raise ValueError(f"{len(observed)} people and {len(nulls)} nulls")
    least, people = min(observed), len(observed)
    root = float(np.prod([permutation_p(least, null) for null in nulls])) ** (1 / people)
    bound = alpha ** (1 / people)
    low = (bound - root) / (1 - root) if root < bound else 0.0
    return Prevalence(root**people, ((1 + root) / 2) ** people, low)
