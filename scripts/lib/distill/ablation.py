"""What each teacher is worth: accuracies, and paired differences between teachers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.seeds import numpy_generator
from scripts.lib.core.statistics import group_interval, paired_difference
from scripts.lib.distill.teacher_names import REFERENCE_TEACHERS

#: What names a group of students that differ in nothing but their seed.
KEYS = ["subject", "roi", "decoder", "teacher", "student"]

#: Stands for the subject, region and decoder of teachers that need no brain.
REFERENCE = "reference"

#: Stands for the mean over the subjects at hand.
MEAN = "mean"

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
]


@dataclass(frozen=True, eq=False)
class Group:
    """Students that differ in nothing but their seed.

    Attributes
    ----------
    keys : mapping of str to str
        Values of `KEYS`.
    hits : ndarray of bool, shape (seeds, test images)
        True where the student named the image right; for a mean over subjects the share of them.
    image_ids : list of str
        Ids of the test images.
    seeds : list of int
    chance : float
        Accuracy of always naming the commonest class.
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
    """One row a student: its group's keys, seed, accuracy, number of test images, chance, flag."""
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


def comparisons(groups: Sequence[Group], seed: int, n_boot: int = 10_000) -> pd.DataFrame:
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
        Benjamini & Hochberg 1995 over all rows that have one), n (test images). Where several
        subjects teach, rows of the subject ``mean`` speak of these subjects: the mean of their
        students, over seeds and test images. Rows of the subject ``group`` speak of subjects like
        them: the same mean with Student's t interval over subjects, cut at -1 and 1.
    """
    groups = [*groups, *_means(groups)]
    by_keys = {tuple(group.keys[key] for key in KEYS): group for group in groups}
    rows: list[dict[str, Any]] = []
    for keys, group in by_keys.items():
        subject, roi, decoder, teacher, student = keys
        others = [name for *_, name, variant in by_keys if variant == student]
        controls = list(dict.fromkeys(others)) if teacher == "brain" else ["none"]
        for control in controls:
            if control == teacher:
                continue
            of_control = (
                (REFERENCE,) * 3 if control in REFERENCE_TEACHERS else (subject, roi, decoder)
            )
            other = by_keys[(*of_control, control, student)]
            difference = paired_difference(
                group.hits,
                other.hits,
                numpy_generator(seed, "comparison", *keys, control),
                n_boot,
            )
            rows.append(
                {
                    **group.keys,
                    "control": control,
                    "difference": difference.value,
                    "ci_low": difference.ci_low,
                    "ci_high": difference.ci_high,
                    "p": difference.p,
                    "n": len(group.image_ids),
                    "seeds": len(group.seeds),
                    "subjects": group.subjects,
                }
            )
    q_values = false_discovery_control([row["p"] for row in rows]) if rows else []
    for row, q_value in zip(rows, q_values, strict=True):
        row["q"] = float(q_value)
    over_subjects = _over_subjects(pd.DataFrame(rows, columns=COLUMNS))
    return pd.DataFrame(rows + over_subjects, columns=COLUMNS)


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


def _over_subjects(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean differences over subjects, where there are at least two."""
    rows = []
    brains = table[~table["subject"].isin((REFERENCE, MEAN))]
    keys = ["roi", "decoder", "teacher", "student", "control"]
    for names, part in brains.groupby(keys, sort=False):
        if len(part) < 2:
            continue
        mean = group_interval(part["difference"])
        low, high = np.clip(np.array(mean[1:], dtype=float), -1, 1)
        rows.append(
            {
                "subject": "group",
                **dict(zip(keys, names, strict=True)),
                "difference": mean.value,
                "ci_low": low,
                "ci_high": high,
                "p": np.nan,
                "q": np.nan,
                "n": int(part["n"].iloc[0]),
                "seeds": int(part["seeds"].iloc[0]),
                "subjects": len(part),
            }
        )
    return rows
