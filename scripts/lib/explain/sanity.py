"""The sanity tests of one attribution method on one network, as tidy tables.

Whether its maps depend on what the network learned (randomised weights, permuted labels), name the
pixels that count (deletion, insertion), point at the truth, and say anything at all. The edges of
the image go through the same tests.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from scripts.lib.core.seeds import derive_seed, numpy_generator
from scripts.lib.core.statistics import crossed_interval
from scripts.lib.explain.attribution import Attribution, in_batches
from scripts.lib.explain.cam import count_maps
from scripts.lib.explain.edges import edges
from scripts.lib.explain.explained import Explained
from scripts.lib.explain.layer_groups import compare_maps, compare_randomised, group_layers
from scripts.lib.explain.perturbation import (
    AgainstRandom,
    Curves,
    Perturbation,
    against_random,
    perturbation_curves,
    random_curves,
)
from scripts.lib.explain.pointing import Pointing, energy_pointing, pointing_game
from scripts.lib.explain.randomisation import (
    CASCADING,
    LABELS,
    STATISTIC,
    THRESHOLD,
    Verdict,
    find_layers,
    judge,
)

#: Whose maps give the order of pixels.
MAP, RANDOM, EDGES = "map", "random", "edges"
DIRECTIONS = ("deletion", "insertion")
CURVE_COLUMNS = ("direction", "order", "image", "share", "probability")
#: A row a number: `chance` is what a method has that knows nothing, `baseline` what the edges have.
SANITY_COLUMNS = (
    "test",
    "statistic",
    "value",
    "ci_low",
    "ci_high",
    "chance",
    "baseline",
    "n",
    "undefined",
    "verdict",
)
#: Level of the tests against chance.
ALPHA = 0.05


@dataclass(frozen=True)
class Checks:
    """How thorough the tests are.

    Attributes
    ----------
    groups : int
        Most groups of layers that are randomised together.
    megapixels : float
        Of images that may go through the network while it is randomised, in forward passes: for a
        method that needs many of them for a map, layers are put together in fewer groups, at least
        one.
    curve_steps : int
        Steps of the deletion and insertion curves.
    random_orders : int
        Random orders of each image's pixels.
    batch : int
        Images at once.
    """

    groups: int = 12
    megapixels: float = 20.0
    curve_steps: int = 20
    random_orders: int = 3
    batch: int = 16

    def groups_for(self, images: torch.Tensor, runs_a_map: int) -> int:
        """Groups of layers that the pixels suffice for, with two passes of all images a group."""
        pixels = 2 * len(images) * images.shape[2] * images.shape[3] * runs_a_map
        return int(np.clip(self.megapixels * 1e6 // pixels, 1, self.groups))


class Permuted(NamedTuple):
    """The network that was trained on permuted labels, and whether it memorised them."""

    network: nn.Module
    memorised: bool


class Sanity(NamedTuple):
    """What the tests found.

    Attributes
    ----------
    randomisation : DataFrame
        `randomisation.COLUMNS`: a row an image and randomised network, ``image`` its id.
    curves : DataFrame
        `CURVE_COLUMNS`: probability of the named class while pixels change, of random orders the
        mean.
    table : DataFrame
        `SANITY_COLUMNS`.
    verdict : Verdict
        Of the cascading randomisation.
    """

    randomisation: pd.DataFrame
    curves: pd.DataFrame
    table: pd.DataFrame
    verdict: Verdict


def check_attribution(
    network: nn.Module,
    method: str,
    attribution: Attribution,
    maps: np.ndarray,
    explained: Explained,
    checks: Checks,
    *,
    multi_label: bool,
    runs_a_map: int,
    permuted: Permuted | None,
    seed: int,
) -> Sanity:
    """Run all tests of a method.

    Parameters
    ----------
    network : Module
        Stays as it is.
    method : str
        Its name.
    attribution : callable
    maps : ndarray of float32, shape (n, height', width')
        Its maps of the network.
    explained : Explained
        Images, n of them, and what is explained.
    checks : Checks
    multi_label : bool
        Of the network's outputs.
    runs_a_map : int
        See `methods.runs_of`.
    permuted : Permuted, optional
    seed : int
        Methods that share it meet the same random networks and orders.

    Returns
    -------
    Sanity
    """
    most = checks.groups_for(explained.images, runs_a_map)
    layers = group_layers(find_layers(network, explained.images), most)
    given = explained.images, explained.classes
    similar = compare_randomised(
        network, attribution, maps, *given, layers, derive_seed(seed, "weights"), checks.batch
    )
    verdict = judge(similar, method, seed=seed)
    rows = [_judged(CASCADING, verdict)]
    if permuted:
        others = copy.deepcopy(permuted.network).eval()
        made = in_batches(attribution, others, *given, checks.batch)
        labels = compare_maps(LABELS, "all", 1, maps, made)
        judged = judge(labels, method, seed=seed, kind=LABELS)
        rows.append(_judged(LABELS, judged, known=permuted.memorised))
        similar = pd.concat([similar, labels], ignore_index=True)
    edge_maps = edges(network, *given)
    curves = []
    for direction in DIRECTIONS:
        perturbation = Perturbation(
            direction, steps=checks.curve_steps, multi_label=multi_label, batch=64
        )
        own, of_edges = (
            perturbation_curves(network, *given, one, perturbation, seed=derive_seed(seed, "ties"))
            for one in (maps, edge_maps)
        )
        orders = random_curves(network, *given, perturbation, seed=seed, draws=checks.random_orders)
        rows += _judged_curves(direction, own, of_edges, orders, seed)
        chance = Curves(own.shares, np.mean([one.probabilities for one in orders], axis=0))
        for order, curve in ((MAP, own), (RANDOM, chance), (EDGES, of_edges)):
            curves.append(_tidy_curves(direction, order, curve, explained.ids))
    rows += _pointing(maps, edge_maps, explained, seed)
    counts = count_maps(maps)
    rows += [
        {"test": "maps", "statistic": name, "value": getattr(counts, name), "n": counts.maps}
        for name in ("empty", "constant", "undefined")
    ]
    similar["image"] = explained.ids[similar["image"].to_numpy()]
    table = pd.DataFrame(rows).reindex(columns=list(SANITY_COLUMNS))
    table["undefined"] = table["undefined"].fillna(0).astype(int)
    return Sanity(similar, pd.concat(curves, ignore_index=True), table, verdict)


def _tidy_curves(direction: str, order: str, curves: Curves, ids: np.ndarray) -> pd.DataFrame:
    images, points = curves.probabilities.shape
    values = {
        "direction": direction,
        "order": order,
        "image": np.repeat(ids, points),
        "share": np.tile(curves.shares, images),
        "probability": curves.probabilities.ravel(),
    }
    return pd.DataFrame(values)[list(CURVE_COLUMNS)]


def _judged(test: str, verdict: Verdict, known: bool = True) -> dict[str, Any]:
    """Row of a randomisation test; edges stay as they are whatever the network."""
    said = "undecided"
    if not known:
        said = "not memorised"
    elif verdict.sensitive:
        said = "sensitive"
    elif verdict.low >= THRESHOLD:
        said = "insensitive"
    return {
        "test": test,
        "statistic": STATISTIC,
        "value": verdict.statistic,
        "ci_low": verdict.low,
        "ci_high": verdict.high,
        "chance": 0.0,
        "baseline": 1.0,
        "n": verdict.n,
        "undefined": verdict.undefined,
        "verdict": said,
    }


def _judged_curves(
    direction: str, own: Curves, of_edges: Curves, orders: Sequence[Curves], seed: int
) -> list[dict[str, Any]]:
    """Rows of the area under a method's curves, and of its differences from random and edges."""
    found = against_random(own, orders, seed=seed)
    edged = against_random(own, [of_edges], seed=seed)
    defined = own.auc[np.isfinite(own.auc)]
    low = high = None
    if len(defined) > 1:
        generator = numpy_generator(seed, "area", direction)
        _, low, high = crossed_interval(defined[None], generator)
    areas = {
        "statistic": "auc",
        "value": defined.mean() if len(defined) else np.nan,
        "ci_low": low,
        "ci_high": high,
        "chance": np.mean([one.auc for one in orders]),
        "baseline": np.nanmean(of_edges.auc),
        "n": found.n,
        "undefined": found.undefined,
    }
    baseline = against_random(of_edges, orders, seed=seed).value
    differences = [
        {"statistic": "auc_less_random", **_difference(found, direction), "baseline": baseline},
        {"statistic": "auc_less_edges", **_difference(edged, direction)},
    ]
    return [{"test": direction, **row} for row in (areas, *differences)]


def _difference(found: AgainstRandom, direction: str) -> dict[str, Any]:
    """A good map is below in deletion, above in insertion."""
    sign = -1 if direction == "deletion" else 1
    said = "no difference"
    if found.ci_low > 0 or found.ci_high < 0:
        said = "better" if sign * found.value > 0 else "worse"
    facts = found._asdict()
    del facts["p"]
    return {**facts, "chance": 0.0, "verdict": said if np.isfinite(found.p) else "undecided"}


def _pointing(
    maps: np.ndarray, edge_maps: np.ndarray, explained: Explained, seed: int
) -> list[dict[str, Any]]:
    """Rows of the pointing game: images with a mask whose named class is true."""
    if explained.masks is None or explained.right is None:
        return []
    asked = np.asarray(explained.right, dtype=bool)
    rows = []
    for statistic, game in (("hit_rate", pointing_game), ("energy", energy_pointing)):
        found, of_edges = (
            game(one[asked], explained.masks[asked], seed=seed) for one in (maps, edge_maps)
        )
        rows.append(_pointed(statistic, found, of_edges))
    return rows


def _pointed(statistic: str, found: Pointing, of_edges: Pointing) -> dict[str, Any]:
    facts = found._asdict()
    p = facts.pop("p")
    del facts["empty_masks"]
    said = "undecided" if not np.isfinite(p) else "no better than chance"
    if p < ALPHA:
        said = "above chance" if found.value > found.chance else "below chance"
    return {
        "test": "pointing",
        "statistic": statistic,
        **facts,
        "baseline": of_edges.value,
        "verdict": said,
    }
