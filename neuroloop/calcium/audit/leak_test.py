"""Whether trials' patterns are known from numbers that should not know them.

A small fixed classifier names held-out trials, by the folds of the readers: of the `SELECTED`
features that differ most between patterns in training, each over its spread within patterns, the
nearest mean. It is judged by pairs: how often a trial lies nearer to its own pattern than to
another one of its group, 0.5 by chance however many patterns there are. p is that of patterns
exchanged between trials of one group and one fold, with training and selection done anew.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammaln

from neuroloop.statistics.folds import Split

#: Features that the classifier uses.
SELECTED = 10

#: Permutations at most, and how many as good as the data end them early (Besag & Clifford 1991,
#: Biometrika 78:301): p is then large, and more of them change nothing.
PERMUTATIONS, ENOUGH = 7999, 10

#: Chance of the judgement by pairs.
CHANCE = 0.5

#: p of all tests of a session together from which on one finds a leak, and the least accuracy that
#: matters: a tenth of the way from chance to 1.
LEVEL, MATTERS = 0.001, 0.55


class LeakTest(NamedTuple):
    """How well held-out trials' patterns are told, by pairs.

    Attributes
    ----------
    value : float
        Share of pairs of the trial's own pattern and another of its group.
    p : float
    trials : int
        Those that were judged.
    """

    value: float
    p: float
    trials: int

    def found(self, tests: int) -> bool:
        """Whether it matters and is no chance, of as many tests."""
        return self.p * tests <= LEVEL and self.value >= MATTERS


class Design(NamedTuple):
    """Trials, and how they are dealt.

    Attributes
    ----------
    patterns, groups : ndarray of int, shape (trials,)
        Numbers from 0.
    splits : sequence of Split
        Places of trials.
    cells : list of ndarray
        Places of the trials that may exchange their patterns: of one group, and tested by one fold.
    """

    patterns: np.ndarray
    groups: np.ndarray
    splits: Sequence[Split]
    cells: list[np.ndarray]

    @property
    def ways(self) -> float:
        """Natural logarithm of the number of ways to exchange patterns."""
        return sum(
            float(gammaln(len(places) + 1) - gammaln(np.bincount(self.patterns[places]) + 1).sum())
            for places in self.cells
        )


def design_of(trials: pd.DataFrame, splits: Sequence[Split], of: str = "pattern") -> Design:
    """Number what is told from features, and what is exchanged.

    Parameters
    ----------
    trials : DataFrame
        ``group`` of each trial, and what is told of it.
    splits : sequence of Split
        Places of trials.
    of : str
        Column that is told in place of patterns.
    """
    fold = np.full(len(trials), -1)
    for number, split in enumerate(splits):
        fold[split.test] = number
    patterns = np.unique(trials[of], return_inverse=True)[1]
    groups = np.unique(trials["group"], return_inverse=True)[1]
    _, cell = np.unique(np.column_stack([groups, fold]), axis=0, return_inverse=True)
    cell = cell.ravel()
    cells = [np.flatnonzero(cell == number) for number in range(cell.max() + 1)]
    return Design(patterns, groups, splits, cells)


def leak_test(
    features: Sequence[np.ndarray],
    design: Design,
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> LeakTest:
    """Test whether features tell the patterns of held-out trials.

    Parameters
    ----------
    features : sequence of ndarray of float, each of shape (trials, features)
        Those of one array are of one kind and unit.
    design : Design
    generator : Generator
    permutations : int
        At most.
    """
    x = [np.asarray(one, dtype=np.float64) for one in features]
    x = [one - one.mean(axis=0) for one in x]
    classes = int(design.patterns.max()) + 1
    value, judged = _accuracy(x, design.patterns, design, classes)

    def exchanged() -> float:
        patterns = design.patterns.copy()
        for places in design.cells:
            patterns[places] = design.patterns[generator.permutation(places)]
        return _accuracy(x, patterns, design, classes)[0]

    return LeakTest(value, permutation_p(value, exchanged, permutations), judged)


def permutation_p(value: float, exchanged: Callable[[], float], permutations: int) -> float:
    """Share of permutations as good as the data, ended early at `ENOUGH` of them.

    Parameters
    ----------
    value : float
        Of the data.
    exchanged : callable
        Draws a permutation, and returns its value.
    permutations : int
        At most.
    """
    reached = drawn = 0
    while drawn < permutations and reached < ENOUGH:
        reached += exchanged() >= value - 1e-12
        drawn += 1
    # Ended early, the share of permutations itself is p.
    return reached / drawn if reached == ENOUGH else (1 + reached) / (1 + drawn)


def _accuracy(
    x: Sequence[np.ndarray], patterns: np.ndarray, design: Design, classes: int
) -> tuple[float, int]:
    """Mean over held-out trials of the share of pairs that are right, and how many trials."""
    of_group = np.zeros((int(design.groups.max()) + 1, classes), dtype=bool)
    of_group[design.groups, patterns] = True
    shares = []
    for split in design.splits:
        nearest = _distances(x, split, patterns[split.train], classes)
        own = patterns[split.test]
        mine = nearest[np.arange(len(own)), own][:, None]
        others = of_group[design.groups[split.test]] & np.isfinite(nearest)
        others[np.arange(len(own)), own] = False
        right = (nearest > mine) + 0.5 * (nearest == mine)
        count = others.sum(axis=1)
        with np.errstate(invalid="ignore"):
            share = (right * others).sum(axis=1) / count
        shares.append(share[(count > 0) & np.isfinite(mine[:, 0])])
    every = np.concatenate(shares)
    return (float(every.mean()) if len(every) else CHANCE), len(every)


def _distances(
    x: Sequence[np.ndarray], split: Split, patterns: np.ndarray, classes: int
) -> np.ndarray:
    """Squared distance of test trials from the mean of each pattern; infinite if it has none."""
    member = np.zeros((classes, len(patterns)))
    member[patterns, np.arange(len(patterns))] = 1.0
    often = member.sum(axis=1)
    ratios, weighted, centres = [], [], []
    for every in x:
        train = every[split.train]
        means = (member @ train) / np.maximum(often, 1)[:, None]
        of_all = len(train) * train.mean(axis=0) ** 2
        total, between = (train**2).sum(axis=0) - of_all, often @ means**2 - of_all
        within = np.maximum(total - between, 0)
        # One trial a pattern in training leaves no spread within: then that of all counts.
        spread = within if len(train) > (often > 0).sum() else total
        # A feature that a pattern always has alike is a finding, one that differs by rounding none.
        # Of many of one kind some are alike by chance: each counts half as what most have.
        slack = 1e-9 * np.maximum(total, 1e-30)
        if train.shape[1] > SELECTED:
            slack = slack + np.median(spread)
        ratios.append(between / (within + slack))
        chosen = np.argsort(-ratios[-1], kind="stable")[:SELECTED]
        scale = np.sqrt(spread[chosen] + slack[chosen])
        ratios[-1] = ratios[-1][chosen]
        weighted.append(every[split.test][:, chosen] / scale)
        centres.append(means[:, chosen] / scale)
    best = np.argsort(-np.concatenate(ratios), kind="stable")[:SELECTED]
    test, centre = np.hstack(weighted)[:, best], np.hstack(centres)[:, best]
    found = (test**2).sum(axis=1)[:, None] - 2 * test @ centre.T + (centre**2).sum(axis=1)
    found[:, often == 0] = np.inf
    return np.asarray(found)
