"""All checks of one subject's brain data."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.audit.blocks import Blocks
from neuroloop.fmri.audit.courses import Courses
from neuroloop.fmri.audit.label_times import shifted_labels
from neuroloop.fmri.audit.leaks import Scanned, all_leaks
from neuroloop.fmri.audit.scaling import scaled_by_class, scaled_together
from neuroloop.fmri.audit.sides import (
    copied_rows,
    equal_rows,
    equal_volumes,
    nearly_equal_volumes,
    split_blocks,
    split_images,
)
from neuroloop.fmri.audit.windows import Windows
from neuroloop.fmri.decoding import pose
from neuroloop.fmri.scan import Scan
from neuroloop.report.audit import Check

#: Most voxels that are looked at, evenly spaced over all.
VOXELS = 2000

TOGETHER, BY_CLASS = "scaled over training and test rows", "scaled by class"


@dataclass(frozen=True, eq=False)
class Measured:
    """A subject's rows.

    Attributes
    ----------
    x : ndarray of float32, (rows, at most `VOXELS`)
    rows : DataFrame
        `BrainData.rows`, of all sessions.
    digests : list of bytes
        Of all voxels of each row; empty where all values are the same.
    """

    x: np.ndarray
    rows: pd.DataFrame
    digests: list[bytes]


def measured(rows: pd.DataFrame, responses: Iterable[np.ndarray]) -> Measured:
    """Keep what is looked at of a subject's rows, which come some at a time with all voxels."""
    parts: list[np.ndarray] = []
    digests: list[bytes] = []
    for part in responses:
        count = min(VOXELS, part.shape[1])
        columns = np.linspace(0, part.shape[1] - 1, count).astype(int)
        parts.append(part[:, columns])
        digests += [
            hashlib.sha256(row.tobytes()).digest() if row.min() < row.max() else b""
            for row in np.ascontiguousarray(part)
        ]
    return Measured(np.concatenate(parts), rows, digests)


def audit_subject(
    subject: str,
    measured: Measured,
    folds: pd.DataFrame,
    stimuli: pd.DataFrame,
    unit: str,
    scan: Scan | None,
    courses: Courses | None,
    shift: float,
    seed: int,
) -> tuple[list[Check], list[str]]:
    """Look for ways in which labels leak.

    Parameters
    ----------
    subject : str
        Name, for what is told.
    measured : Measured
    folds, stimuli : DataFrame
        folds.tsv and stimuli.tsv.
    unit : {"volume", "block", "trial"}
        What a row is.
    scan : Scan or None
    courses : Courses or None
        Of the images, where the source has some.
    shift : float
        Seconds by which labels were moved to later volumes.
    seed : int

    Returns
    -------
    checks : list of Check
    not_done : list of str
        Checks that the data do not allow, with the reason.
    """
    training = (measured.rows["session"] == "training").to_numpy()
    digests = [one for one, kept in zip(measured.digests, training, strict=True) if kept]
    x, samples = measured.x[training], measured.rows.loc[training, "sample"].tolist()
    checks = [split_blocks(subject, folds), split_images(subject, folds)]
    checks.append(equal_rows(subject, digests, samples))
    checks += _scaling(subject, measured, training, scan, courses)
    if courses is not None:
        checks.append(equal_volumes(subject, courses.digests, courses.runs))
        series = np.hstack([courses.brain, courses.regions])
        checks.append(nearly_equal_volumes(subject, series, courses.runs))
    try:
        problem = pose(x, np.array(samples, dtype=str), folds, stimuli)
    except NeuroLoopError as error:
        return checks, [f"{subject}, copies and labels from time, motion, ...: {error}."]
    checks += copied_rows(subject, problem.x, problem)
    blocks = Blocks.of(problem)
    scanned = None
    if scan is not None and scan.followed and courses is not None:
        scanned = Scanned(scan, courses, Windows.of(blocks, scan, unit, shift))
    leaks, not_done = all_leaks(subject, blocks, problem.x, scanned, seed)
    if scan is not None and scan.followed:
        shifted = shifted_labels(subject, scan)
        if isinstance(shifted, Check):
            checks.append(shifted)
        else:
            not_done.append(shifted)
    return checks + leaks, not_done


def _scaling(
    subject: str,
    measured: Measured,
    training: np.ndarray,
    scan: Scan | None,
    courses: Courses | None,
) -> list[Check]:
    """Scaling of the rows, and of the volumes as they were measured."""
    rows = measured.rows
    of_rows = (measured.x, rows["run"].to_numpy(str), rows["category"].to_numpy(str))
    looked: list[tuple[str, Sequence[np.ndarray]]] = [("rows", of_rows)]
    if not training.all():
        looked.append(("rows of the training session", [part[training] for part in of_rows]))
    if courses is not None and scan is not None and scan.followed:
        shown = scan.volumes["event"].to_numpy() > 0
        of_volumes = (courses.regions, courses.runs, scan.volumes["category"].to_numpy(str))
        looked.append(("volumes of the images", of_volumes))
        looked.append(("volumes with a label", [part[shown] for part in of_volumes]))
    together = [(what, scaled_together(x, runs.tolist())) for what, (x, runs, _) in looked]
    classes = [
        (what, scaled_by_class(x, runs.tolist(), names.tolist()))
        for what, (x, runs, names) in looked
    ]
    return [
        _scaled(
            TOGETHER,
            subject,
            together,
            "over all",
            "and no run by itself has that",
            "Give the data as measured, or scaled within runs: decoders scale inside training "
            "folds, and what was scaled over all rows knows those that are tested.",
        ),
        _scaled(
            BY_CLASS,
            subject,
            classes,
            "within each class over the",
            "so that labels were at hand",
            "Give the data as measured: scaling that knows the labels writes them into every row.",
        ),
    ]


def _scaled(
    name: str, subject: str, found: list[tuple[str, str]], over: str, beside: str, remedy: str
) -> Check:
    known = [(what, how) for what, how in found if how]
    if not known:
        looked = " and ".join(what for what, _ in found)
        return Check(name, subject, False, f"No scaling of that kind is seen in the {looked}.")
    what, how = known[0]
    told = f"Columns have {how} {over} {what}, {beside}."
    return Check(name, subject, True, told, remedy)
