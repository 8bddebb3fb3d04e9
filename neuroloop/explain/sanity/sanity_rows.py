"""Rows of the table of sanity tests: a number, its interval, and what it is to be held against."""

from collections.abc import Sequence
from math import factorial
from typing import Any

import numpy as np

from neuroloop.explain.models.explained import Explained
from neuroloop.explain.sanity.perturbation import AgainstRandom, Curves, against_random
from neuroloop.explain.sanity.pointing import Pointing, energy_pointing, pointing_game
from neuroloop.explain.sanity.randomisation import STATISTIC, THRESHOLD, Verdict
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.intervals import crossed_interval
from neuroloop.statistics.units import scope, varied

#: One row per number: `chance` is the value of an uninformed method, `baseline` that of the edges,
#: `untrained` that of the maps of a random network; `smallest_effect` is the least difference, or
#: excess over chance, that could have been seen.
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
    "p",
    "unit",
    "scope",
    "family",
    "reason",
    "untrained",
    "smallest_effect",
)
#: What none of the tests varies.
FIXED = ("network",)
#: Rows that a reader looks at together for a method that passes: corrected over the methods of a
#: network (`families.corrected`), which `gallery.sanity_table` does.
RANDOMISATION, PERTURBATION, POINTING = "randomisation", "deletion and insertion", "pointing"
#: Level of the tests against chance.
ALPHA = 0.05
#: Images below which a test has no verdict: of five, no order of signs has a p below 0.05.
FEWEST = 6
#: Places of a map below which it is not said to be sensitive: an 8 x 8 map has as many.
FEWEST_PLACES = 64
#: Verdicts of tests that cannot be judged.
FEW, COARSE = "too few images", "too coarse to judge"


def coarse(shape: tuple[int, ...]) -> bool:
    """Whether maps of a shape (height, width) have too few places to be called sensitive."""
    return shape[0] * shape[1] < FEWEST_PLACES


def randomisation_row(
    test: str, verdict: Verdict, known: bool = True, shape: tuple[int, ...] | None = None
) -> dict[str, Any]:
    """Row of a randomisation test, with its verdict in words.

    ``sensitive`` or ``insensitive`` where the interval lies wholly below, or not below, the
    threshold, else ``undecided``; ``not memorised`` if the network did not learn what it was to
    (`known`); `FEW` of fewer than `FEWEST` images, `COARSE` of maps of a `shape` of few places.
    Edges stay as they are whatever the network.
    """
    said = "undecided"
    if not known:
        said = "not memorised"
    elif shape is not None and coarse(shape):
        said = COARSE
    elif verdict.n < FEWEST:
        said = FEW
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
        "p": verdict.p,
        "family": RANDOMISATION,
        **_varied("image"),
    }


def _varied(unit: str) -> dict[str, str]:
    return {"unit": varied([unit]), "scope": scope([unit], FIXED)}


def curve_rows(
    direction: str,
    own: Curves,
    of_edges: Curves,
    orders: Sequence[Curves],
    seed: int,
    void: str = "",
) -> list[dict[str, Any]]:
    """Rows of the area under a method's curves, and of its differences from random and edges.

    Parameters
    ----------
    direction : {"deletion", "insertion"}
    own, of_edges : Curves
        Of the method and of the edges, of the same images.
    orders : sequence of Curves
        Random ones.
    seed : int
        Of the bootstrap over images.
    void : str
        Why the curves can show nothing (`perturbation.Removal.reason`); empty where they can.

    Returns
    -------
    list of dict
        ``better`` or ``worse`` where the 95 % interval of a difference leaves out 0; `FEW` of
        fewer than `FEWEST` images. Without values where the test is void.
    """
    if void:
        n = int(np.isfinite(own.auc).sum())
        row = {"n": n, "undefined": len(own.auc) - n, "verdict": "void", "reason": void}
        return [
            {"test": direction, "statistic": name, **row, **_varied("image")}
            for name in ("auc", "auc_less_random", "auc_less_edges")
        ]
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
    return [{"test": direction, **row, **_varied("image")} for row in (areas, *differences)]


def _difference(found: AgainstRandom, direction: str) -> dict[str, Any]:
    """A good map is below in deletion, above in insertion."""
    sign = -1 if direction == "deletion" else 1
    said = "no difference"
    if found.ci_low > 0 or found.ci_high < 0:
        said = "better" if sign * found.value > 0 else "worse"
    said = said if np.isfinite(found.p) else "undecided"
    said = said if found.n >= FEWEST else FEW
    return {
        **found._asdict(),
        "chance": 0.0,
        "verdict": said,
        "family": PERTURBATION,
        "smallest_effect": (found.ci_high - found.ci_low) / 2,
    }


def pointing_rows(
    maps: np.ndarray,
    edge_maps: np.ndarray,
    explained: Explained,
    seed: int,
    untrained: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Rows of the pointing game: of images with a mask that are named right.

    Evidence that is bright draws the maps of any network, trained or not. So a value counts as
    above chance only where it exceeds that of the maps of an untrained network too, if they are
    given.
    """
    if explained.masks is None or explained.right is None:
        return []
    asked = np.asarray(explained.right, dtype=bool)
    different = {mask.tobytes() for mask in explained.masks[asked] if mask.any()}
    can_show = factorial(len(different)) > 1 / ALPHA
    rows = []
    for statistic, game in (("hit_rate", pointing_game), ("energy", energy_pointing)):
        found, of_edges = (
            game(one[asked], explained.masks[asked], seed=seed) for one in (maps, edge_maps)
        )
        row = _pointed(statistic, found, of_edges, can_show)
        if untrained is not None:
            row["untrained"] = game(untrained[asked], explained.masks[asked], seed=seed).value
            if row["verdict"] == "above chance" and row["untrained"] >= found.value:
                row["verdict"] = "no better than untrained"
        shared = len(different) < sum(mask.any() for mask in explained.masks[asked])
        rows.append(row | _varied("mask" if shared else "image"))
    return rows


def _pointed(statistic: str, found: Pointing, of_edges: Pointing, can_show: bool) -> dict[str, Any]:
    """Row of a game; undecided where too few masks differ for any p below `ALPHA`.

    `FEW` of fewer than `FEWEST` images, though they may have a p.
    """
    facts = found._asdict()
    del facts["empty_masks"]
    said = "no better than chance" if can_show else "undecided"
    if found.p < ALPHA:
        said = "above chance" if found.value > found.chance else "below chance"
    said = said if found.n >= FEWEST else FEW
    return {
        "test": "pointing",
        "statistic": statistic,
        **facts,
        "baseline": of_edges.value,
        "verdict": said,
        "family": POINTING,
    }
