"""The sanity tests of one attribution method on one network, as tidy tables.

Whether its maps depend on what the network learned (randomised weights, permuted labels), name the
pixels that count (deletion, insertion), point at the truth, and say anything at all. The edges of
the image go through the same tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from neuroloop.explain.attribution.attribution import Attribution
from neuroloop.explain.attribution.cam import count_maps
from neuroloop.explain.attribution.edges import edges
from neuroloop.explain.models.explained import Explained
from neuroloop.explain.sanity.layer_groups import group_layers
from neuroloop.explain.sanity.perturbation import (
    Curves,
    Perturbation,
    Removal,
    find_removal,
    perturbation_curves,
    random_curves,
)
from neuroloop.explain.sanity.randomisation import (
    CASCADING,
    LABELS,
    Verdict,
    find_layers,
    judge,
    label_randomised,
    randomisation,
    untrained_maps,
)
from neuroloop.explain.sanity.sanity_rows import (
    SANITY_COLUMNS,
    curve_rows,
    pointing_rows,
    randomisation_row,
)
from neuroloop.jobs.seeds import derive_seed

#: Whose maps give the order of pixels.
MAP, RANDOM, EDGES = "map", "random", "edges"
DIRECTIONS = ("deletion", "insertion")
TEXTS = ["unit", "scope", "family", "reason"]
CURVE_COLUMNS = ("direction", "order", "image", "share", "probability")


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
    megapixels: float = 10.0
    curve_steps: int = 20
    random_orders: int = 3
    batch: int = 16

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Checks":
        """Read the block ``explain: settings`` of the config."""
        return cls(
            groups=settings["layer_groups"],
            megapixels=settings["randomisation_megapixels"],
            curve_steps=settings["curve_steps"],
            random_orders=settings["random_orders"],
            batch=settings["batch"],
        )

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
        `randomisation.COLUMNS`: one row per image and randomised network, ``image`` its id.
    curves : DataFrame
        `CURVE_COLUMNS`: probability of the predicted class while pixels change; of random orders
        the mean.
    table : DataFrame
        `sanity_rows.SANITY_COLUMNS`.
    verdict : Verdict
        Of the cascading randomisation.
    removal : Removal
        What pixels were replaced by for the curves.
    """

    randomisation: pd.DataFrame
    curves: pd.DataFrame
    table: pd.DataFrame
    verdict: Verdict
    removal: Removal


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
    similar = randomisation(
        network,
        attribution,
        *given,
        seed=derive_seed(seed, "weights"),
        layers=layers,
        maps=maps,
        batch=checks.batch,
    )
    verdict = judge(similar, method, seed=seed)
    rows = [randomisation_row(CASCADING, verdict, shape=maps.shape[1:])]
    if permuted:
        labels = label_randomised(
            network, permuted.network, attribution, *given, maps=maps, batch=checks.batch
        )
        judged = judge(labels, method, seed=seed, kind=LABELS)
        known = permuted.memorised
        rows.append(randomisation_row(LABELS, judged, known=known, shape=maps.shape[1:]))
        similar = pd.concat([similar, labels], ignore_index=True)
    edge_maps = edges(network, *given)
    removal = find_removal(
        network, *given, chance=_unseen(explained, multi_label), multi_label=multi_label
    )
    curves = []
    for direction in DIRECTIONS:
        perturbation = Perturbation(
            direction, removal.baseline, checks.curve_steps, multi_label, batch=64
        )
        own, of_edges = (
            perturbation_curves(network, *given, one, perturbation, seed=derive_seed(seed, "ties"))
            for one in (maps, edge_maps)
        )
        orders = random_curves(network, *given, perturbation, seed=seed, draws=checks.random_orders)
        rows += curve_rows(direction, own, of_edges, orders, seed, removal.reason)
        chance = Curves(own.shares, np.mean([one.probabilities for one in orders], axis=0))
        for order, curve in ((MAP, own), (RANDOM, chance), (EDGES, of_edges)):
            curves.append(_tidy_curves(direction, order, curve, explained.ids))
    untrained = None
    if explained.masks is not None:
        weights = derive_seed(seed, "weights")
        untrained = untrained_maps(
            network, attribution, *given, seed=weights, layers=layers, batch=checks.batch
        )
    rows += pointing_rows(maps, edge_maps, explained, seed, untrained)
    counts = count_maps(maps)
    rows += [
        {"test": "maps", "statistic": name, "value": getattr(counts, name), "n": counts.maps}
        for name in ("empty", "constant", "undefined")
    ]
    similar["image"] = explained.ids[similar["image"].to_numpy()]
    table = pd.DataFrame(rows).reindex(columns=list(SANITY_COLUMNS))
    table["undefined"] = table["undefined"].fillna(0).astype(int)
    table[TEXTS] = table[TEXTS].astype(object).fillna("")
    return Sanity(similar, pd.concat(curves, ignore_index=True), table, verdict, removal)


def _unseen(explained: Explained, multi_label: bool) -> float | None:
    """Probability of a label for a network that sees nothing: how often labels are true."""
    if not multi_label:
        return None
    return 0.5 if explained.truth is None else float(explained.truth.mean())


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
