"""What each teacher contributes: accuracies, and paired differences between teachers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from neuroloop import registry
from neuroloop.distill.image_test import AssignedStudents, image_test, mean_over_subjects
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.families import corrected
from neuroloop.statistics.intervals import (
    FEWEST_SEEDS,
    crossed_group_interval,
    paired_difference,
)
from neuroloop.statistics.units import scope, varied

#: Keys that identify a group of students that differ only in their seed.
KEYS = ["subject", "roi", "decoder", "teacher", "student"]

#: Stands for the subject, region and decoder of teachers that need no brain.
REFERENCE = "reference"

#: Stands for the mean over the subjects at hand.
MEAN = "mean"

#: Stands for subjects like those at hand.
GROUP = "group"

#: Columns of the table of comparisons.
COLUMNS = [
    *KEYS,
    "control",
    "difference",
    "ci_low",
    "ci_high",
    "p",
    "q",
    "n",
    "seeds",
    "subjects",
    "reason",
    "unit",
    "scope",
    "family",
    "smallest_effect",
]

#: The control that an exact test compares with, where its students were trained.
WITHINCLASS = "withinclass"

#: Why a row about images has no p.
NOT_MADE = "no image test: teaching.assignments is 0, or assignment_rois leaves the region out"

#: Families of tests: gains of these brains' students, what brains know of images, and other people.
GAINS, IMAGES, PEOPLE = "gains", "images", "people"

#: Added to their names where a brain is compared with a variant of its decoding.
OVER_VARIANTS = ", over variants"


@dataclass(frozen=True, eq=False)
class Group:
    """Students that differ only in their seed.

    Attributes
    ----------
    keys : mapping of str to str
        Values of `KEYS`.
    hits : ndarray of bool, shape (seeds, test images)
        True where the student predicted correctly; for a mean over subjects, the share that did.
    image_ids : list of str
        Ids of the test images.
    seeds : list of int
    chance : float
        Accuracy of always predicting the commonest class.
    flag : str
        What a reader must know of these students' training, e.g. the weights they started from.
    subjects : int
        Subjects whose students the hits are averaged over.
    """

    keys: Mapping[str, str]
    hits: np.ndarray
    image_ids: list[str]
    seeds: list[int]
    chance: float
    flag: str = ""
    subjects: int = 1


#: Students, those whom they are compared with, and what these are called in ``control``.
Pair = tuple[Group, Group, str]


def needs_no_brain(teacher: str) -> bool:
    """Whether a teacher uses no brain data, so that it is listed under `REFERENCE`."""
    return bool(registry.entry("teacher", teacher).NEEDS != "brain")


def misleads(teacher: str) -> bool:
    """Whether a teacher misleads on purpose, and may cost far more than any other adds.

    A variant of a decoding, which stands among controls, does not.
    """
    if teacher in registry.names("variant"):
        return False
    return bool(registry.entry("teacher", teacher).MISLEADS)


def check_paired(groups: Sequence[Group]) -> None:
    """Check that all groups were tested on the same images with the same seeds.

    Raises
    ------
    NeuroLoopError
        If one was not.
    """
    for group in groups[1:]:
        if group.image_ids != groups[0].image_ids or group.seeds != groups[0].seeds:
            raise NeuroLoopError(
                f"students {'/'.join(group.keys.values())} were tested on other images or seeds "
                "than the rest: delete their folder and run again"
            )


def accuracies(groups: Sequence[Group]) -> pd.DataFrame:
    """Make one row per student: keys, seed, accuracy, number of test images, chance, flag."""
    return pd.DataFrame(
        [
            {
                **group.keys,
                "seed": seed,
                "accuracy": hits.mean(),
                "n": hits.size,
                "chance": group.chance,
                "flag": group.flag,
            }
            for group in groups
            for seed, hits in zip(group.seeds, group.hits, strict=True)
        ]
    )


def compare_teachers(
    groups: Sequence[Group],
    seed: int,
    n_boot: int = 10_000,
    assigned: Mapping[tuple[str, ...], AssignedStudents] = MappingProxyType({}),
    variants: Mapping[str, str] = MappingProxyType({}),
    varied: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Compare each teacher with ``none``, and ``brain`` with every other teacher.

    ``brain`` of a decoder is compared with ``brain`` of its variants too; their names stand as
    ``control``.

    Every row is of one kind of inference, which ``unit`` and ``scope`` name. Rows of a subject, and
    of the subject ``mean``, the mean over these subjects' students, vary seeds and test images
    (`statistics.paired_difference`) and hold for these subjects' soft labels. ``brain`` less
    ``withinclass`` speaks of what one assignment of soft labels to images adds, and varies that
    (`image_test`). Rows of the subject ``group`` speak of other people: the mean over subjects,
    seeds and test images (`statistics.crossed_group_interval`).

    Parameters
    ----------
    groups : sequence of Group
        Paired (`check_paired`).
    seed : int
        Root seed of the bootstrap.
    n_boot : int
        Resamples of seeds and test images.
    assigned : mapping of (subject, roi, decoder, student) to AssignedStudents
        Students of soft labels that were dealt anew within classes.
    variants : mapping of str to str
        Of decoders that are variants: which one each is. Their families are apart, so that a
        control more changes no q of what it controls for.
    varied : mapping of str to str
        Of these decoders: the one of equal settings without the variant.

    Returns
    -------
    DataFrame
        `COLUMNS`: the difference of accuracies with its 95 % interval; p, two-sided but for that of
        the image test; q, p after Benjamini & Hochberg within the ``family``; n (test images);
        the reason where there is no interval; and the smallest effect that the design could have
        seen: half the width of the interval, or what the image test had needed. Comparisons with
        teachers that mislead on purpose belong to no family and have no q: that they cost accuracy
        is no discovery, and every certain discovery in a family admits false ones among the others.
    """
    pairs = compared_pairs([*groups, *_means(groups)], variants, varied)
    assigned = {**assigned, **_assigned_means(assigned)}
    rows = [_row(*pair, seed, n_boot, assigned) for pair in pairs]
    numbers = dict.fromkeys(["difference", "ci_low", "ci_high", "p", "q", "smallest_effect"], float)
    table = pd.DataFrame(rows + _rows_of_people(pairs), columns=COLUMNS).astype(numbers)
    table["family"] = in_families(table, variants)
    table["smallest_effect"] = table["smallest_effect"].fillna(
        (table["ci_high"] - table["ci_low"]) / 2
    )
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist())
    return table


def compared_pairs(
    groups: Sequence[Group], variants: Mapping[str, str], varied: Mapping[str, str]
) -> list[Pair]:
    """Students, those whom they are compared with, and what these are called in ``control``.

    Parameters
    ----------
    groups, variants, varied
        As of `compare_teachers`.
    """
    return [
        *((group, control, control.keys["teacher"]) for group, control in _pairs(groups)),
        *_pairs_of_variants(groups, variants, varied),
    ]


def in_families(table: pd.DataFrame, variants: Mapping[str, str]) -> pd.Series:
    """Families of rows by their ``family``: variants apart, and none of what misleads on purpose.

    Parameters
    ----------
    table : DataFrame
        With the columns ``decoder``, ``teacher``, ``control`` and ``family``.
    variants : mapping of str to str
        As of `compare_teachers`.
    """
    misled = table[["teacher", "control"]].map(misleads).any(axis=1)
    apart = [f", {variants[name]}" if name in variants else "" for name in table["decoder"]]
    apart = [
        OVER_VARIANTS if name in variants.values() else own
        for name, own in zip(table["control"], apart, strict=True)
    ]
    return (table["family"] + apart).mask(misled, "").astype(object)


def _row(
    group: Group,
    control: Group,
    name: str,
    seed: int,
    n_boot: int,
    assigned: Mapping[tuple[str, ...], AssignedStudents],
) -> dict[str, Any]:
    """Compare students of one subject, or of the mean over subjects."""
    labels = _labels(group, name)
    row = labels | {"subjects": group.subjects}
    difference = np.subtract(group.hits, control.hits, dtype=float)
    if (group.keys["teacher"], name) == ("brain", WITHINCLASS):
        row |= {"difference": difference.mean(), "family": IMAGES}
        students = assigned.get(tuple(group.keys[key] for key in KEYS if key != "teacher"))
        if students is None or students.reason:
            return row | {"reason": students.reason if students else NOT_MADE}
        chosen = [group.seeds.index(number) for number in students.seeds]
        return row | image_test(group.hits[chosen].mean(axis=1), students)
    units, fixed = ["seed", "image"], [] if group.keys["subject"] == REFERENCE else ["brain"]
    if group.keys["teacher"] == "brain":  # whose students share the luck of one
        fixed.append("assignment")
    row |= {"family": GAINS, "unit": varied(units), "scope": scope(units, fixed)}
    generator = numpy_generator(seed, "comparison", *(labels[key] for key in [*KEYS, "control"]))
    found = paired_difference(group.hits, control.hits, generator, n_boot)
    row["difference"] = found.value
    if len(difference) < FEWEST_SEEDS:
        few = f"{len(difference)} seeds do not tell how seeds differ: {FEWEST_SEEDS} are needed"
        return row | {"reason": few}
    if np.ptp(difference) <= 1e-12:  # an interval of width zero would claim unfounded certainty
        return row | {"reason": "no seed or image differs from another"}
    return row | {"ci_low": found.ci_low, "ci_high": found.ci_high, "p": found.p, "reason": ""}


def controls_of(own: tuple[str, ...], every: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Whom students are compared with: those of a brain with all others, others with ``none``.

    Parameters
    ----------
    own : tuple of str
        Values of `KEYS`.
    every : iterable of tuple of str
        The same of all students, `own` among them.

    Returns
    -------
    list of tuple of str
        Of the same student, in the order in which their teachers come in `every`.
    """
    *brain, teacher, student = own
    others = dict.fromkeys(name for *_, name, made in every if made == student)
    return [
        (*((REFERENCE,) * 3 if needs_no_brain(control) else brain), control, student)
        for control in (others if teacher == "brain" else ["none"])
        if control != teacher
    ]


def _pairs(groups: Sequence[Group]) -> Iterator[tuple[Group, Group]]:
    """Yield each group with each control that it is compared with."""
    by_keys = {tuple(group.keys[key] for key in KEYS): group for group in groups}
    for keys, group in by_keys.items():
        for control in controls_of(keys, by_keys):
            yield group, by_keys[control]


def _pairs_of_variants(
    groups: Sequence[Group], variants: Mapping[str, str], varied: Mapping[str, str]
) -> Iterator[Pair]:
    """Yield each brain with each variant of its decoding, and the variant's name."""
    brains = {
        tuple(group.keys[key] for key in KEYS): group
        for group in groups
        if group.keys["teacher"] == "brain"
    }
    for (subject, roi, decoder, *rest), group in brains.items():
        for name, plain in varied.items():
            if plain == decoder and (subject, roi, name, *rest) in brains:
                yield group, brains[subject, roi, name, *rest], variants[name]


def _labels(group: Group, control: str) -> dict[str, Any]:
    """Columns that say what is compared, over how many images and seeds."""
    counts = {"n": len(group.image_ids), "seeds": len(group.seeds)}
    return {**group.keys, "control": control, **counts}


def _means(groups: Sequence[Group]) -> list[Group]:
    """Groups whose hits are the mean over the subjects at hand, where there are at least two."""
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        if group.keys["subject"] != REFERENCE:
            alike.setdefault(tuple(group.keys[key] for key in KEYS[1:]), []).append(group)
    return [mean_group(members) for members in alike.values() if len(members) > 1]


def mean_group(groups: Sequence[Group]) -> Group:
    """The mean over subjects whose students are else alike."""
    return replace(
        groups[0],
        keys={**groups[0].keys, "subject": MEAN},
        hits=np.mean([group.hits for group in groups], axis=0),
        subjects=len(groups),
    )


def _assigned_means(
    assigned: Mapping[tuple[str, ...], AssignedStudents],
) -> dict[tuple[str, ...], AssignedStudents]:
    """The same of the mean over the subjects at hand, where there are at least two."""
    alike: dict[tuple[str, ...], list[AssignedStudents]] = {}
    for (_, *rest), students in assigned.items():
        alike.setdefault((MEAN, *rest), []).append(students)
    return {keys: mean_over_subjects(some) for keys, some in alike.items() if len(some) > 1}


def over_subjects(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Pairs that differ in the subject alone, where there are at least two subjects."""
    alike: dict[tuple[str, ...], list[Pair]] = {}
    for pair in pairs:
        group, _, name = pair
        if group.keys["subject"] not in (REFERENCE, MEAN):
            alike.setdefault((*(group.keys[key] for key in KEYS[1:]), name), []).append(pair)
    return [members for members in alike.values() if len(members) > 1]


def _rows_of_people(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Mean differences over subjects, where there are at least two."""
    rows, units = [], ["subject", "seed", "image"]
    for members in over_subjects(pairs):
        differences = [
            np.subtract(group.hits, control.hits, dtype=float) for group, control, _ in members
        ]
        mean = crossed_group_interval(np.stack(differences))
        first, _, name = members[0]
        rows.append(
            _labels(first, name)
            | {"subject": GROUP, "difference": mean.value, "subjects": len(members)}
            | {"ci_low": mean.ci_low, "ci_high": mean.ci_high, "reason": mean.reason}
            | {"p": mean.p, "family": PEOPLE, "unit": varied(units), "scope": scope(units)}
        )
    return rows
