"""How alike the maps of a session's patterns are, seed by seed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.calcium.mapped_trials import pattern_maps
from neuroloop.calcium.pattern_pairs import label_overlap, panel_table
from neuroloop.calcium.zncc import SplitHalf, Zncc, split_half, zncc
from neuroloop.calcium.zncc_nulls import null_table
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.units import scope


@dataclass(frozen=True, eq=False)
class MapLikeness:
    """ZNCC of the maps of all pairs of patterns, seed by seed.

    Attributes
    ----------
    maps : ndarray, shape (seeds, trials, patterns, height, width)
    untrained : ndarray, shape (networks, trials, patterns, height, width)
    patterns, groups : list of str
    raw : list of Zncc
        Of means over all trials, as published.
    halves : list of SplitHalf
        Of means over halves of the trials.
    """

    maps: np.ndarray
    untrained: np.ndarray
    patterns: list[str]
    groups: list[str]
    raw: list[Zncc]
    halves: list[SplitHalf]

    @property
    def mean_maps(self) -> np.ndarray:
        """Mean over seeds and trials, shape (patterns, height, width)."""
        return self.maps.mean(axis=(0, 1))

    def arrays(self) -> dict[str, np.ndarray]:
        """Matrices of every seed, and the overlap of the patterns' cells."""
        return {
            "zncc": np.stack([one.matrix for one in self.raw]),
            "split_half": np.stack([one.matrix for one in self.halves]),
            "ceiling": np.stack([one.ceiling for one in self.halves]),
            "label_overlap": label_overlap(self.patterns),
        }

    def panels(self) -> pd.DataFrame:
        """Means over pairs of patterns, by ``seed`` and ``kind`` of matrix; nothing is tested."""
        tables = [
            panel_table(matrix, self.patterns, self.groups).assign(seed=number, kind=kind)
            for kind, matrices in (("zncc", self.raw), ("split_half", self.halves))
            for number, matrix in enumerate(one.matrix for one in matrices)
        ]
        speaks_of = scope([], ["trial", "pattern", "network", "animal"])
        return pd.concat(tables).assign(unit="", scope=speaks_of, family="", q=np.nan)

    def nulls(self, seed: int, warning: str = "") -> pd.DataFrame:
        """ZNCC beside its nulls, see `null_table`; of a reader at chance in no family."""
        generator = numpy_generator(seed, "ZNCC nulls")
        table = null_table(self.maps, self.untrained, self.patterns, self.groups, generator)
        return table.assign(family="", q=np.nan) if warning else table

    def mean_matrices(self) -> dict[str, np.ndarray]:
        """Means over seeds, by the title of the panel that shows them."""
        raw = np.mean([one.matrix for one in self.raw], axis=0)
        with np.errstate(invalid="ignore"):
            corrected = np.mean([one.matrix / one.ceiling for one in self.halves], axis=0)
        return {
            "as published": raw,
            "its square": raw**2,
            "between halves of the trials": corrected,
            "of shared cells alone": label_overlap(self.patterns),
        }


def map_likeness(
    maps: np.ndarray, untrained: np.ndarray, items: pd.DataFrame, seed: int
) -> MapLikeness:
    """Correlate the maps of all pairs of patterns.

    Parameters
    ----------
    maps, untrained : ndarray, shape (seeds or networks, items, height, width)
        Maps of a reader, and of networks that learned nothing.
    items : DataFrame
        maps.tsv.
    seed : int
        Root seed.

    Returns
    -------
    MapLikeness
    """
    by_trial, patterns = pattern_maps(maps, items)
    of_untrained, _ = pattern_maps(untrained, items)
    groups = items.drop_duplicates("pattern").set_index("pattern")["group"].loc[patterns].tolist()
    raw = [zncc(one.mean(axis=0)) for one in by_trial]
    halves = [
        split_half(one, numpy_generator(seed, "split half", number))
        for number, one in enumerate(by_trial)
    ]
    return MapLikeness(by_trial, of_untrained, patterns, groups, raw, halves)
