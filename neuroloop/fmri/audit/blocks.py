"""A decoding problem whose rows are blocks: what each is about, which folds learn from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.permutation import permutations
from neuroloop.statistics.folds import Split

#: Numbers that a chunk of permuted labels may hold.
CHUNK = 20_000_000


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of a problem, in the order of their first rows.

    Attributes
    ----------
    problem : Problem
    first : ndarray of int, (blocks,)
        First row of each.
    of_row : ndarray of int, (rows,)
        Block of each row.
    splits : list of Split
        The product's folds, in blocks.
    """

    problem: Problem
    first: np.ndarray
    of_row: np.ndarray
    splits: list[Split]

    @classmethod
    def of(cls, problem: Problem) -> "Blocks":
        """Join the rows of each block."""
        names, at, code = np.unique(problem.blocks, return_index=True, return_inverse=True)
        order = np.argsort(at)
        place = np.empty(len(names), int)
        place[order] = np.arange(len(names))
        of_row = place[code.reshape(-1)]
        made = [
            Split(np.unique(of_row[split.train]), np.unique(of_row[split.test]))
            for split in problem.splits
        ]
        return cls(problem, at[order], of_row, made)

    @property
    def y(self) -> np.ndarray:
        """Class of each block."""
        return self.problem.y[self.first]

    @property
    def runs(self) -> np.ndarray:
        """Run of each block."""
        return self.problem.runs[self.first]

    @property
    def positions(self) -> np.ndarray:
        """How many blocks of its run come before each, by its first row."""
        at = np.empty(len(self.first), int)
        for run in dict.fromkeys(self.runs.tolist()):
            here = np.flatnonzero(self.runs == run)
            at[here] = np.arange(len(here))
        return at

    @property
    def ways(self) -> float:
        """How many ways of exchanging labels there are."""
        units, log_ways = self.problem.permutable, 0.0
        for stratum in np.unique(units.stratum):
            counts = np.bincount(units.label[units.stratum == stratum])
            log_ways += gammaln(counts.sum() + 1) - gammaln(counts + 1).sum()
        return float(np.exp(min(log_ways, 700.0)))

    def means(self, rows: np.ndarray) -> np.ndarray:
        """Mean over the rows of each block, (blocks, columns)."""
        sums = np.zeros((len(self.first), rows.shape[1]))
        np.add.at(sums, self.of_row, rows)
        return sums / np.bincount(self.of_row)[:, None]

    def permuted(self, generator: np.random.Generator, n: int) -> Iterator[np.ndarray]:
        """Draw `n` permutations of the labels as the product's null does, some at a time.

        Yields
        ------
        ndarray of int, (some, blocks)
        """
        problem = self.problem
        at_once = max(1, min(n, CHUNK // (len(problem.y) * 2)))
        for start in range(0, n, at_once):
            drawn = permutations(
                problem.y,
                problem.blocks,
                problem.runs,
                generator,
                min(at_once, n - start),
                problem.stimuli,
                problem.folds,
            )
            yield drawn[:, self.first]
