"""Responses that are no measurements of their own: the same for all samples, or given twice."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath, read_json
from neuroloop.files.intake import Intake
from neuroloop.fmri.brain import BrainData


def check_copies(brain: BrainData, origin: StrPath, intake: Intake) -> None:
    """Refuse runs that repeat another run, and tell of rows that repeat a row of another block.

    Parameters
    ----------
    brain : BrainData
    origin : path
        The file, for messages.
    intake : Intake
        Gets the warning. Rows of zeros are no copies.

    Raises
    ------
    NeuroLoopError
        If all rows of a run hold the same values as rows of one other run.
    """
    rows = brain.rows
    first: dict[bytes, int] = {}
    source = np.full(len(rows), -1)
    for row, values in enumerate(brain.voxels):
        if values.any():
            source[row] = first.setdefault(values.tobytes(), row)
    blocks, runs = (rows[key].to_numpy(str) for key in ("block", "run"))
    copied = (source >= 0) & (blocks != blocks[source])
    for run in dict.fromkeys(runs):
        here = runs == run
        others = set(runs[source[here & copied]])
        if copied[here].all() and len(others) == 1 and run not in others:
            raise NeuroLoopError(
                f"{origin}: all rows of run {run} hold the same values as rows of run "
                f"{others.pop()}, so that decoders would be tested on what they learned: give "
                "every run once"
            )
    if copied.any():
        intake.warn(
            f"{copied.sum()} rows, the first of run {runs[copied][0]}, hold the same values as "
            "rows of another block, so that decoders may be tested on what they learned."
        )


def check_changing(brain: BrainData, origin: StrPath) -> None:
    """Refuse regions whose voxels have one value throughout: nothing was measured there.

    Raises
    ------
    NeuroLoopError
        If no voxel of a region changes from row to row.
    """
    changes = np.zeros(brain.voxels.shape[1], dtype=bool)
    for row in brain.voxels[1:]:
        changes |= row != brain.voxels[0]
    for name, flags in brain.rois.items():
        if not changes[flags].any():
            raise NeuroLoopError(
                f"{origin}: no voxel of region {name} changes from row to row: give responses "
                "there, or leave the region out"
            )


def digest(voxels: np.ndarray) -> str:
    """SHA-256 of responses, by which subjects are compared."""
    return hashlib.sha256(np.ascontiguousarray(voxels, dtype=np.float32).data).hexdigest()


def check_subjects(sidecars: Sequence[StrPath]) -> None:
    """Refuse subjects who have the same responses: one person would count twice.

    Parameters
    ----------
    sidecars : sequence of path
        responses.json of each subject.

    Raises
    ------
    NeuroLoopError
        If two hold the same values.
    """
    seen: dict[str, StrPath] = {}
    for path in sidecars:
        other = seen.setdefault(read_json(path)["digest"], path)
        if other is not path:
            one, first = (Path(each).with_suffix(".h5") for each in (path, other))
            raise NeuroLoopError(
                f"{one} holds the same responses as {first}, so that one person would count as "
                "two: give each subject files of its own"
            )
