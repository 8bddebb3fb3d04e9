"""Whether a brain knows of an image more than its class: an exact test.

Students learn from the brain's soft labels as they belong to the images, and from the same soft
labels dealt anew to the images of each class. If the brain knows the class alone, its own
assignment is one draw among these, whatever the brains, seeds and images. A mean over seeds that
each draw another assignment is no yardstick for it: it lacks the luck of a single one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neuroloop.statistics.intervals import permutation_p
from neuroloop.statistics.units import scope, varied

#: Two-sided level of intervals is 1 - ALPHA, and the test's is ALPHA.
ALPHA = 0.05

#: What the test varies, and what else a reader may think of.
UNITS, FIXED = ("assignment",), ("brain", "seed", "image")


@dataclass(frozen=True, eq=False)
class AssignedStudents:
    """Students of soft labels that were dealt anew within classes.

    Attributes
    ----------
    accuracies : ndarray, shape (assignments, seeds)
        Of the test images.
    seeds : list of int
        Numbers of the seeds, which all assignments share.
    reason : str
        Why there are none, if there are none.
    """

    accuracies: np.ndarray
    seeds: list[int]
    reason: str = ""


def draw_assignments(labels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Deal soft labels anew to the images of each class, all permutations being equally likely.

    Rows may stay where they are: only then is the rank of the brain's own assignment among them
    exact. Permutations that leave no row in its place share rows with each other, but none with
    the brain's, which therefore comes out first or last too often (7 to 18 % at 5 %, for classes
    of 10 to 3 images).

    Parameters
    ----------
    labels : ndarray of int, shape (images,)
    count : int
    generator : Generator

    Returns
    -------
    ndarray of int, shape (count, images)
        For each image the one whose soft label it gets.
    """
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    drawn = np.empty((count, len(labels)), dtype=np.int64)
    for assignment in drawn:
        for rows in members:
            assignment[rows] = generator.permutation(rows)
    return drawn


def nothing_to_deal(soft_labels: np.ndarray, labels: np.ndarray) -> str:
    """Why soft labels cannot be dealt anew: no two images of a class differ in theirs; else "".

    Parameters
    ----------
    soft_labels : ndarray, shape (images, classes)
    labels : ndarray of int, shape (images,)
    """
    alike = all(
        np.ptp(soft_labels[labels == label], axis=0).max() == 0 for label in np.unique(labels)
    )
    return "images of a class share one soft label: there is nothing to deal anew" if alike else ""


def image_test(of_brain: np.ndarray, assigned: AssignedStudents) -> dict[str, Any]:
    """Rank the brain's own assignment among those that were dealt anew.

    Parameters
    ----------
    of_brain : ndarray, shape (seeds,)
        Accuracies of the brain's students of the same seeds.
    assigned : AssignedStudents

    Returns
    -------
    dict
        Columns of the comparison: ``difference`` from the assignments' mean; one-sided ``p``,
        (1 + assignments that do at least as well) / (1 + assignments), exact if the soft labels of
        a class are exchangeable; ``ci_low`` and ``ci_high``, the differences that, taken off, put
        the brain neither among the highest nor the lowest 2.5 %; ``smallest_effect``, the least
        difference whose p is at most 0.05. Where assignments are too few for an interval,
        ``reason`` says so.
    """
    null = np.sort(assigned.accuracies.mean(axis=1))
    observed, total = float(of_brain.mean()), len(null) + 1
    tail, rank = int(np.floor(ALPHA / 2 * total + 1e-9)), int(np.floor(ALPHA * total + 1e-9))
    found: dict[str, Any] = {
        "difference": observed - null.mean(),
        "p": permutation_p(observed, null),
        "seeds": len(assigned.seeds),
        "unit": varied(UNITS),
        "scope": scope(UNITS, FIXED),
        "reason": "",
    }
    if rank:
        found["smallest_effect"] = null[-rank] - null.mean()
    if tail:
        return found | {"ci_low": observed - null[-tail], "ci_high": observed - null[tail - 1]}
    least = int(np.ceil(2 / ALPHA)) - 1
    return found | {"reason": f"{len(null)} assignments give no interval: {least} are needed"}


def mean_over_subjects(members: Sequence[AssignedStudents]) -> AssignedStudents:
    """Students whose soft labels are dealt anew for all subjects at once: their mean accuracies."""
    reasons = [one.reason for one in members if one.reason]
    if reasons:
        return replace(members[0], reason=reasons[0])
    return replace(members[0], accuracies=np.mean([one.accuracies for one in members], axis=0))
