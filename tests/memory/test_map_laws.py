"""The law of the likeness of maps, beside what the calls take."""

import numpy as np
import pandas as pd

from neuroloop.calcium.map_likeness import map_likeness
from neuroloop.calcium.mapped_trials import map_items
from neuroloop.workflow.memory import LAWS, PLAIN
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Networks, patterns and trials of the study's largest area, and numbers of a map.
NETWORKS, PATTERNS, TRIALS, PLACES = 13, 108, 5, 64**2


def likeness(side: int, patterns: int = 24, trials: int = 4) -> int:
    """Bytes that maps of five networks take, and all that is made of them."""
    cells = [f"c{number}" for number in range(patterns)]
    rows = pd.DataFrame({"trial_row": np.arange(patterns * trials)})
    rows["pattern"] = np.repeat(cells, trials)
    rows["recording"] = rows["pattern"]
    rows["trial"] = np.tile(np.arange(trials), patterns)
    rows["group"] = np.where(rows["trial_row"] // trials % 2, "a", "b")
    items = map_items(rows, cells)

    def compare() -> None:
        drawn = np.random.default_rng(0)
        maps, untrained = (
            drawn.random((networks, len(items), side, side), dtype=np.float32)
            for networks in (2, 3)
        )
        found = map_likeness(maps, untrained, items, 0)
        assert found.mean_maps.shape == (patterns, side, side)
        found.arrays(), found.panels(), found.nulls(0), found.mean_matrices()

    return peak_bytes(compare)


def test_maps_are_there_as_read_and_by_trial() -> None:
    law = LAWS["correlate_maps"].terms
    places = [32**2, 48**2, 64**2, 80**2]
    of_none, a_place = fitted(places, lambda count: likeness(round(count**0.5)))
    a_value = a_place / (5 * 24 * 4)
    assert 0.6 * law["map value"] < a_value < law["map value"] / 0.85
    counts = [24, 48, 72, 96]
    _, a_pair = fitted(
        [(4 * count) ** 2 for count in counts],
        lambda pairs: likeness(8, round(pairs**0.5 / 4)),
    )
    assert a_pair < law["trial pair"] / 0.85
    # Three quarters of the patterns are pairs of cells, of which each is mapped.
    values = NETWORKS * PATTERNS * TRIALS * 1.75 * PLACES
    full = {"map value": values, "trial pair": (PATTERNS * TRIALS) ** 2}
    taken = PLAIN + 280 + (of_none + a_value * values + a_pair * full["trial pair"]) / 1e6
    check("correlate_maps", full, taken)
