"""Whether students predict their teacher's brain: better than controls' do, and than others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.distill.ablation import KEYS, REFERENCE, controls_of, misleads
from neuroloop.distill.loop.noise_ceiling import LEVEL
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.families import corrected
from neuroloop.statistics.intervals import FEWEST_SEEDS, crossed_mean
from neuroloop.statistics.units import scope, varied

#: What a row is: students' score; that less a control's; that less their score of another brain;
#: the last less the same of students of the labels alone, as one brain may be easier to predict.
SCORE, CONTROL, OTHER, SPECIFIC = "score", "control", "other brain", "specific"

#: Families of tests: what a brain's students have more than controls', and more of their own brain.
CONTROLS, BRAINS = "controls", "brains"

#: Students of the labels alone.
NONE = "none"

#: Columns of the table.
COLUMNS = [
    *KEYS,
    "kind",
    "predicted",
    "region",
    "control",
    "other",
    "value",
    "ci_low",
    "ci_high",
    "p",
    "q",
    "n",
    "seeds",
    "voxels",
    "ceiling",
    "reason",
    "unit",
    "scope",
    "family",
    "smallest_effect",
]

#: Subject and region.
Brain = tuple[str, str]

#: Why a region has no score.
NO_CEILING = (
    "no voxel of {} has a noise ceiling above 0: answers to an image are no more alike over its "
    f"repeats than by chance (F test, false discovery rate {LEVEL:g} in the region)"
)


@dataclass(frozen=True, eq=False)
class Readout:
    """What can be read of brains in the features of students that differ only in their seed.

    Attributes
    ----------
    keys : mapping of str to str
        Values of `ablation.KEYS`: who taught them.
    scores : mapping of (subject, region) to ndarray of float, shape (seeds, images)
        From `score.score_of_images`; images of all readouts are the same, in the same order.
        Regions without a reliable voxel are left out.
    """

    keys: Mapping[str, str]
    scores: Mapping[Brain, np.ndarray]


@dataclass(frozen=True)
class Measured:
    """A region that is predicted: its reliable voxels, and the mean of their noise ceilings."""

    voxels: int
    ceiling: float


def close_loop(
    readouts: Sequence[Readout],
    brains: Mapping[Brain, Measured],
    n_folds: int,
    seed: int,
    n_boot: int = 10_000,
    variants: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Compare how well students predict brains: their own, less under controls, less another's.

    Seeds and images vary in every interval and p (`statistics.crossed_mean`), as in
    `ablation.compare_teachers`; what images vary is widened by `widened`, since folds learn from
    each other.

    Parameters
    ----------
    readouts : sequence of Readout
        Those of students under ``none`` are among them.
    brains : mapping of (subject, region) to Measured
    n_folds : int
        Folds of images in which scores were made.
    seed : int
        Root seed of the bootstrap.
    n_boot : int
        Resamples of seeds and images.
    variants : mapping of str to str
        Of decoders that are variants: which one each is. Their families are apart.

    Returns
    -------
    DataFrame
        `COLUMNS`. Rows `SCORE` belong to no family: most students predict a region that knows
        categories, and every certain discovery in a family admits false ones among the others. So
        it is with teachers that mislead on purpose. q is p after Benjamini & Hochberg.
    """
    rows = [
        _row(labels, values, brains, n_folds, seed, n_boot)
        for labels, values in _claims(readouts, brains)
    ]
    numbers = dict.fromkeys(["value", "ci_low", "ci_high", "p", "q", "ceiling"], float)
    table = pd.DataFrame(rows, columns=COLUMNS).astype(numbers)
    misled = table["control"].map(lambda name: bool(name) and misleads(name)).astype(bool)
    apart = [f", {variants[name]}" if name in variants else "" for name in table["decoder"]]
    family = table["kind"].map({SCORE: "", CONTROL: CONTROLS, OTHER: BRAINS, SPECIFIC: BRAINS})
    table["family"] = (family + apart).mask(misled | (family == ""), "").astype(object)
    table["smallest_effect"] = (table["ci_high"] - table["ci_low"]) / 2
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist())
    return table


def widened(values: np.ndarray, n_folds: int) -> np.ndarray:
    """Widen how images vary, for images that are predicted by models which learned from each other.

    Of two folds, each is predicted by what was learned from the other, too: where features tell
    nothing, that counts their chance likeness twice, and the variance of a score is twice that of
    independent images. The variance over images is multiplied by 1 + K / (K - 1), the correction of
    Nadeau & Bengio (2003, Mach. Learn. 52:239) for K folds; where features tell much, that is more
    than is needed.

    Parameters
    ----------
    values : ndarray of float, shape (seeds, images)
    n_folds : int
        K.

    Returns
    -------
    ndarray of float, shape (seeds, images)
        With the same mean of each seed.
    """
    of_seeds = values.mean(axis=1, keepdims=True)
    return of_seeds + np.sqrt(1 + n_folds / (n_folds - 1)) * (values - of_seeds)


def _claims(
    readouts: Sequence[Readout], brains: Mapping[Brain, Measured]
) -> Iterator[tuple[dict[str, str], np.ndarray | None]]:
    """Yield what each row says: its labels, and its table of seeds and images if there is one."""
    of_keys = {tuple(one.keys[key] for key in KEYS): one for one in readouts}
    for keys, one in of_keys.items():
        subject, roi, _, teacher, student = keys
        own = list(brains) if subject == REFERENCE else [(subject, roi)]
        for brain in own:
            yield _labels(one, SCORE, brain), one.scores.get(brain)
        if teacher != "brain":
            continue
        (brain,) = own
        alone = of_keys[REFERENCE, REFERENCE, REFERENCE, NONE, student]
        for beside in (of_keys[control] for control in controls_of(keys, of_keys)):
            labels = _labels(one, CONTROL, brain) | {"control": beside.keys["teacher"]}
            yield labels, _less(one.scores.get(brain), beside.scores.get(brain))
        for other in [other for other in brains if other[1] == roi and other[0] != subject]:
            more = _less(one.scores.get(brain), one.scores.get(other))
            more_alone = _less(alone.scores.get(brain), alone.scores.get(other))
            labels = {"other": other[0]}
            yield _labels(one, OTHER, brain) | labels, more
            labels["control"] = NONE
            yield _labels(one, SPECIFIC, brain) | labels, _less(more, more_alone)


def _labels(one: Readout, kind: str, brain: Brain) -> dict[str, str]:
    predicted, region = brain
    place = {"predicted": predicted, "region": region, "control": "", "other": ""}
    return {**one.keys, "kind": kind, **place}


def _less(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    return None if one is None or other is None else one - other


def _row(
    labels: dict[str, str],
    values: np.ndarray | None,
    brains: Mapping[Brain, Measured],
    n_folds: int,
    seed: int,
    n_boot: int,
) -> dict[str, Any]:
    measured = brains[labels["predicted"], labels["region"]]
    row: dict[str, Any] = labels | {"voxels": measured.voxels, "ceiling": measured.ceiling}
    if values is None:
        lacking = labels["predicted"] if not measured.voxels else labels["other"]
        return row | {"reason": NO_CEILING.format(f"{lacking} {labels['region']}")}
    units = ["seed", "image"]
    row |= {"seeds": len(values), "n": values.shape[1], "unit": varied(units)}
    row["scope"] = scope(
        units, ["brain", *(["assignment"] if labels["teacher"] == "brain" else [])]
    )
    generator = numpy_generator(seed, "loop", *labels.values())
    found = crossed_mean(widened(values, n_folds), generator, n_boot)
    row["value"] = found.value
    if len(values) < FEWEST_SEEDS:
        few = f"{len(values)} seeds do not tell how seeds differ: {FEWEST_SEEDS} are needed"
        return row | {"reason": few}
    if np.ptp(values) <= 1e-12:  # an interval of width zero would claim unfounded certainty
        return row | {"reason": "no seed or image differs from another"}
    return row | {"ci_low": found.ci_low, "ci_high": found.ci_high, "p": found.p, "reason": ""}
