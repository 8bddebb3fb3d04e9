"""What ZNCC of maps would be if networks had learned nothing, and if labels meant nothing.

Two nulls. Networks with random weights (`untrained`) give every statistic a value without any
learning. Permuting the patterns' labels within their groups says whether likeness follows the
cells: the sum over the matrix, which the study reports, does not change by it, so that it is taken
of the likeness of pairs that share a cell less that of pairs which share none. Rows and columns
are permuted together (Mantel 1967, Cancer Res. 27:209; of representations, Kriegeskorte et al.
2008, Front. Syst. Neurosci. 2:4).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from neuroloop.calcium.pattern_pairs import panels, sharing
from neuroloop.calcium.zncc import split_half, zncc
from neuroloop.statistics.families import corrected
from neuroloop.statistics.intervals import permutation_p
from neuroloop.statistics.units import scope, varied

#: The statistics: the published sum over the matrix, diagonal included, and the likeness of pairs
#: that share a cell less that of pairs which share none.
STATISTICS = ("sum", "sharing_excess")
#: The matrices that they are taken of: as published, and between halves of the trials.
KINDS = ("zncc", "split_half")
#: The nulls.
UNTRAINED, PERMUTED = "untrained networks", "permuted labels"

#: What each null varies, and what it does not.
VARIED = {
    UNTRAINED: (["network"], ["trial", "pattern", "animal"]),
    PERMUTED: (["pattern"], ["trial", "network", "animal"]),
}

#: The family of tests against untrained networks. Likeness follows labels without any learning, so
#: that permuted labels are in none.
FAMILY = "ZNCC beside untrained networks"

#: p above which likeness counts as no more than untrained networks have.
LEVEL = 0.05


class Panel(NamedTuple):
    """Patterns of a group, or all.

    Attributes
    ----------
    name : str
    inside : ndarray of bool, shape (patterns, patterns)
        Pairs of patterns of the panel, and patterns with themselves.
    shared, apart : ndarray of bool, shape (patterns, patterns)
        Pairs of one group, each once, that share a cell, and those that share none.
    """

    name: str
    inside: np.ndarray
    shared: np.ndarray
    apart: np.ndarray

    def sum(self, matrix: np.ndarray) -> float:
        """Sum over the panel; entries that are NaN are left out, NaN if all are."""
        values = matrix[self.inside & np.isfinite(matrix)]
        return float(values.sum()) if len(values) else np.nan

    def sharing_excess(self, matrix: np.ndarray) -> float:
        """Mean over pairs that share a cell, less that over pairs which share none.

        NaN without defined pairs of both kinds.
        """
        parts = [matrix[pairs & np.isfinite(matrix)] for pairs in (self.shared, self.apart)]
        return float(parts[0].mean() - parts[1].mean()) if all(map(len, parts)) else np.nan


def make_panels(patterns: Sequence[str], groups: Sequence[str]) -> list[Panel]:
    """All patterns, and those of each group if there are several."""
    of_pattern = np.asarray(groups, dtype=str)
    once = np.triu(of_pattern[:, None] == of_pattern, k=1)
    shared = sharing(patterns)
    whole = np.ones(shared.shape, dtype=bool)
    made = [Panel("all", whole, once & shared, once & ~shared)]
    held = panels(groups)
    for name in held if len(held) > 1 else ():
        inside = np.outer(of_pattern == name, of_pattern == name)
        made.append(Panel(name, inside, inside & once & shared, inside & once & ~shared))
    return made


def permuted(
    matrix: np.ndarray, groups: Sequence[str], generator: np.random.Generator, count: int
) -> Iterator[np.ndarray]:
    """Yield a matrix over patterns with the labels permuted within groups, `count` times."""
    order = np.arange(len(matrix))
    for _ in range(count):
        for positions in panels(groups).values():
            order[positions] = generator.permutation(positions)
        yield matrix[np.ix_(order, order)]


def null_table(
    trained: np.ndarray,
    untrained: np.ndarray,
    patterns: Sequence[str],
    groups: Sequence[str],
    generator: np.random.Generator,
    permutations: int = 999,
) -> pd.DataFrame:
    """Set statistics of ZNCC beside their nulls.

    Parameters
    ----------
    trained : ndarray, shape (seeds, trials, patterns, height, width)
        Maps of held-out trials (`mapped_trials.pattern_maps`).
    untrained : ndarray, shape (networks, trials, patterns, height, width)
        Those of networks with random weights, of the same frames.
    patterns, groups : sequence of str
        Name and group of each pattern.
    generator : numpy.random.Generator
        For halves of trials and permutations.
    permutations : int

    Returns
    -------
    DataFrame
        A row for all patterns and for each group if there are several, kind of matrix, statistic
        and null: ``group, kind, statistic, value`` (mean over seeds), ``ci_low, ci_high`` (95 %,
        over trials: jackknife and Student's t; NaN if trials are too few), ``null, null_mean,
        null_low, null_high`` (that hold 95 % of it), ``n_null``, ``p`` (one-sided: how often the
        null is at least as large; NaN if a value is not defined), ``undefined`` (entries of the
        matrix, and in ``null_undefined`` of a null's, means), ``patterns, trials, seeds``. A value
        of the null is one network's, which varies more than a mean over seeds. ``unit`` and
        ``scope`` (see `units`) are of p and its null, ``ci_unit`` is what the interval varies;
        ``family`` and ``q``: p corrected together (Benjamini & Hochberg); ``note`` says in words
        where likeness is no more than untrained networks have.
    """
    held = make_panels(patterns, groups)
    seeds, trials = trained.shape[:2]

    def matrices(of_network: np.ndarray) -> np.ndarray:
        both = zncc(of_network.mean(axis=0)).matrix, split_half(of_network, generator).matrix
        return np.stack(both)

    of_seeds = np.stack([matrices(maps) for maps in trained])
    of_null = np.stack([matrices(maps) for maps in untrained])
    without = np.array(
        [
            _measure(np.stack([matrices(np.delete(m, t, axis=0)) for m in trained]), held)
            for t in range(trials if trials > 1 else 0)
        ]
    )
    values, null = _measure(of_seeds, held), _each(of_null, held)
    half = np.full(values.shape, np.nan)
    if trials > 1:
        error = np.sqrt((trials - 1) * without.var(axis=0))
        half = special.stdtrit(trials - 1, 0.975) * error
    rows = []
    for k, kind in enumerate(KINDS):
        shuffled = permuted(of_seeds[:, k].mean(axis=0), groups, generator, permutations)
        excess = STATISTICS.index("sharing_excess")
        nulls = {(s, UNTRAINED): null[:, k, s] for s in range(len(STATISTICS))}
        nulls[excess, PERMUTED] = np.array(
            [[panel.sharing_excess(matrix) for panel in held] for matrix in shuffled]
        )
        for (s, name), draws in nulls.items():
            for g, panel in enumerate(held):
                value, drawn = float(values[k, s, g]), draws[:, g]
                defined = np.isfinite(value) and np.isfinite(drawn).all()
                low, high = np.quantile(drawn, [0.025, 0.975])
                of_network = of_null if name == UNTRAINED else of_seeds
                rows.append(
                    {
                        "group": panel.name,
                        "kind": kind,
                        "statistic": STATISTICS[s],
                        "value": value,
                        "ci_low": value - half[k, s, g],
                        "ci_high": value + half[k, s, g],
                        "null": name,
                        "null_mean": drawn.mean(),
                        "null_low": low,
                        "null_high": high,
                        "n_null": len(drawn),
                        "p": permutation_p(value, drawn) if defined else np.nan,
                        "undefined": _undefined(of_seeds[:, k], panel),
                        "null_undefined": _undefined(of_network[:, k], panel),
                        "patterns": int(panel.inside.any(axis=0).sum()),
                        "trials": trials,
                        "seeds": seeds,
                    }
                )
    return _with_words(pd.DataFrame(rows))


def _with_words(table: pd.DataFrame) -> pd.DataFrame:
    """Say what p varies, correct it in its family, and tell what does not beat its null."""
    table["unit"] = table["null"].map({name: varied(units) for name, (units, _) in VARIED.items()})
    table["scope"] = table["null"].map({name: scope(*both) for name, both in VARIED.items()})
    table["ci_unit"] = varied(["trial"])
    of_networks = table["null"] == UNTRAINED
    table["family"] = np.where(of_networks & table["p"].notna(), FAMILY, "")
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist())
    no_more = of_networks & (table["p"] > LEVEL)
    table["note"] = np.where(no_more, "NOT ABOVE UNTRAINED NETWORKS", "")
    return table


def _each(matrices: np.ndarray, held: Sequence[Panel]) -> np.ndarray:
    """Statistics of every network, shape (networks, kinds, statistics, panels)."""
    flat = matrices.reshape(-1, *matrices.shape[-2:])
    made = [[[getattr(panel, name)(m) for panel in held] for name in STATISTICS] for m in flat]
    return np.array(made).reshape(*matrices.shape[:2], len(STATISTICS), len(held))


def _measure(matrices: np.ndarray, held: Sequence[Panel]) -> np.ndarray:
    """Statistics, means over networks; shape (kinds, statistics, panels)."""
    return np.asarray(_each(matrices, held).mean(axis=0))


def _undefined(matrices: np.ndarray, panel: Panel) -> float:
    """Entries of a panel that are NaN, mean over networks."""
    return float(np.isnan(matrices[:, panel.inside]).sum(axis=1).mean())
