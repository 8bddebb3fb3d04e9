"""What each teacher contributes: accuracies, and paired differences between teachers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.intervals import crossed_group_interval, paired_difference

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
]


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


def needs_no_brain(teacher: str) -> bool:
    """Whether a teacher uses no brain data, so that it is listed under `REFERENCE`."""
    return bool(registry.entry("teacher", teacher).NEEDS != "brain")


def misleads(teacher: str) -> bool:
    """Whether a teacher misleads on purpose, and may cost far more than any other adds."""
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


def compare_teachers(groups: Sequence[Group], seed: int, n_boot: int = 10_000) -> pd.DataFrame:
    """Compare each teacher with ``none``, and ``brain`` with every other teacher.

    Parameters
    ----------
    groups : sequence of Group
        Paired (`check_paired`).
    seed : int
        Root seed of the bootstrap.
    n_boot : int
        Resamples of seeds and test images.

    Returns
    -------
    DataFrame
        `COLUMNS`: the difference of accuracies with its 95 % interval, p (two-sided), q (p after
        Benjamini & Hochberg 1995), n (test images), and the reason where there is no interval.
        Comparisons with teachers that mislead on purpose have p and no q:
        that they cost accuracy is no discovery, and every certain discovery in a family admits
        false ones among the others. If there are several subjects, rows of the subject ``mean``
        refer to these subjects: the mean of their students, over seeds and test images. Rows of the
        subject ``group`` generalise to similar subjects: the same mean, over subjects, seeds and
        test images (`statistics.crossed_group_interval`), without p.
    """
    pairs = list(_pairs([*groups, *_means(groups)]))
    rows = []
    for group, control in pairs:
        labels = _labels(group, control)
        names = (labels[key] for key in [*KEYS, "control"])
        generator = numpy_generator(seed, "comparison", *names)
        found = paired_difference(group.hits, control.hits, generator, n_boot)
        row = labels | {"difference": found.value, "p": found.p, "subjects": group.subjects}
        if np.ptp(np.subtract(group.hits, control.hits, dtype=float)) > 1e-12:
            row |= {"ci_low": found.ci_low, "ci_high": found.ci_high, "reason": ""}
        else:  # an interval of width zero would claim unfounded certainty
            row["reason"] = "no seed or image differs from another"
        rows.append(row)
    numbers = dict.fromkeys(["difference", "ci_low", "ci_high", "p", "q"], float)
    table = pd.DataFrame(rows + _over_subjects(pairs), columns=COLUMNS).astype(numbers)
    misled = table[["teacher", "control"]].map(misleads).any(axis=1)
    family = table["p"].notna() & ~misled
    if family.any():
        table.loc[family, "q"] = false_discovery_control(table.loc[family, "p"])
    return table


def _pairs(groups: Sequence[Group]) -> Iterator[tuple[Group, Group]]:
    """Yield each group with each control that it is compared with."""
    by_keys = {tuple(group.keys[key] for key in KEYS): group for group in groups}
    for (*brain, teacher, student), group in by_keys.items():
        others = [name for *_, name, variant in by_keys if variant == student]
        for control in dict.fromkeys(others) if teacher == "brain" else ["none"]:
            if control != teacher:
                origin = (REFERENCE,) * 3 if needs_no_brain(control) else tuple(brain)
                yield group, by_keys[(*origin, control, student)]


def _labels(group: Group, control: Group) -> dict[str, Any]:
    """Columns that say what is compared, over how many images and seeds."""
    counts = {"n": len(group.image_ids), "seeds": len(group.seeds)}
    return {**group.keys, "control": control.keys["teacher"], **counts}


def _means(groups: Sequence[Group]) -> list[Group]:
    """Groups whose hits are the mean over the subjects at hand, where there are at least two."""
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        if group.keys["subject"] != REFERENCE:
            alike.setdefault(tuple(group.keys[key] for key in KEYS[1:]), []).append(group)
    return [
        replace(
            members[0],
            keys={**members[0].keys, "subject": MEAN},
            hits=np.mean([group.hits for group in members], axis=0),
            subjects=len(members),
        )
        for members in alike.values()
        if len(members) > 1
    ]


def _over_subjects(pairs: Sequence[tuple[Group, Group]]) -> list[dict[str, Any]]:
    """Mean differences over subjects, where there are at least two."""
    alike: dict[tuple[str, ...], list[tuple[Group, Group]]] = {}
    for group, control in pairs:
        if group.keys["subject"] not in (REFERENCE, MEAN):
            names = (*(group.keys[key] for key in KEYS[1:]), control.keys["teacher"])
            alike.setdefault(names, []).append((group, control))
    rows = []
    for members in alike.values():
        if len(members) < 2:
            continue
        differences = [
            np.subtract(group.hits, control.hits, dtype=float) for group, control in members
        ]
        mean = crossed_group_interval(np.stack(differences))
        rows.append(
            _labels(*members[0])
            | {"subject": GROUP, "difference": mean.value, "subjects": len(members)}
            | {"ci_low": mean.ci_low, "ci_high": mean.ci_high, "reason": mean.reason}
        )
    return rows
