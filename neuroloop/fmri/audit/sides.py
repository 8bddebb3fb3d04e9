"""What stands on both sides of a fold: blocks, images, copies, and neighbours in time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.fmri.audit.twins import equal, near_copies, neighbours, residuals
from neuroloop.fmri.audit.volumes import near_volumes
from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.units import named_images
from neuroloop.report.audit import Check
from neuroloop.statistics.folds import splits

BLOCKS, IMAGES, COPIES, ORDER, ROWS, VOLUMES, NEAR_VOLUMES = (
    "blocks on both sides of a fold",
    "images on both sides of a fold",
    "near-copies on both sides of a fold",
    "neighbours in time on both sides of a fold",
    "equal rows",
    "equal volumes",
    "nearly equal volumes",
)


def split_blocks(subject: str, folds: pd.DataFrame) -> Check:
    """Whether a block has rows in several folds."""
    each = folds.groupby("block", sort=False)["fold"].nunique()
    cut = each[each > 1]
    told = f"{len(cut)} of {len(each)} blocks have rows in several folds"
    remedy = "Set fold_by: run, or unit: block where there is one run."
    if len(cut):
        told += f", the first is {cut.index[0]}"
    return Check(BLOCKS, subject, len(cut) > 0, f"{told}.", remedy if len(cut) else "")


def split_images(subject: str, folds: pd.DataFrame) -> Check:
    """Whether a fold learns from an image that it tests."""
    images = named_images(folds["stimulus_id"], folds["category"])
    made = splits(folds["fold"].to_numpy(), stimuli=images)
    both = {
        name
        for split in made
        for name in set(images[split.train].tolist()) & set(images[split.test].tolist())
        if name
    }
    known = set(images.tolist()) - {""}
    shown = pd.Series(folds["fold"].to_numpy()).groupby(images).nunique()
    again = int((shown.drop("", errors="ignore") > 1).sum())
    told = f"{len(both)} of {len(known)} images are learned from by a fold that tests them"
    if again:
        told += f"; {again} are shown in several folds, and left out of training where tested"
    if not known:
        told = "Images are not known"
    remedy = "Set fold_by: stimulus." if both else ""
    return Check(IMAGES, subject, bool(both), f"{told}.", remedy)


def copied_rows(subject: str, x: np.ndarray, problem: Problem) -> list[Check]:
    """Near-copies across folds, and neighbours in time that share their noise."""
    twins = near_copies(x, problem)
    told = (
        f"{twins.rows} of {len(x)} rows are almost one of another fold; the two that stand out "
        f"most ({' and '.join(twins.example)}) correlate by {twins.correlation:.2f}, "
        f"{twins.deviation:.1f} standard deviations above other rows of their classes"
    )
    remedy = ""
    if twins.rows:
        told += f"; most are in {' and '.join(dict.fromkeys(twins.runs))}"
        remedy = (
            "Look whether a run, or part of it, was copied, resampled or averaged into another, "
            "and leave the copy out; artefacts that return (first volumes of runs) look alike too."
        )
    checks = [Check(COPIES, subject, twins.rows > 0, f"{told}.", remedy)]
    near = neighbours(residuals(x, problem), problem)
    if near.pairs:
        told = (
            f"{near.pairs} pairs of consecutive rows lie in different folds; what is left of them "
            f"correlates by {near.shared:.2f} more than that of other rows of the run, and "
            f"{100 * near.same:.0f} % are of one class (others: {100 * near.chance:.0f} %)"
        )
        remedy = (
            "Give rows that follow one another under one label one block, or set fold_by: run: "
            "folds know their test rows by the noise of their neighbours."
        )
        remedy = remedy if near.leak else ""
        checks.append(Check(ORDER, subject, near.leak, f"{told}.", remedy))
    else:
        told = "No two consecutive rows of a run lie in different folds."
        checks.append(Check(ORDER, subject, False, told))
    return checks


def equal_rows(subject: str, digests: Sequence[bytes], samples: Sequence[str]) -> Check:
    """Whether rows hold the same values."""
    pairs = equal(digests)
    told = f"{len(pairs)} of {len(digests)} rows hold the same values as another"
    if pairs:
        told += f", the first are {samples[pairs[0][0]]} and {samples[pairs[0][1]]}"
    remedy = "Give every measurement once: leave the copies out." if pairs else ""
    return Check(ROWS, subject, bool(pairs), f"{told}.", remedy)


def equal_volumes(subject: str, digests: Sequence[bytes], runs: np.ndarray) -> Check:
    """Whether volumes of the images hold the same values."""
    pairs = equal(digests)
    told = f"{len(pairs)} of {len(digests)} volumes hold the same values as another"
    if pairs:
        told += f", the first are {_places(pairs[0], runs)}"
    remedy = (
        "Give every volume once: look whether a part of a run was copied, or lost volumes were "
        "filled in."
    )
    return Check(VOLUMES, subject, bool(pairs), f"{told}.", remedy if pairs else "")


def nearly_equal_volumes(subject: str, series: np.ndarray, runs: np.ndarray) -> Check:
    """Whether volumes of the images differ by less than the noise of their runs."""
    pairs, least = near_volumes(series, runs)
    told = f"{len(pairs)} of {len(series)} volumes are almost an earlier one"
    if np.isfinite(least):
        told += (
            f"; the two that are most alike differ by {least:.2f} of what volumes that follow one "
            "another do"
        )
    if pairs:
        told += f", the first are {_places(pairs[0], runs)}"
    remedy = (
        "Look whether a run, or part of it, was copied into another, and noise added or its "
        "brightness changed; leave the copy out."
    )
    return Check(NEAR_VOLUMES, subject, bool(pairs), f"{told}.", remedy if pairs else "")


def _places(pair: tuple[int, int], runs: np.ndarray) -> str:
    places = [f"{runs[at]}, volume {at - int((runs == runs[at]).argmax()) + 1}" for at in pair]
    return f"{places[0]}, and {places[1]}"
